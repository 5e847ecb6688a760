// Verifications that fail leave OpenSSL as they found it. What they put into its queue of
// errors would come up at the next use of a TLS connection of the same worker, and end it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import https from 'node:https';
import { test } from 'node:test';

import { mintAccessToken } from '../op/access_tokens.mjs';
import { certificates } from '../op/certificates.mjs';
import { startHostile } from '../op/hostile.mjs';
import { decode, encode } from '../op/jwt.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { bearer, call } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const keys = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'].map((alg) => signingKey(alg));
const { n } = keys[0].publicJwk;
const malformed = [
    { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43), kid: 'off-curve' },
    { kty: 'EC', crv: 'P-384', x: '_'.repeat(64), y: '_'.repeat(64), kid: 'beyond-the-field' },
    { kty: 'EC', crv: 'P-521', x: 'AA', y: 'AA', kid: 'short' },
    { kty: 'OKP', crv: 'Ed25519', x: '_'.repeat(43), kid: 'no-point' },
    { kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 'short-x' },
    { kty: 'RSA', n, e: 'AQ', kid: 'e1' },
    { kty: 'RSA', n: 'AA', e: 'AQAB', kid: 'n0' },
    { kty: 'RSA', n: '_'.repeat(20_000), e: 'AQAB', kid: 'enormous' },
    { kty: 'RSA', n, e: '_'.repeat(342), kid: 'enormous-e' },
    { kty: 'RSA', n: n.slice(0, 40), e: 'AQAB', kid: 'tiny' },
];
hostile.publish(hostile.key.publicJwk, ...keys.map(({ publicJwk }) => publicJwk), ...malformed);

// A token with this signature, or of this key.
const withSignature = (alg, kid, bytes) => {
    const input = `${encode({ alg, kid, typ: 'JWT' })}.${encode(decode(mintAccessToken(hostile)).claims)}`;
    return `${input}.${bytes.toString('base64url')}`;
};
const algorithmOf = ({ kty, crv }) =>
    kty === 'RSA'
        ? 'RS256'
        : ({ 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[crv] ?? 'EdDSA');
const sizes = { RS256: 256, PS256: 256, ES256: 64, ES384: 96, ES512: 132, EdDSA: 64 };

// Everything that a signature may be and OpenSSL finds wrong, in its own way each.
function badTokens() {
    const tokens = [];
    for (const { alg, kid } of keys) {
        const size = sizes[alg];
        for (const bytes of [
            randomBytes(size),
            Buffer.alloc(size),
            Buffer.alloc(size, 0xff),
            Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])]),
            Buffer.concat([Buffer.alloc(size / 2, 0xff), randomBytes(size / 2)]),
            randomBytes(size - 1),
            Buffer.alloc(0),
        ]) {
            tokens.push(withSignature(alg, kid, bytes));
        }
    }
    for (const jwk of malformed) {
        const alg = algorithmOf(jwk);
        tokens.push(withSignature(alg, jwk.kid, randomBytes(sizes[alg])));
    }
    tokens.push(
        withSignature('RS256', keys[2].kid, randomBytes(64)),
        'a.b.c',
        `${mintAccessToken(hostile)}A`,
    );
    return tokens;
}

test('10,000 failed verifications between TLS requests: no stale error, no dropped connection', async () => {
    const site = await startSite({
        provider: hostile,
        tls: true,
        settings: { client_secret: null, session_keys: null },
        server: 'scalekit_bearer only; keepalive_requests 1000000; ssl_session_cache off;',
    });
    const connections = 8;
    const agent = new https.Agent({
        keepAlive: true,
        maxSockets: connections,
        ca: certificates().ca,
    });
    atEnd(async () => agent.destroy());
    let opened = 0;
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (...args) => {
        opened += 1;
        return connect(...args);
    };

    const bad = badTokens();
    const good = mintAccessToken(hostile);
    const counts = { 200: 0, 401: 0 };
    let index = 0;
    const loop = async () => {
        while (index < 11_000) {
            const turn = index;
            index += 1;
            const token = turn % 11 === 10 ? good : bad[turn % bad.length];
            const { status } = await send(site.url('/'), { agent, headers: bearer(token) });
            assert.equal(status, token === good ? 200 : 401);
            counts[status] += 1;
        }
    };
    await Promise.all(Array.from({ length: connections }, loop));
    assert.deepEqual(counts, { 200: 1_000, 401: 10_000 });
    assert.equal(opened, connections, 'each connection served to the end');

    // a new handshake on the same worker, and a connection to the provider over the same library
    assert.equal((await call(site, good)).status, 200);
    const { log } = site.nginx;
    assert.equal(log.match(/ignoring stale global SSL error/g), null);
    assert.equal(log.match(/SSL_(read|write|do_handshake)\(\) failed/g), null);
});

test('failed verifications do not disturb the fetches of keys over TLS between them', async () => {
    const provider = await startHostile({ tls: 'good' });
    atEnd(() => provider.close());
    provider.publish(
        provider.key.publicJwk,
        ...keys.map(({ publicJwk }) => publicJwk),
        ...malformed,
    );
    const site = await startSite({
        provider,
        tls: 'http2',
        settings: { client_secret: null, session_keys: null },
        server: 'scalekit_bearer only;',
    });
    const bad = badTokens();
    for (let round = 0; round < 5; round += 1) {
        const answers = await Promise.all(bad.map((token) => call(site, token)));
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [401]);
        assert.equal((await call(site, mintAccessToken(provider))).status, 200);
        await site.nginx.reload();
    }
    assert.ok(provider.counts.keys > 1, 'keys were fetched after failures');
    assert.doesNotMatch(site.nginx.log, /stale global SSL error/);
});
