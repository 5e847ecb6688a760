// Requests whose token has to wait: for the first keys of all, or for newer ones. What may happen
// meanwhile: the client goes away or sends more, the server is reloaded, the keys never come.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { mintAccessToken } from '../op/access_tokens.mjs';
import { certificates } from '../op/certificates.mjs';
import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { withFlippedBit } from '../op/jwt.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { assertAccepted, assertRefusal, assertRefused, call } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { startSite } from './site.mjs';
import { slack, slow, timed } from './timing.mjs';

const bare = { client_secret: null, session_keys: null };
const server = 'scalekit_bearer only;';
const locations = (it) => `
    location / { ${it.proxyPass} }
    location /open { scalekit_auth off; ${it.proxyPass} }
    location = /check { internal; proxy_pass_request_body off; ${it.proxyPass} }
    location /checked { scalekit_auth off; auth_request /check; ${it.proxyPass} }
    location /known { auth_request /check; ${it.proxyPass} }`;

// Two ways in which a token has to wait. Each answers {site, hostile, held, token (that waits)}.
const waits = {
    'the first keys': async (options) => {
        const hostile = await startHostile();
        atEnd(() => hostile.close());
        const held = faults.held();
        hostile.answers.keys = held;
        const site = await startSite({
            provider: hostile,
            settings: { ...bare, timeout: '8s' },
            server,
            locations,
            ...options,
        });
        await until(() => held.waiting.length === 1, 'the keys are asked for');
        return { site, hostile, held, token: mintAccessToken(hostile) };
    },
    'newer keys': async (options) => {
        const hostile = await startHostile();
        atEnd(() => hostile.close());
        const site = await startSite({
            provider: hostile,
            settings: { ...bare, timeout: '8s' },
            server,
            locations,
            ...options,
        });
        await assertAccepted(site, mintAccessToken(hostile));
        const next = signingKey('RS256');
        hostile.publish(hostile.key.publicJwk, next.publicJwk);
        const held = faults.held();
        hostile.answers.keys = held;
        const by = { alg: 'RS256', key: next.privateKey };
        return { site, hostile, held, token: mintAccessToken(hostile, {}, { kid: next.kid }, by) };
    },
};

async function waiting(kind, options) {
    const it = await waits[kind](options);
    it.release = (answer = it.hostile.honestly.keys) => {
        delete it.hostile.answers.keys;
        it.held.release(answer);
    };
    // A request that has come as far as waiting.
    it.begin = async (more) => {
        const pending = call(it.site, it.token, more);
        pending.catch(() => {});
        await until(() => it.held.waiting.length === 1, 'the keys are asked for');
        await sleep(50 * slow);
        return pending;
    };
    return it;
}

const request = (site, path, token, more = '') =>
    `GET ${path} HTTP/1.1\r\nHost: app.localhost:${site.port}\r\n${token ? `Authorization: Bearer ${token}\r\n` : ''}${more}\r\n`;

// A connection that texts are written to by hand.
async function connection(site) {
    const socket = net.connect(site.port, '127.0.0.1');
    socket.text = '';
    socket.on('data', (chunk) => (socket.text += chunk)).on('error', () => {});
    await once(socket, 'connect');
    return socket;
}

const statusesIn = (text) =>
    [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));

for (const kind of Object.keys(waits)) {
    test(`100 requests wait for ${kind} and are all answered, by one fetch`, async () => {
        const it = await waiting(kind, { workers: 2 });
        const before = it.hostile.counts.keys ?? 0;
        const pending = Array.from({ length: 100 }, () => call(it.site, it.token));
        await sleep(300 * slow);
        assert.equal((await send(it.site.url('/open'))).status, 200, 'nothing else waits');
        assert.equal((await send(it.site.url('/'))).status, 401);
        it.release();
        const answers = await Promise.all(pending);
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        const fetches = it.hostile.counts.keys - before;
        assert.equal(fetches, kind === 'newer keys' ? 1 : 0, 'no fetch but the one that was held');
    });

    test(`requests pipelined behind one that waits for ${kind} are answered after it, in order`, async () => {
        const it = await waiting(kind);
        const { site, token } = it;
        const socket = await connection(site);
        const bad = withFlippedBit(token, 5);
        socket.write(
            request(site, '/1', token) +
                request(site, '/open', undefined) +
                request(site, '/3', bad) +
                request(site, '/4', token, 'Connection: close\r\n'),
        );
        await sleep(200 * slow);
        assert.equal(socket.text, '', 'nothing is answered out of order');
        it.release();
        await once(socket, 'close');
        assert.deepEqual(statusesIn(socket.text), [200, 200, 401, 200]);
        assert.deepEqual(
            site.upstream.requests.slice(-3).map(({ url }) => url),
            ['/1', '/open', '/4'],
        );
    });

    test(`a request with a body that waits for ${kind} loses nothing of it`, async () => {
        const it = await waiting(kind);
        const body = 'x'.repeat(300_000);
        const pending = it.begin({ method: 'POST', path: '/upload', body });
        await sleep(150 * slow);
        it.release();
        const seen = (await pending).json;
        assert.deepEqual([seen.method, seen.body.length], ['POST', body.length]);
    });

    test(`clients that go away while they wait for ${kind} do no harm`, async () => {
        const it = await waiting(kind);
        const { site, token } = it;
        const leavers = [];
        for (let index = 0; index < 30; index += 1) {
            const socket = await connection(site);
            socket.write(
                request(site, `/${index}`, token) +
                    (index % 3 ? '' : request(site, '/more', token)),
            );
            leavers.push(socket);
        }
        const kept = it.begin();
        await sleep(150 * slow);
        leavers.forEach((socket, index) =>
            index % 2 ? socket.destroy() : socket.resetAndDestroy(),
        );
        await sleep(100 * slow);
        assert.equal((await send(site.url('/open'))).status, 200, 'it goes on');
        const calls = site.upstream.requests.length;
        it.release();
        assert.equal((await kept).status, 200, 'who stayed is answered');
        await sleep(100 * slow);
        const late = site.upstream.requests.slice(calls).filter(({ url }) => url !== '/');
        assert.ok(late.length <= 30, 'each at most once');
        await assertAccepted(site, token);
    });

    test(`HTTP/2 streams that are reset while they wait for ${kind} do no harm`, async () => {
        const it = await waiting(kind, { tls: 'http2' });
        const { site, token } = it;
        const client = http2.connect(`https://127.0.0.1:${site.port}`, {
            ca: certificates().ca,
            servername: 'app.localhost',
        });
        client.on('error', () => {});
        atEnd(async () => client.destroy());
        const stream = () => {
            const opened = client.request({
                ':path': '/',
                ':authority': `app.localhost:${site.port}`,
                authorization: `Bearer ${token}`,
            });
            opened.on('error', () => {});
            return opened;
        };
        const streams = Array.from({ length: 20 }, stream);
        const kept = stream();
        const answered = once(kept, 'response');
        await until(() => it.held.waiting.length === 1, 'the keys are asked for');
        await sleep(100 * slow);
        streams.forEach((opened) => opened.close(http2.constants.NGHTTP2_CANCEL));
        await until(() => streams.every(({ closed }) => closed), 'the streams are closed');
        it.release();
        assert.equal((await answered)[0][':status'], 200, 'the stream that was kept');
        client.destroy();
    });

    test(`a reload while a token waits for ${kind}: the old worker answers it, and leaves`, async () => {
        const it = await waiting(kind);
        const pending = it.begin();
        await until(() => it.held.waiting.length === 1, 'the keys are asked for');
        await sleep(100 * slow);
        const [old] = it.site.nginx.workerPids();
        await it.site.nginx.reload();
        await sleep(200 * slow);
        it.release();
        assert.equal((await pending).status, 200);
        await until(() => !it.site.nginx.workerPids().includes(old), 'the old worker left');
        await until(
            async () => (await call(it.site, it.token)).status === 200,
            'the new one serves',
        );
    });

    test(`when ${kind} never come the answer does, within the timeout`, async () => {
        const it = await waiting(kind, { settings: { ...bare, timeout: '1s' } });
        const [response, elapsed] = await timed(() => call(it.site, it.token));
        if (kind === 'newer keys') {
            assertRefusal(response, 'key_unknown');
        } else {
            assert.deepEqual(
                [response.status, response.json.reason],
                [503, 'provider_unavailable'],
            );
        }
        assert.ok(elapsed < 1_000 + 2 * slack, `it took ${Math.round(elapsed)} ms`);
        assert.equal(
            it.site.upstream.requests.filter(({ url }) => url === '/').length,
            kind === 'newer keys' ? 1 : 0,
        );
        it.release(faults.answer(500));
    });

    test(`when ${kind} come as nonsense nobody is let in`, async () => {
        const it = await waiting(kind);
        const pending = it.begin();
        await until(() => it.held.waiting.length === 1, 'the keys are asked for');
        await sleep(100 * slow);
        it.held.release(faults.html());
        const response = await pending;
        assert.equal(response.status, kind === 'newer keys' ? 401 : 503, response.text);
        assert.equal(response.headers['x-upstream'], undefined);
    });

    test(`a subrequest does not wait for ${kind}, it is refused`, async () => {
        const it = await waiting(kind);
        const [response, elapsed] = await timed(() =>
            call(it.site, it.token, { path: '/checked' }),
        );
        assert.equal(response.status, kind === 'newer keys' ? 401 : 500);
        assert.equal(response.headers['x-upstream'], undefined);
        assert.ok(elapsed < 2 * slack, `it took ${Math.round(elapsed)} ms`);
        it.release();
        await until(
            async () => (await call(it.site, it.token)).status === 200,
            'the keys are there',
        );
        const checked = await call(it.site, it.token, { path: '/known' });
        assert.equal(checked.status, 200);
    });
}

test('within the cool-down a token of an unknown key is answered at once, and good ones never wait', async () => {
    const hostile = await startHostile();
    atEnd(() => hostile.close());
    const site = await startSite({ provider: hostile, settings: bare, server, locations });
    const unknown = (kid) => mintAccessToken(hostile, {}, { kid });
    await assertAccepted(site, mintAccessToken(hostile));
    await assertRefused(site, unknown('first'), 'key_unknown');
    const before = hostile.counts.keys;
    hostile.answers.keys = faults.silent();
    const [, elapsed] = await timed(async () => {
        for (let index = 0; index < 30; index += 1) {
            await assertRefused(site, unknown(`kid_${index}`), 'key_unknown');
            await assertRefused(
                site,
                withFlippedBit(mintAccessToken(hostile), index),
                'signature_invalid',
            );
            await assertAccepted(site, mintAccessToken(hostile));
        }
    });
    assert.equal(hostile.counts.keys, before, 'nothing is fetched');
    assert.ok(elapsed < 8_000, `it took ${Math.round(elapsed)} ms, which the cool-down outlasts`);
});

const big = 8_000_000; // bytes, more than a socket takes at once

// A connection whose socket was full once: from then on nginx hears with every byte that comes in
// that it can be written to as well.
async function fullOnce(site) {
    const socket = await connection(site);
    socket.pause();
    socket.write(request(site, '/big'));
    await sleep(400 * slow);
    socket.resume();
    await until(() => socket.text.length > big, 'the large answer is there', 20_000);
    socket.text = '';
    return socket;
}

test('a request that waits is not judged again for whatever comes over its connection', async () => {
    const it = await waiting('newer keys', {
        level: 'debug',
        files: { big: 'x'.repeat(big) },
        locations: (it) => `${locations(it)}
            location /big { scalekit_auth off; alias @FOLDER@/big; }`,
    });
    const socket = await fullOnce(it.site);
    const before = it.site.upstream.requests.length;
    socket.write(request(it.site, '/order', it.token));
    await until(() => it.held.waiting.length === 1, 'the keys are asked for');
    await sleep(50 * slow);

    // What nginx says of each handler of the access phase that it runs.
    const judged = () => [...it.site.nginx.log.matchAll(/access phase: \d+/g)].length;
    const count = judged();
    assert.ok(count > 0, 'nginx has no debug log: take one built --with-debug, as Debian builds it');
    for (const byte of request(it.site, '/open').slice(0, 30)) {
        socket.write(byte);
        await sleep(5);
    }
    assert.equal(judged(), count);

    it.release();
    await until(() => statusesIn(socket.text).length === 1, 'the request is answered');
    assert.deepEqual(statusesIn(socket.text), [200]);
    const urls = it.site.upstream.requests.slice(before).map(({ url }) => url);
    assert.deepEqual(urls, ['/order'], 'and done once');
    socket.destroy();
});
