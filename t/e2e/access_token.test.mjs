// Access tokens whose header lies: about the algorithm, or about whose key it is. None of them gets
// anywhere, and none makes nginx ask anybody anything.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { certificates } from '../op/certificates.mjs';
import { startHostile } from '../op/hostile.mjs';
import { compact, decode, encode } from '../op/jwt.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { startApi } from './api.mjs';
import { atEnd } from './cleanup.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

// Keys of every kind, each published once with "alg" and once without.
const keys = ['RS256', 'ES256', 'ES384', 'EdDSA'].flatMap((alg) => {
    const key = signingKey(alg);
    const { alg: _, ...bare } = { ...key.publicJwk, kid: `${key.kid}-bare` };
    return [
        { ...key, jwk: key.publicJwk },
        { ...key, kid: bare.kid, jwk: bare },
    ];
});
hostile.publish(hostile.key.publicJwk, ...keys.map(({ jwk }) => jwk));

const { mint, accepted, refused } = await startApi(hostile);

test('every kind of key that the tests use is accepted when it really signs', async () => {
    for (const { alg, kid, privateKey } of keys) {
        await accepted(mint({}, { alg, kid }, { alg, key: privateKey }), kid);
    }
    await accepted(mint(), 'the key of the provider');
});

test('no spelling of "none", and nothing that is no algorithm, is one', async () => {
    const { kid } = hostile.key;
    const algorithms = [
        ...['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\0', 'n', '', ' ', '\0'],
        ...['rs256', 'Rs256', 'RS256 ', ' RS256', 'RS256\0', 'RS256\n', 'RS257', 'RSA', 'RS1'],
        ...['RSA-OAEP', 'dir', 'A256GCMKW', 'ES256K', 'Ed448', 'RSASSA-PSS', '*'],
        ...[
            ['none'],
            ['RS256'],
            [],
            {},
            { alg: 'RS256' },
            0,
            256,
            -1,
            1.5,
            true,
            false,
            null,
            undefined,
        ],
    ];
    for (const alg of algorithms) {
        for (const header of [{ alg }, { alg, kid: undefined }, { alg, kid: 'unknown' }]) {
            const whole = { kid, typ: 'JWT', ...header };
            const what = JSON.stringify(whole);
            const claims = decode(mint()).claims;
            const unsigned = compact(whole, claims, { alg: 'none' });
            const signed = compact(whole, claims, { alg: 'RS256', key: hostile.key.privateKey });
            for (const token of [unsigned, `${unsigned}AA`, signed]) {
                await refused(token, /algorithm_not_allowed|header_invalid/, what);
            }
        }
    }
    assert.equal(hostile.counts.keys, 1, 'the keys are those of the start');
});

// All the bytes that somebody could take a public key for.
function asSecrets({ publicKey, jwk }) {
    const spki = publicKey.export({ format: 'pem', type: 'spki' });
    const der = publicKey.export({ format: 'der', type: 'spki' });
    const rsa = jwk.kty === 'RSA';
    const coordinates = ['n', 'x', 'y'].filter((name) => jwk[name]);
    return {
        'its PEM': spki,
        'its PEM without the last line end': spki.trimEnd(),
        'its PEM with line ends of DOS': spki.replaceAll('\n', '\r\n'),
        'the base64 of its PEM': spki.replace(/-----[^-]+-----|\n/g, ''),
        'its DER': der,
        ...(rsa && {
            'its PEM as of PKCS#1': publicKey.export({ format: 'pem', type: 'pkcs1' }),
            'its DER as of PKCS#1': publicKey.export({ format: 'der', type: 'pkcs1' }),
        }),
        'its JWK': JSON.stringify(jwk),
        'its JWK, indented': JSON.stringify(jwk, null, 2),
        'the key set': JSON.stringify({ keys: hostile.published }),
        ...Object.fromEntries(coordinates.map((name) => [`its ${name} as text`, jwk[name]])),
        ...Object.fromEntries(
            coordinates.map((name) => [`its ${name}`, Buffer.from(jwk[name], 'base64url')]),
        ),
        'its point': Buffer.concat([
            Buffer.from([4]),
            ...coordinates.map((name) => Buffer.from(jwk[name], 'base64url')),
        ]),
        nothing: '',
        'the client secret': hostile.client.secret,
    };
}

function hmacToken(bits, kid, secret) {
    const claims = decode(mint()).claims;
    const input = `${encode({ alg: `HS${bits}`, kid, typ: 'JWT' })}.${encode(claims)}`;
    const tag = createHmac(`sha${bits}`, secret).update(input).digest('base64url');
    return `${input}.${tag}`;
}

test('a public key is no secret: HS256, HS384 and HS512 with RSA, EC and OKP keys', async () => {
    for (const key of keys) {
        for (const [what, secret] of Object.entries(asSecrets(key))) {
            for (const bits of [256, 384, 512]) {
                const name = `HS${bits} by ${key.alg} (${key.jwk.alg ?? 'no alg'}), ${what}`;
                await refused(hmacToken(bits, key.kid, secret), 'algorithm_not_allowed', name);
            }
        }
        for (const kid of [undefined, 'unknown']) {
            const token = hmacToken(256, kid, asSecrets(key)['its PEM']);
            await refused(token, 'algorithm_not_allowed', `kid ${kid}`);
        }
    }
    assert.equal(hostile.counts.keys, 1, 'the keys are those of the start');
});

test('the algorithm of the token is no other than that of the key', async () => {
    const names = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];
    for (const { alg, kid, jwk, privateKey } of keys) {
        for (const other of names) {
            const fits = other === alg || (!jwk.alg && jwk.kty === 'RSA' && /^[RP]S/.test(other));
            if (!fits) {
                const token = mint({}, { alg: other, kid }, { alg, key: privateKey });
                await refused(token, 'algorithm_not_allowed', `${other} for ${alg} (${jwk.alg})`);
            }
        }
    }
});

// Something that listens, and counts who comes.
async function startListener() {
    const listener = net.createServer((socket) => {
        listener.visits += 1;
        socket.destroy();
    });
    listener.visits = 0;
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    atEnd(() => new Promise((resolve) => listener.close(resolve)));
    return listener;
}

// The base64 of a certificate of an RSA key, made by the openssl program.
function certificateOf(key) {
    const file = join(certificates().folder, 'attacker.key');
    writeFileSync(file, key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const pem = execFileSync('openssl', ['req', '-x509', '-key', file, '-subj', '/CN=attacker']);
    rmSync(file);
    return String(pem).replace(/-----[^-]+-----|\s/g, '');
}

test('a key that the token brings or points to is not used, and nobody is asked for it', async () => {
    const listener = await startListener();
    const there = `//127.0.0.1:${listener.address().port}`;
    const thief = signingKey('RS256');
    const { kid } = hostile.key;
    const x5c = [certificateOf(thief)];
    const headers = {
        jwk: { jwk: thief.publicJwk },
        'jwk with our kid': { jwk: { ...thief.publicJwk, kid } },
        'private jwk': { jwk: thief.privateJwk },
        jku: { jku: `http:${there}/keys` },
        'jku over TLS': { jku: `https:${there}/keys` },
        'jku with the address of the provider in it': { jku: `${hostile.url}@${there.slice(2)}/` },
        'jku of a file': { jku: 'file:///etc/hostname' },
        x5u: { x5u: `http:${there}/certificate`, 'x5t#S256': 'AAAA' },
        'x5u over TLS': { x5u: `https:${there}/certificate` },
        x5c: { x5c },
        'all at once': { jwk: thief.publicJwk, jku: `http:${there}/`, x5u: `http:${there}/`, x5c },
        'kid of a URL': { kid: `http:${there}/keys` },
        'iss of the header': { iss: `http:${there}`, url: `http:${there}` },
    };
    for (const [what, header] of Object.entries(headers)) {
        const by = { alg: 'RS256', key: thief.privateKey };
        const unknown = /key_unknown|signature_invalid/;
        await refused(mint({}, header, by), unknown, what);
        await refused(mint({}, { ...header, kid: thief.kid }, by), unknown, what);
        await refused(mint({}, { ...header, kid: undefined }, by), unknown, what);
        await refused(mint({ iss: `http:${there}` }, header, by), unknown, what);
        if (!header.kid) {
            await accepted(mint({}, header), `${what}, but signed by the provider`);
        }
    }
    await refused(mint({ iss: `http:${there}` }), 'issuer_mismatch', 'an issuer that listens');
    assert.equal(listener.visits, 0, 'nobody came');
    assert.equal(hostile.counts.other, undefined, 'nor to any other place of the provider');
});

test('crit and b64 are refused, whatever is in them', async () => {
    const extensions = [
        ...[['b64'], ['exp'], ['alg'], ['crit'], ['x'], [], [''], null, 'b64', {}, 1, true],
    ].map((crit) => ({ crit, b64: true, exp: 1, x: 1 }));
    const headers = [...extensions, { b64: false }, { b64: true }, { crit: ['b64'], b64: false }];
    for (const header of headers) {
        await refused(mint({}, header), 'critical_header', JSON.stringify(header));
    }
    const { claims } = decode(mint());
    const raw = `${encode({ alg: 'RS256', kid: hostile.key.kid, crit: ['b64'], b64: false })}.`;
    await refused(`${raw}${encode(claims)}.AAAA`, 'critical_header', 'an unencoded payload');
});

test('a kid is a name and nothing else', async () => {
    const paths = ['../../../../etc/passwd', '/dev/null', "' OR 1=1 --", '$(id)', 'http://x/', '*'];
    for (const kid of [
        ...paths,
        hostile.key.kid.toUpperCase(),
        `${hostile.key.kid} `,
        'a'.repeat(256),
    ]) {
        await refused(mint({}, { kid }), 'key_unknown', String(kid));
    }
    for (const kid of ['', 'a'.repeat(257), 1, null, true, ['1'], { kid: 1 }]) {
        await refused(mint({}, { kid }), 'header_invalid', JSON.stringify(kid));
    }
});
