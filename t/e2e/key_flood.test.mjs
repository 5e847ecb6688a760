// Tokens with unknown kids, by the hundred thousand: the provider hardly notices, and good tokens do not
// at all.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { mintAccessToken } from '../op/access_tokens.mjs';
import * as faults from '../op/faults.mjs';
import { encode } from '../op/jwt.mjs';
import { send } from './browser.mjs';
import { startClock } from './clock.mjs';
import { environment } from './conf.mjs';
import { flood } from './flood.mjs';
import { freePort, until } from './harness.mjs';
import { cpuTime, ownerOfConnection } from './proc.mjs';
import { hostileProvider, startSite } from './site.mjs';
import { slow, timed } from './timing.mjs';

const coolDown = 10_000; // milliseconds
const seconds = 26;
const count = 100_000;

const bearer = (token, index) =>
    `GET /${index} HTTP/1.1\r\nHost: app.localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;

// The same token again and again under other kids.
function unknownKids(provider) {
    const [, claims, signature] = mintAccessToken(provider).split('.');
    return (index) =>
        bearer(`${encode({ alg: 'RS256', typ: 'JWT', kid: `snk_${index}` })}.${claims}.${signature}`, index);
}

async function startApi(provider, { http: more = '', ...options } = {}) {
    const port = await freePort();
    const site = await startSite({
        provider,
        level: 'warn',
        http: `keepalive_requests 1000000; ${more}`,
        locations: (it) => `scalekit_bearer only; location / { ${it.proxyPass} }`,
        // shared out to the workers by the kernel, whoever is busy
        servers: (it) => `server { listen 127.0.0.1:${port} reuseport; server_name app.localhost;
        scalekit_auth acme; scalekit_bearer only; location / { ${it.proxyPass} } }`,
        ...options,
    });
    const get = (token, agent) =>
        send(site.url('/'), { headers: { authorization: `Bearer ${token}` }, agent });
    await until(
        async () => (await get(mintAccessToken(provider))).status === 200,
        'a good token is let in',
    );
    return { site, port, get };
}

// Floods an API, asks with good tokens meanwhile, known ones and new ones, and looks at the number of
// key fetches.
async function withstand(provider, { site, port, get }) {
    const before = site.nginx.workerPids().map(cpuTime);
    provider.forget();
    const agent = new http.Agent({ keepAlive: true });
    const known = mintAccessToken(provider);
    const good = [];
    let running = true;
    const wellBehaved = (async () => {
        for (let round = 0; running; round += 1) {
            const token = round % 4 === 0 ? mintAccessToken(provider) : known;
            const [{ status }, elapsed] = await timed(() => get(token, agent));
            good.push({ status, elapsed });
            await sleep(20);
        }
    })();
    const [{ sent, statuses }, duration] = await timed(() =>
        flood({ port, request: unknownKids(provider), rate: (count * 1.02) / seconds, seconds }),
    );
    const fetches = provider.journal.count('/keys');
    running = false;
    await wellBehaved;
    agent.destroy();

    assert.ok(sent >= count, `${sent} tokens were sent`);
    assert.deepEqual(statuses, { 401: sent });
    assert.deepEqual([...new Set(good.map(({ status }) => status))], [200]);
    const worst = Math.max(...good.map(({ elapsed }) => elapsed));
    assert.ok(worst < 1_000 * slow, `the slowest of ${good.length} good ones took ${Math.round(worst)} ms`);
    const busy = site.nginx.workerPids().map((pid, index) => cpuTime(pid) - before[index]);
    assert.equal(busy.length, 4, 'no worker died');
    assert.ok(Math.min(...busy) > 0, `all workers were at it: ${busy} ms`);
    const limit = Math.floor(duration / coolDown) + 1;
    assert.ok(fetches >= 2 && fetches <= limit, `${fetches} fetches in ${Math.round(duration)} ms`);
}

test('100,000 unknown kids over 4 workers', { concurrency: true }, async (t) => {
    await Promise.all([
        t.test('at most one key fetch in a cool-down', async () => {
            const provider = await hostileProvider();
            const api = await startApi(provider, { workers: 4 });
            await withstand(provider, api);
        }),
        t.test('at most one key fetch in a cool-down, also while the shared memory is full', async () => {
            const provider = await hostileProvider();
            const padded = (size) => (document) => ({ ...document, padding: 'x'.repeat(size) });
            provider.bend.keys = padded(120_000);
            const others = ['b', 'c', 'd', 'e'].map((name) =>
                environment(provider, { session_cookie: name, base_path: `/${name}` }, name),
            );
            const api = await startApi(provider, {
                workers: 4,
                http: `scalekit_zone 1m; ${others.join('\n')}`,
            });
            await until(() => provider.counts.keys >= 5, 'all environments have their keys');
            await sleep(200 * slow);
            provider.bend.keys = padded(250_000);
            await withstand(provider, api);
            assert.match(api.site.nginx.log, /\[error\].*scalekit_zone is full/);
        }),
        t.test('at most one key fetch in a cool-down, also while the provider answers errors', async () => {
            const provider = await hostileProvider();
            const api = await startApi(provider, { workers: 4 });
            provider.answers.keys = faults.answer(500);
            await withstand(provider, api);
        }),
    ]);
});

test('the cool-down holds when the worker that fetches dies', async () => {
    const clock = startClock();
    const provider = await hostileProvider();
    const { site, get } = await startApi(provider, {
        workers: 2,
        wrap: clock.wrap,
        expected: /\[alert\] .*worker process \d+ exited on signal 9/,
    });
    provider.forget();
    const held = faults.held();
    provider.answers.keys = held;
    const stranger = (kid) => get(mintAccessToken(provider, {}, { kid }));

    const lost = stranger('snk_1').catch((error) => error.code);
    await until(() => held.waiting.length > 0, 'the keys are asked for');
    const { remotePort, localPort } = held.waiting[0][0].socket;
    process.kill(ownerOfConnection(site.nginx.workerPids(), remotePort, localPort), 'SIGKILL');
    assert.equal(await lost, 'ECONNRESET');
    provider.honest();

    clock.forward(9_000);
    for (let index = 0; index < 20; index += 1) {
        assert.equal((await stranger(`snk_2${index}`)).status, 401);
    }
    assert.equal(provider.counts.keys, 1);
    clock.forward(1_000);
    assert.equal((await stranger('snk_3')).status, 401);
    assert.equal(provider.counts.keys, 2);
});

test('within the cool-down an unknown kid is answered without waiting', async () => {
    const clock = startClock();
    const provider = await hostileProvider();
    const { get } = await startApi(provider, { workers: 2, wrap: clock.wrap });
    provider.forget();
    const stranger = (kid) => get(mintAccessToken(provider, {}, { kid }));
    provider.answers.keys = faults.delayed(300, provider.honestly.keys);

    const [first, waited] = await timed(() => stranger('snk_1'));
    assert.deepEqual([first.status, first.json.reason], [401, 'key_unknown']);
    assert.ok(waited >= 300, 'the first waits for the keys');
    provider.answers.keys = faults.silent();
    for (const passed of [0, 5_000, 4_000]) {
        clock.forward(passed);
        const [next, elapsed] = await timed(() => stranger(`snk_${passed}`));
        assert.deepEqual([next.status, next.json.reason], [401, 'key_unknown']);
        assert.ok(elapsed < 200 * slow, `it took ${Math.round(elapsed)} ms`);
    }
    assert.equal(provider.counts.keys, 1);
    const [after, again] = await timed(() => {
        clock.forward(1_000);
        return stranger('snk_2');
    });
    assert.equal(after.status, 401);
    assert.ok(again >= 900, 'the keys are waited for again, for the timeout');
    assert.equal(provider.counts.keys, 2);
});
