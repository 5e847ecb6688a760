// Bearer tokens on the wire: bytes as no client of a library sends them, and HTTP/2. What counts as a
// token otherwise is in t/bearer.t.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';

import { mintAccessToken } from '../op/access_tokens.mjs';
import { certificates } from '../op/certificates.mjs';
import { startHostile } from '../op/hostile.mjs';
import { withFlippedBit } from '../op/jwt.mjs';
import { atEnd } from './cleanup.mjs';
import { getByHand } from './raw_http2.mjs';
import { startSite } from './site.mjs';

const provider = await startHostile();
atEnd(() => provider.close());

const options = {
    server: 'scalekit_bearer only;',
    settings: { client_secret: null, session_keys: null },
};
const site = await startSite({ provider, ...options });
const good = mintAccessToken(provider);
const bad = withFlippedBit(good, 7);

// Bytes to nginx as they are, and all that comes back.
const raw = (text) =>
    new Promise((resolve, reject) => {
        const socket = net.connect(site.port, '127.0.0.1', () => socket.write(text, 'latin1'));
        let all = '';
        socket.on('data', (chunk) => (all += chunk)).on('error', reject);
        socket.on('close', () => resolve(all));
    });

test('odd requests on the wire: HTTP/1.0, control characters, odd names, a field of 7 KB', async () => {
    const request = (field, line = 'GET /only HTTP/1.1') =>
        raw(`${line}\r\nHost: app.localhost\r\nConnection: close\r\n${field}\r\n\r\n`);
    const cases = [
        [`Authorization: Bearer ${good}`, 200],
        [`AUTHORIZATION:Bearer ${good}`, 200],
        ['Authorization:', 401],
        ['Authorization', 401],
        [`Authorization : Bearer ${good}`, /400|401/],
        [`Author_ization: Bearer ${good}`, 401],
        [`Authorization_: Bearer ${good}`, 401],
        [`Proxy-Authorization: Bearer ${good}`, 401],
        [`X-Authorization: Bearer ${good}`, 401],
        [`Authorization: Bearer ${good}\x7f`, 400],
        [`Authorization: Bearer ${good}\x01`, 400],
        [`Authorization: Bearer ${good}\0`, 400],
        [`Authorization: Bearer ${good}\rX: y`, 400],
        [`Authorization: Bearer\r\n ${good}`, 400],
        ['Authorization: Bearer \xff\xfe', 400],
        [`Authorization: Bearer ${'x'.repeat(7000)}`, 401],
        [`Authorization: ${'x'.repeat(7000)}`, 401],
        [`Authorization: Bearer${' '.repeat(7000)}`, 400],
    ];
    for (const [field, status] of cases) {
        const text = await request(field);
        assert.match(
            text,
            new RegExp(`^HTTP/1\\.1 (${status.source ?? status}) `),
            field.slice(0, 80),
        );
        assert.equal(/x-upstream/i.test(text), status === 200, field.slice(0, 80));
    }
    const old = await raw(`GET /only HTTP/1.0\r\nAuthorization: Bearer ${good}\r\n\r\n`);
    assert.match(old, /^HTTP\/1\.1 200 /);
    assert.match(old, /x-upstream/i);
    const simple = await raw('GET /only\r\n');
    assert.doesNotMatch(simple, /x-upstream/i);
});

test('two Authorization fields over HTTP/2', async () => {
    const tls = await startSite({ provider, tls: 'http2', ...options });
    const session = http2.connect(`https://127.0.0.1:${tls.port}`, {
        ca: certificates().ca,
        servername: 'app.localhost',
    });
    atEnd(async () => session.destroy());
    const get = async (authorization) => {
        const stream = session.request({
            ':path': '/only',
            ':authority': `app.localhost:${tls.port}`,
            ...(authorization !== undefined && { authorization }),
        });
        const [headers] = await once(stream, 'response');
        stream.resume();
        await once(stream, 'close');
        return headers;
    };
    assert.equal((await get(`Bearer ${good}`))[':status'], 200);
    assert.equal((await get(`bEARER ${good}`))[':status'], 200);
    assert.equal((await get())[':status'], 401);
    assert.match((await get())['www-authenticate'], /^Bearer realm="acme"$/);
    assert.equal((await get(`Bearer ${bad}`))[':status'], 401);
    assert.equal((await get('Bearer'))[':status'], 400);

    const byHand = (...values) =>
        getByHand(tls.port, {
            ca: certificates().ca,
            servername: 'app.localhost',
            path: '/only',
            fields: values.map((value) => ['authorization', value]),
        });
    assert.equal(await byHand(`Bearer ${good}`), 200, 'one, sent the same way');
    assert.equal(await byHand(), 401);
    assert.equal(await byHand(`Bearer ${good}`, `Bearer ${good}`), 400);
    assert.equal(await byHand(`Bearer ${bad}`, `Bearer ${good}`), 400);
    assert.equal(await byHand('Basic dXNlcjpwYXNz', `Bearer ${good}`), 400);
    assert.equal(tls.upstream.requests.length, 3, 'the upstream got the good ones');
});
