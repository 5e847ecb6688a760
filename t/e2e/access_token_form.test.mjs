// The sizes and the outer form of access tokens: weak keys that a provider publishes, signatures of
// other sizes than the key's, and what is no compact JWS, up to a megabyte of it.

import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { test } from 'node:test';

import { CompactEncrypt, FlattenedSign, GeneralSign } from 'jose';

import { mintAccessToken } from '../op/access_tokens.mjs';
import { startHostile } from '../op/hostile.mjs';
import { decode, encode } from '../op/jwt.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { assertAccepted, assertRefused, bearer, call } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const published = [];
const publish = (kid, jwk) => {
    published.push({ ...jwk, kid, use: 'sig' });
    return kid;
};
const rsaKey = (options) => generateKeyPairSync('rsa', options);
const jwkOf = (key) => key.export({ format: 'jwk' });
const integer = (hex) => Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
const toInteger = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const toBytes = (value, size) => integer(value.toString(16).padStart(2 * size, '0'));

const good = {
    rsa: signingKey('RS256', 'rsa'),
    pss: signingKey('PS256', 'pss'),
    p256: signingKey('ES256', 'p256'),
    p384: signingKey('ES384', 'p384'),
    ed25519: signingKey('EdDSA', 'ed25519'),
};
for (const key of Object.values(good)) {
    publish(key.kid, key.publicJwk);
}
const e3 = rsaKey({ modulusLength: 2048, publicExponent: 3 });
publish('rsa-e3', jwkOf(e3.publicKey));

// Keys that must not verify anything, some of them with somebody who can sign.
const weak = Object.fromEntries(
    [512, 1024, 2040].map((bits) => {
        const pair = rsaKey({ modulusLength: bits });
        const kid = publish(`rsa-${bits}`, jwkOf(pair.publicKey));
        return [`RSA of ${bits} bits`, { alg: 'RS256', kid, key: pair.privateKey }];
    }),
);
const { n } = good.rsa.publicJwk;
publish('rsa-e1', { kty: 'RSA', n, e: 'AQ' });
publish('rsa-e2', { kty: 'RSA', n, e: 'Ag' });
publish('rsa-e0', { kty: 'RSA', n, e: 'AA' });
publish('rsa-n-even', {
    kty: 'RSA',
    n: toBytes(toInteger(Buffer.from(n, 'base64url')) - 1n, 256).toString('base64url'),
    e: 'AQAB',
});
const { x, y } = good.p256.publicJwk;
const moved = Buffer.from(y, 'base64url');
moved[31] ^= 1;
publish('off-curve', { kty: 'EC', crv: 'P-256', x, y: moved.toString('base64url') });
publish('short-x', { kty: 'EC', crv: 'P-256', x: x.slice(0, -2), y });
publish('zero-point', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) });
const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
publish('k1', { ...jwkOf(k1.publicKey) });
weak['secp256k1'] = { alg: 'ES256', kid: 'k1', key: k1.privateKey };
const private_ = signingKey('RS256', 'private');
publish('private', private_.privateJwk);
weak['a key published with its private half'] = { ...private_, key: private_.privateKey };
const encryption = signingKey('RS256', 'enc');
published.push({ ...encryption.publicJwk, use: 'enc' });
weak['a key for encryption'] = { ...encryption, key: encryption.privateKey };
publish('oct', {
    kty: 'oct',
    k: Buffer.from('a shared secret of 32 bytes or so').toString('base64url'),
});

hostile.publish(hostile.key.publicJwk, ...published);

const site = await startSite({
    provider: hostile,
    server: 'scalekit_bearer only; large_client_header_buffers 4 2m; keepalive_requests 100000;',
    locations: (it) => `
        location / { ${it.proxyPass} proxy_set_header Authorization ""; }
        location /variable { scalekit_token $http_x_token; ${it.proxyPass} }`,
    settings: { client_secret: null, session_keys: null },
});

const accepted = (token, what) => assertAccepted(site, token, { what });
const refused = (token, reason, what) => assertRefused(site, token, reason, { what });
const unusable = /key_unknown|key_unusable|algorithm_not_allowed/;

// What is signed for a key, and a token with these bytes as its signature.
const inputFor = (alg, kid) =>
    mintAccessToken(hostile, {}, { alg, kid }).split('.').slice(0, 2).join('.');
const withSignature = (input, bytes) => `${input}.${Buffer.from(bytes).toString('base64url')}`;

test('the good keys among the weak ones are used', async () => {
    for (const { alg, kid, privateKey } of Object.values(good)) {
        await accepted(mintAccessToken(hostile, {}, { alg, kid }, { alg, key: privateKey }), kid);
    }
    const by = { alg: 'RS256', key: e3.privateKey };
    await accepted(mintAccessToken(hostile, {}, { kid: 'rsa-e3' }, by), 'e = 3');
});

test('keys that are too weak, of another curve or for something else verify nothing', async () => {
    for (const [what, { alg, kid, key }] of Object.entries(weak)) {
        const token = mintAccessToken(hostile, {}, { alg, kid }, { alg, key });
        await refused(token, unusable, what);
    }
    for (const kid of ['rsa-e2', 'rsa-e0', 'rsa-n-even']) {
        const by = { alg: 'RS256', key: good.rsa.privateKey };
        await refused(mintAccessToken(hostile, {}, { kid }, by), unusable, kid);
    }
    for (const kid of ['off-curve', 'short-x', 'zero-point']) {
        const by = { alg: 'ES256', key: good.p256.privateKey };
        await refused(mintAccessToken(hostile, {}, { alg: 'ES256', kid }, by), unusable, kid);
    }
    const shared = { alg: 'HS256', key: 'a shared secret of 32 bytes or so' };
    const token = mintAccessToken(hostile, {}, { alg: 'HS256', kid: 'oct' }, shared);
    await refused(token, 'algorithm_not_allowed', 'a symmetric key that is published');
});

// EMSA-PKCS1-v1_5 of SHA-256 (RFC 8017 section 9.2): with e = 1 it is its own signature.
function padded(input, size = 256) {
    const prefix = integer('3031300d060960864801650304020105000420');
    const digest = Buffer.concat([prefix, createHash('sha256').update(input).digest()]);
    const fill = Buffer.alloc(size - digest.length - 3, 0xff);
    return Buffer.concat([Buffer.from([0, 1]), fill, Buffer.from([0]), digest]);
}

test('with e = 1 anybody can sign, so such a key is none', async () => {
    for (const kid of ['rsa-e1', 'rsa']) {
        const input = inputFor('RS256', kid);
        await refused(withSignature(input, padded(input)), /key_unknown|signature_invalid/, kid);
    }
});

test('with e = 3 a digest with garbage behind it is no signature', async () => {
    const input = inputFor('RS256', 'rsa-e3');
    const prefix = integer('3031300d060960864801650304020105000420');
    const block = Buffer.concat([
        Buffer.from([0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]),
        prefix,
        createHash('sha256').update(input).digest(),
    ]);
    const wanted = toInteger(Buffer.concat([block, Buffer.alloc(256 - block.length, 0xff)]));
    let [low, high] = [0n, 1n << 683n];
    while (low < high) {
        const middle = (low + high + 1n) >> 1n;
        [low, high] = middle ** 3n <= wanted ? [middle, high] : [low, middle - 1n];
    }
    const cube = toBytes(low ** 3n, 256);
    assert.ok(cube.subarray(0, block.length).equals(block), 'the forged root is close enough');
    await refused(withSignature(input, toBytes(low, 256)), 'signature_invalid', 'a cube root');
});

const order = {
    p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    p384: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

test('an ECDSA signature is twice the size of the curve, not a byte more or less, and no DER', async () => {
    for (const [name, hash, half] of [
        ['p256', 'sha256', 32],
        ['p384', 'sha384', 48],
    ]) {
        const { alg, kid, privateKey } = good[name];
        const input = inputFor(alg, kid);
        const raw = sign(hash, input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
        const [r, s] = [raw.subarray(0, half), raw.subarray(half)];
        const zero = Buffer.alloc(half);
        const plusOrder = (part) => toBytes(toInteger(part) + order[name], half + 1);
        const signatures = {
            'a byte less': raw.subarray(0, -1),
            'a byte less in front': raw.subarray(1),
            'a byte more': Buffer.concat([raw, Buffer.from([0])]),
            'a zero in front': Buffer.concat([Buffer.from([0]), raw]),
            'zeros in front of both': Buffer.concat([Buffer.from([0]), r, Buffer.from([0]), s]),
            DER: sign(hash, input, privateKey),
            'both doubled': Buffer.concat([raw, raw]),
            'half of it': r,
            'r = s = 0': Buffer.concat([zero, zero]),
            'r = 0': Buffer.concat([zero, s]),
            's = 0': Buffer.concat([r, zero]),
            'r = s = n': Buffer.concat([toBytes(order[name], half), toBytes(order[name], half)]),
            'r = s = 2^m - 1': Buffer.alloc(2 * half, 0xff),
            's + n': Buffer.concat([r, plusOrder(s)]),
            'r + n, s + n': Buffer.concat([plusOrder(r), plusOrder(s)]),
            swapped: Buffer.concat([s, r]),
            nothing: Buffer.alloc(0),
        };
        await accepted(withSignature(input, raw), `${name}, as it is`);
        for (const [what, bytes] of Object.entries(signatures)) {
            await refused(withSignature(input, bytes), 'signature_invalid', `${name}, ${what}`);
        }
    }
});

test('the salt of PSS is as long as the hash', async () => {
    const { privateKey: key } = good.pss;
    const input = inputFor('PS256', 'pss');
    const pss = (saltLength, hash = 'sha256') =>
        sign(hash, input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    await accepted(withSignature(input, pss(32)), 'salt of 32');
    const maximum = constants.RSA_PSS_SALTLEN_MAX_SIGN;
    for (const salt of [0, 1, 20, 31, 33, 48, 64, maximum]) {
        await refused(withSignature(input, pss(salt)), 'signature_invalid', `salt of ${salt}`);
    }
    await refused(withSignature(input, pss(32, 'sha512')), 'signature_invalid', 'SHA-512');
    await refused(withSignature(input, sign('sha256', input, key)), 'signature_invalid', 'PKCS#1');
});

test('signatures of RSA and Ed25519 have the size of their key', async () => {
    for (const [name, hash] of [
        ['rsa', 'sha256'],
        ['ed25519', null],
    ]) {
        const { alg, kid, privateKey } = good[name];
        const input = inputFor(alg, kid);
        const raw = sign(hash, input, privateKey);
        await accepted(withSignature(input, raw), `${name}, as it is`);
        const zero = Buffer.from([0]);
        for (const bytes of [
            raw.subarray(0, -1),
            raw.subarray(1),
            Buffer.concat([raw, zero]),
            Buffer.concat([zero, raw]),
            Buffer.alloc(raw.length),
            Buffer.alloc(0),
        ]) {
            await refused(
                withSignature(input, bytes),
                'signature_invalid',
                `${name} of ${bytes.length}`,
            );
        }
    }
    const input = inputFor('RS256', 'rsa');
    const signature = toInteger(sign('sha256', input, good.rsa.privateKey));
    const plus = signature + toInteger(Buffer.from(n, 'base64url'));
    const size = plus >> 2048n === 0n ? 256 : 257;
    await refused(withSignature(input, toBytes(plus, size)), 'signature_invalid', 's + n');
});

test('2 and 4 parts, empty parts, padding and other alphabets are no token', async () => {
    const token = mintAccessToken(hostile);
    const [header, payload, signature] = token.split('.');
    const forms = [
        ...[header, `${header}.${payload}`, `${token}.`, `.${token}`, `${token}.${signature}`],
        ...['.', '..', '...', '....', `${header}..`, `.${payload}.`, `..${signature}`],
        ...[`${token}=`, `${token}==`, `${token}+/`, `${header}.${payload}+/.${signature}`],
        ...[`${header}.${payload}.${signature}~`, `${header}.${payload}.A`, `A.${payload}.AA`],
        ...[`${header}.${payload.replace(/.$/, '-_/')}.${signature}`],
        ...[`${header}.${payload}.${signature.slice(0, -1)}`, token.toUpperCase()],
    ];
    for (const form of forms) {
        await refused(form, /token_malformed|signature_invalid|header_invalid/, form.slice(-60));
    }
    const last = signature.at(-1);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sibling = alphabet[alphabet.indexOf(last) ^ 1];
    await refused(
        `${token.slice(0, -1)}${sibling}`,
        'token_malformed',
        'bits that count for nothing',
    );
});

test('spaces, quotes and JSON in the place of a token are 400', async () => {
    const token = mintAccessToken(hostile);
    const { claims, header } = decode(token);
    const [header64, claims64] = token.split('.');
    const payload = new TextEncoder().encode(JSON.stringify(claims));
    const flattened = await new FlattenedSign(payload)
        .setProtectedHeader(header)
        .sign(hostile.key.privateKey);
    const general = await new GeneralSign(payload)
        .addSignature(hostile.key.privateKey)
        .setProtectedHeader(header)
        .sign();
    const forms = [
        ...[JSON.stringify(flattened), JSON.stringify(general), JSON.stringify(token)],
        ...[token.replace('.', ' .'), `${token} x`, token.replaceAll('.', '. '), `"${token}"`],
        ...[
            `${token},`,
            `${token};x=1`,
            `<${token}>`,
            `${token}, Bearer ${token}`,
            `token=${token}`,
        ],
        ...[
            `${token.slice(0, 50)}\t${token.slice(50)}`,
            `${token}\u00e9`,
            `${token}%00`,
            '====',
            '=',
        ],
        ...[`${header64}=.${claims64}.AA`, `${header64}.${claims64}==.AA`],
    ];
    for (const form of forms) {
        const options = { status: 400, what: form.slice(0, 30) };
        await assertRefused(site, form, 'request_malformed', options);
        const before = site.upstream.requests.length;
        const headers = { 'x-token': form };
        const response = await send(site.url('/variable'), { headers });
        assert.equal(response.status, 400, `in a variable: ${form.slice(0, 30)}`);
        assert.equal(site.upstream.requests.length, before);
    }
    await accepted(token, 'the token itself');
    const spaced = { authorization: `  bearer   ${token}  ` };
    assert.equal((await send(site.url('/'), { headers: spaced })).status, 200);
    assert.equal(
        (await send(site.url('/variable'), { headers: { 'x-token': token } })).status,
        200,
    );
});

test('encrypted tokens are refused, whatever is in them', async () => {
    const payload = new TextEncoder().encode(
        JSON.stringify(decode(mintAccessToken(hostile)).claims),
    );
    const key = good.rsa.publicKey;
    for (const extra of [{}, { typ: 'at+jwt' }, { cty: 'JWT' }]) {
        const jwe = await new CompactEncrypt(payload)
            .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'rsa', ...extra })
            .encrypt(key);
        await refused(jwe, 'token_malformed', JSON.stringify(extra));
        const three = jwe.split('.').slice(0, 3).join('.');
        await refused(three, /header_invalid|algorithm_not_allowed/, 'three parts of it');
    }
    for (const header of [{ enc: 'A256GCM' }, { enc: null }, { enc: 'none', p2c: 2 ** 31 }]) {
        await refused(
            mintAccessToken(hostile, {}, header),
            'header_invalid',
            JSON.stringify(header),
        );
    }
    await accepted(
        mintAccessToken(hostile, {}, { zip: 'DEF', p2c: 2 ** 31 }),
        'a JWS is not compressed',
    );
});

test('a megabyte of token is refused, and the worker does not grow', async () => {
    const token = mintAccessToken(hostile);
    const [header, payload, signature] = token.split('.');
    const half = randomBytes(375_000).toString('base64url');
    const huge = {
        'a million dots': '.'.repeat(1_000_000),
        'a million dots round a token': `${token}${'.'.repeat(1_000_000)}`,
        'a megabyte of one part': 'A'.repeat(1_000_000),
        'a megabyte of header': `${half}${half}.${payload}.${signature}`,
        'a megabyte of claims': `${header}.${half}${half}.${signature}`,
        'a megabyte of signature': `${header}.${payload}.${half}${half}`,
        'a megabyte of brackets': `${header}.${encode('['.repeat(700_000))}.${signature}`,
        '16 KB of signature': `${header}.${payload}.${randomBytes(16_384).toString('base64url')}`,
        '16 KB of kid': mintAccessToken(hostile, {}, { kid: 'a'.repeat(16_384) }),
        '16 KB of claims that are signed': mintAccessToken(hostile, { text: 'a'.repeat(16_384) }),
    };
    const round = async () => {
        for (const [what, text] of Object.entries(huge)) {
            await refused(text, /token_too_large|token_malformed/, what);
        }
        await accepted(token, 'afterwards');
    };
    await round();
    const before = site.nginx.memory();
    for (let count = 0; count < 10; count += 1) {
        await round();
    }
    const grown = site.nginx.memory() - before;
    assert.ok(grown < 4_096, `the processes grew by ${grown} KB`);
    await Promise.all(
        Array.from({ length: 20 }, () =>
            send(site.url('/'), { headers: bearer('.'.repeat(1_000_000)) }),
        ),
    );
    await until(
        () => site.nginx.memory() - before < 16_384,
        'the memory of many at once is given back',
    );
});

test('the largest token that is read: 16 KB less a few bytes', async () => {
    const size = mintAccessToken(hostile, { text: '' }).length;
    const text = 'a'.repeat(Math.floor(((16_384 - size) * 3) / 4) - 3);
    const token = mintAccessToken(hostile, { text });
    assert.ok(token.length > 16_370 && token.length <= 16_384, `${token.length} bytes`);
    const response = await call(site, token);
    assert.deepEqual([response.status, response.json.headers['x-scalekit-sub']], [200, 'usr_1']);
});
