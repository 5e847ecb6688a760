// The module's requests on nginx's event loop, where it hurts: no connection left, workers that leave
// or die with a login in their hands. What has to be measured is in under_load.test.mjs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import * as faults from '../op/faults.mjs';
import { send } from './browser.mjs';
import { until } from './harness.mjs';
import { begin, beginMany, hold, loginWorks, outcome } from './pending.mjs';
import { ownerOfConnection } from './proc.mjs';
import { hostileLogin, hostileProvider, startSite } from './site.mjs';
import { slack, slow, timed } from './timing.mjs';

const hostile = await hostileProvider();
const open = (it) =>
    `location / { ${it.proxyPass} } location /open { scalekit_auth off; ${it.proxyPass} }`;
const died = /\[alert\] .*worker process \d+ exited on signal 9/;

// Which worker waits for the answer to a held request.
function workerBehind(site, [request]) {
    const { remotePort, localPort } = request.socket;
    const pid = ownerOfConnection(site.nginx.workerPids(), remotePort, localPort);
    assert.ok(pid, 'the worker that asked is known');
    return pid;
}

// A connection on which `text` has been sent.
async function connect(site, text) {
    const socket = net.connect(site.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    await new Promise((sent) => socket.write(text, sent));
    return socket;
}

// Sends the rest of a request, and answers all that comes until the connection is closed.
async function rest(socket, text) {
    let all = '';
    socket.on('data', (chunk) => {
        all += chunk;
    });
    socket.write(text);
    await once(socket, 'close');
    return all;
}

test('more logins than worker_connections: none gets in wrongly, and all is well afterwards', async () => {
    const site = await startSite({
        provider: hostile,
        connections: 24,
        locations: open,
        expected: /24 worker_connections are not enough/,
    });
    const logins = [];
    for (let index = 0; index < 40; index += 1) {
        logins.push(await begin(site));
    }
    const [before] = site.nginx.fds();
    hostile.answers.token = faults.silent();
    const outcomes = await Promise.all(logins.map(({ finish }) => outcome(finish())));
    hostile.honest();
    assert.match(site.nginx.log, /worker_connections are not enough/, 'they did run out');
    for (const each of new Set(outcomes)) {
        assert.ok([500, 502, 503, 504, 'ECONNRESET'].includes(each), `a login ended with ${each}`);
    }
    await until(() => loginWorks(site), 'logins complete again', 10_000 * slow);
    await until(() => site.nginx.fds()[0] <= before + 1, 'the descriptors are closed');
});

// A callback whose worker has no connection left, not even for the way to the provider. Answers
// undefined when one was free after all: connections that nginx closes come back at times of their own.
async function callbackWithoutConnections(site) {
    const { browser, callback } = await begin(site);
    const { pathname, search, host } = new URL(callback);
    const head = `GET ${pathname}${search} HTTP/1.0\r\nHost: ${host}\r\nAccept: text/html\r\n`;
    const sockets = [await connect(site, `${head}Cookie: ${browser.cookieHeader(callback)}\r\n`)];
    try {
        // Requests that never end hold on to their connections, until nginx has none: until it has
        // turned three in a row away, since others may still be closing.
        for (let refused = 0; refused < 3; refused = sockets.at(-1).closed ? refused + 1 : 0) {
            assert.ok(sockets.length < 60, 'the connections run out');
            sockets.push(await connect(site, 'GET / HTTP/1.1\r\n'));
            await sleep(30);
        }
        const alerts = () => site.nginx.log.match(/\[alert\]/g).length;
        const before = alerts();
        const answer = await rest(sockets[0], '\r\n');
        return alerts() > before ? answer : undefined;
    } finally {
        sockets.forEach((socket) => socket.destroy());
    }
}

test('no connection is left for the way to the provider: the login completes all the same', async () => {
    const site = await startSite({
        provider: hostile,
        connections: 24,
        settings: { timeout: '5s' },
        expected: /24 worker_connections are not enough/,
    });
    let answer;
    for (let attempt = 0; answer === undefined && attempt < 10; attempt += 1) {
        answer = await callbackWithoutConnections(site);
        await until(() => loginWorks(site), 'logins complete again', 10_000 * slow);
    }
    assert.ok(answer, 'there was none for the provider either');
    assert.match(answer, /^HTTP\/1.1 302 /, 'curl looks after its socket by itself');
});

test('a graceful quit lets a login that is under way complete', async () => {
    const site = await startSite({ provider: hostile, workers: 2, settings: { timeout: '10s' } });
    const { finish } = await begin(site);
    const tokens = hold(hostile);
    const pending = finish();
    await tokens.asked();
    site.nginx.child.kill('SIGQUIT');
    await sleep(300 * slow);
    tokens.release();
    const answer = await pending;
    assert.equal(answer.status, 302);
    assert.ok(answer.setCookies.some((line) => line.startsWith(site.sessionCookie)));
    const [, elapsed] = await timed(() => site.nginx.ended);
    assert.ok(elapsed < 2 * slack, `nginx stayed ${Math.round(elapsed)} ms after the last answer`);
});

test('a graceful quit lets a login complete that waits for new keys', async () => {
    const provider = await hostileProvider();
    const site = await startSite({ provider, settings: { timeout: '10s' } });
    assert.equal((await hostileLogin(site, site.browser())).status, 302);
    const keys = hold(provider, 'keys');
    provider.publish({ ...provider.key.publicJwk, kid: 'snk_new' });
    const pending = hostileLogin(site, site.browser(), {
        header: (header) => ({ ...header, kid: 'snk_new' }),
    });
    await keys.asked();
    site.nginx.child.kill('SIGQUIT');
    await sleep(300 * slow);
    keys.release();
    assert.equal((await pending).status, 302);
    await site.nginx.ended;
});

for (const [signal, what] of [
    ['SIGQUIT', 'quit'],
    ['SIGHUP', 'reload'],
]) {
    test(`worker_shutdown_timeout cuts off a login that hangs on a silent provider (${what})`, async () => {
        const site = await startSite({
            provider: hostile,
            workers: 1,
            main: 'worker_shutdown_timeout 500ms;',
            settings: { timeout: '20s' },
        });
        const logins = await beginMany(site, 5);
        const tokens = hold(hostile);
        const pending = Promise.all(logins.map(({ finish }) => outcome(finish())));
        await tokens.asked(5);
        const [old] = site.nginx.workerPids();
        const [outcomes, elapsed] = await timed(async () => {
            site.nginx.child.kill(signal);
            await until(() => !site.nginx.survivors().includes(old), 'the worker has left');
            return pending;
        });
        hostile.honest();
        assert.ok(elapsed < 500 + 2 * slack, `the worker stayed for ${Math.round(elapsed)} ms`);
        for (const each of outcomes) {
            assert.ok([502, 503, 504, 'ECONNRESET'].includes(each), `a login ended with ${each}`);
        }
    });
}

test('a worker is killed while it exchanges a code: the other one serves, and a new login begins', async () => {
    const site = await startSite({
        provider: hostile,
        workers: 2,
        locations: open,
        settings: { timeout: '2s' },
        expected: died,
    });
    const { browser, callback, finish } = await begin(site);
    const tokens = hold(hostile);
    const pending = outcome(finish());
    await tokens.asked();
    process.kill(workerBehind(site, tokens.waiting[0]), 'SIGKILL');
    assert.equal(await pending, 'ECONNRESET');
    tokens.release();
    assert.equal((await send(site.url('/open'))).status, 200, 'the other worker answers');

    const sent = hostile.counts.token;
    const again = await browser.navigate(callback);
    assert.equal(again.status, 302, 'a new login, once it is clear that the first one is lost');
    assert.equal(hostile.counts.token, sent, 'the code is not sent again');
    const end = await browser.navigate(hostile.authorize(again.location));
    assert.deepEqual(
        [end.status, new URL(end.location, callback).href],
        [302, site.url('/page')],
        'it leads to where the first one was to go',
    );
});

test('the worker that fetches the metadata is killed: another one takes over', async () => {
    const provider = await hostileProvider();
    const discovery = hold(provider, 'discovery');
    const site = await startSite({ provider, workers: 2, expected: died });
    await discovery.asked();
    process.kill(workerBehind(site, discovery.waiting[0]), 'SIGKILL');
    discovery.release();
    await until(() => loginWorks(site), 'logins complete', 10_000 * slow);
    assert.equal(provider.counts.discovery, 2);
});

test('workers are killed one after the other under load: shared memory stays usable', async () => {
    const site = await startSite({ provider: hostile, workers: 2, expected: died });
    let running = true;
    const seen = new Set();
    const load = async () => {
        while (running) {
            seen.add(await outcome(hostileLogin(site, site.browser()).catch(() => ({}))));
        }
    };
    const loads = Promise.all(Array.from({ length: 8 }, load));
    for (let round = 0; round < 15 || (!seen.has(302) && round < 100); round += 1) {
        await sleep(30 + Math.random() * 60);
        const pids = site.nginx.workerPids();
        process.kill(pids[round % pids.length], 'SIGKILL');
        await until(
            () => site.nginx.workerPids().filter((pid) => !pids.includes(pid)).length > 0,
            'nginx has started another worker',
        );
    }
    running = false;
    await loads;
    assert.ok(seen.has(302), 'logins completed in between');
    for (let round = 0; round < 10; round += 1) {
        assert.equal((await hostileLogin(site, site.browser())).status, 302);
    }
});
