// Discovery that fails in every way it can, and reloads while somebody waits for what is fetched.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { mintAccessToken } from '../op/access_tokens.mjs';
import * as faults from '../op/faults.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { send } from './browser.mjs';
import { hours, minutes, startClock } from './clock.mjs';
import { until } from './harness.mjs';
import { ownerOfConnection } from './proc.mjs';
import { assertNoSession, hostileLogin, hostileProvider, startSite } from './site.mjs';
import { slack, slow, timed } from './timing.mjs';

const startProvider = () => hostileProvider({ alg: 'ES256' });

const timeout = 1_000;

const locations = (it) => `
        location / { ${it.proxyPass} }
        location /api { scalekit_bearer only; ${it.proxyPass} }
        location /open { scalekit_auth off; ${it.proxyPass} }`;

const bearer = (site, token) =>
    send(site.url('/api'), { headers: { authorization: `Bearer ${token}` } });

// The true document, but the end of it is missing.
const truncated = (hostile) => (request, response) => {
    const text = JSON.stringify({
        issuer: hostile.issuer,
        authorization_endpoint: `${hostile.url}/oauth/authorize`,
        token_endpoint: `${hostile.url}/oauth/token`,
    });
    faults.answer(200, text.slice(0, -1))(request, response);
};

const troubles = {
    'is silent': () => faults.silent(),
    'sends headers and then nothing': () => faults.headersThenSilent(),
    'drips a byte at a time for ever': () => faults.drip(),
    'comes after the timeout': (hostile) =>
        faults.delayed(timeout + 500, hostile.honestly.discovery),
    'resets the connection': () => faults.reset(),
    'resets the connection in the middle of the body': () => faults.resetMidBody(),
    'ends too early': () => faults.earlyFin(),
    'is not HTTP': () => faults.garbage(),
    'answers 500': () => faults.answer(500),
    'answers 404': () => faults.answer(404, {}),
    'answers 200 with HTML': () => faults.html(),
    'answers 200 with nothing': () => faults.empty(),
    'answers with 10 MB': () => faults.huge(),
    'is deeply nested': () => faults.deep(),
    'leads to the true document elsewhere': (hostile) =>
        faults.redirect(`${hostile.url}/elsewhere`),
    'is truncated JSON': truncated,
};

for (const [what, fault] of Object.entries(troubles)) {
    test(`discovery that ${what} ends in 503 within the timeout, and heals`, async () => {
        const hostile = await startProvider();
        hostile.answers.discovery = fault(hostile);
        hostile.answers.other = hostile.honestly.discovery;
        const site = await startSite({ provider: hostile, locations });

        const [[page, elapsed], [refused, waited]] = await Promise.all([
            timed(() => site.browser().navigate(site.url('/'))),
            timed(() => bearer(site, mintAccessToken(hostile))),
        ]);
        assert.deepEqual([page.status, refused.status], [503, 503]);
        assert.match(page.text, /<a [^>]*href="/, 'there is a link to try again');
        assert.equal(refused.json.reason, 'provider_unavailable');
        assertNoSession(site, page);
        assert.ok(
            Math.max(elapsed, waited) < timeout + slack,
            `it took ${Math.round(elapsed)} and ${Math.round(waited)} ms`,
        );
        assert.match(site.nginx.log, /\[error\].*discovery not to be had from http/);
        const [open, other] = await timed(() => send(site.url('/open')));
        assert.equal(open.status, 200);
        assert.ok(other < slack, `another request took ${other} ms`);
        assert.equal(hostile.counts.other ?? 0, 0, 'redirects are not followed');

        hostile.honest();
        await until(
            async () => (await bearer(site, mintAccessToken(hostile))).status === 200,
            'tokens are let in',
        );
        assert.equal((await hostileLogin(site, site.browser())).status, 302);
    });
}

test('discovery that fails later leaves the provider known, and its keys are refreshed as ever', async () => {
    const clock = startClock();
    const hostile = await startProvider();
    const site = await startSite({ provider: hostile, locations, wrap: clock.wrap });
    const token = () => {
        const now = Math.floor(clock.now() / 1_000);
        return mintAccessToken(hostile, { iat: now, nbf: now, exp: now + 300 });
    };
    const replaceKey = () => {
        hostile.key = signingKey('ES256');
        hostile.publish(hostile.key.publicJwk);
    };
    await until(async () => (await bearer(site, token())).status === 200, 'a token is let in');

    for (const [round, fault] of [faults.answer(500), faults.html(), faults.reset()].entries()) {
        hostile.answers.discovery = fault;
        replaceKey();
        clock.forward(11 * minutes);
        await send(site.url('/open'));
        await until(() => hostile.counts.keys === 2 * round + 2, 'the keys are refreshed');
        assert.equal((await bearer(site, token())).status, 200);
        assert.equal((await site.browser().navigate(site.url('/'))).status, 302);
        replaceKey();
        assert.equal((await bearer(site, token())).status, 200, 'a key replaced just now');
        assert.equal(hostile.counts.keys, 2 * round + 3);
        assert.equal(site.nginx.log.match(/discovery not to be had/g).length, round + 1);
    }
    for (let passed = 0; passed < 26; passed += 13) {
        clock.forward(13 * hours);
        await send(site.url('/open'));
        await until(async () => (await bearer(site, token())).status === 200, 'still known');
    }
});

test('discovery that names another issuer later: nothing is renewed, and after 24 hours nothing is known', async () => {
    const clock = startClock();
    const hostile = await startProvider();
    const site = await startSite({ provider: hostile, locations, wrap: clock.wrap });
    const token = () => {
        const now = Math.floor(clock.now() / 1_000);
        return mintAccessToken(hostile, { iat: now, nbf: now, exp: now + 300 });
    };
    await until(async () => (await bearer(site, token())).status === 200, 'a token is let in');
    const fetched = hostile.counts.keys;

    hostile.bend.discovery = (document) => ({ ...document, issuer: 'https://elsewhere.example' });
    clock.forward(23 * hours);
    await send(site.url('/open'));
    await until(() => /discovery_issuer_mismatch/.test(site.nginx.log), 'the mismatch is noticed');
    assert.equal((await bearer(site, token())).status, 200);
    clock.forward(2 * hours);
    await send(site.url('/open'));
    assert.equal((await bearer(site, token())).status, 503);
    assert.equal(hostile.counts.keys, fetched, 'the keys of who says it is another are not asked for');
});

// Reloads while `waiting` waits for an endpoint that is held, then lets it answer.
async function reloadWhile(site, held, honest, waiting) {
    await until(() => held.waiting.length > 0, 'the provider is asked');
    await site.nginx.reload();
    await until(
        async () => (await send(site.url('/open'))).status === 200,
        'the new workers answer',
    );
    held.release(honest);
    return waiting;
}

for (const workers of [1, 2]) {
    test(`a reload while logins and tokens wait for the metadata, ${workers} worker(s): all complete`, async () => {
        const hostile = await startProvider();
        const held = faults.held();
        hostile.answers.discovery = held;
        const site = await startSite({
            provider: hostile,
            locations,
            workers,
            settings: { timeout: '5s' },
        });
        const browser = site.browser();
        const waiting = Promise.all([
            ...Array.from({ length: 8 }, () => browser.navigate(site.url('/page'))),
            ...Array.from({ length: 8 }, () => bearer(site, mintAccessToken(hostile))),
        ]);
        await until(() => held.waiting.length > 0, 'the provider is asked');
        await sleep(200 * slow); // by now all of them wait
        delete hostile.answers.discovery;
        const [answers, elapsed] = await timed(() =>
            reloadWhile(site, held, hostile.honestly.discovery, waiting),
        );
        assert.deepEqual(
            answers.map(({ status }) => status),
            [...Array(8).fill(302), ...Array(8).fill(200)],
        );
        assert.ok(elapsed < 3_000 * slow, `it took ${Math.round(elapsed)} ms`);
        const response = await browser.navigate(hostile.authorize(answers[0].location));
        assert.equal(response.status, 302, 'the login completes on a new worker');
    });

    test(`a reload while a login and a token wait for new keys, ${workers} worker(s): both complete`, async () => {
        const hostile = await startProvider();
        const site = await startSite({
            provider: hostile,
            locations,
            workers,
            settings: { timeout: '5s' },
        });
        assert.equal((await bearer(site, mintAccessToken(hostile))).status, 200, 'the first keys are there');
        const browser = site.browser();
        const begun = await browser.navigate(site.url('/page'));
        assert.equal(begun.status, 302);
        hostile.key = signingKey('ES256');
        hostile.publish(hostile.key.publicJwk);
        const held = faults.held();
        hostile.answers.keys = held;
        const waiting = Promise.all([
            browser.navigate(hostile.authorize(begun.location)),
            bearer(site, mintAccessToken(hostile)),
        ]);
        await until(() => hostile.counts.token === 1, 'the code is exchanged');
        const [answers, elapsed] = await timed(() =>
            reloadWhile(site, held, hostile.honestly.keys, waiting),
        );
        assert.deepEqual(
            answers.map(({ status }) => status),
            [302, 200],
        );
        assert.ok(elapsed < 3_000 * slow, `it took ${Math.round(elapsed)} ms`);
        assert.equal((await browser.script(site.url('/'))).status, 200, 'the session is there');
        hostile.honest();
    });
}

test('nginx that is told to quit while a login waits for the metadata answers it first', async () => {
    const hostile = await startProvider();
    const held = faults.held();
    hostile.answers.discovery = held;
    const site = await startSite({
        provider: hostile,
        locations,
        workers: 2,
        settings: { timeout: '5s' },
    });
    const waiting = Promise.all(
        Array.from({ length: 8 }, () => site.browser().navigate(site.url('/page'))),
    );
    await until(() => held.waiting.length > 0, 'the provider is asked');
    await sleep(200 * slow); // by now all of them wait
    hostile.honest();
    site.nginx.workerPids();
    site.nginx.child.kill('SIGQUIT');
    held.release(hostile.honestly.discovery);
    assert.deepEqual(
        (await waiting).map(({ status }) => status),
        Array(8).fill(302),
    );
});

test('nginx that is told to quit answers a waiting login also when the worker that asks the provider has left', async () => {
    const hostile = await startProvider();
    const held = faults.held();
    hostile.answers.discovery = held;
    const site = await startSite({
        provider: hostile,
        locations,
        workers: 2,
        settings: { timeout: '20s' },
    });
    await until(() => held.waiting.length > 0, 'the provider is asked');
    const pids = site.nginx.workerPids();
    const { remotePort, localPort } = held.waiting[0][0].socket;
    const asking = ownerOfConnection(pids, remotePort, localPort);

    // clients of the other worker alone
    const clients = [];
    while (clients.length < 4) {
        const { port } = site;
        const socket = net.connect(port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write('GET /page HTTP/1.1\r\nHost: app.localhost\r\nAccept: text/html\r\n\r\n');
        const owner = await until(
            () => ownerOfConnection(pids, port, socket.localPort),
            'the connection is accepted',
        );
        if (owner === asking) {
            socket.destroy();
        } else {
            clients.push(socket);
        }
    }
    await sleep(100 * slow);
    hostile.honest();
    site.nginx.child.kill('SIGQUIT');
    for (const socket of clients) {
        const [text] = await once(socket, 'data');
        assert.match(String(text), /^HTTP\/1\.1 302 /);
    }
    assert.equal(hostile.counts.discovery, 2, 'another worker asked anew');
});
