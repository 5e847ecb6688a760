// What must never be accepted, with the reason that each refusal has to carry: a wrong reason would
// mean that it was refused too late or by chance. Through build/jws; no nginx is involved.
//
// The published vectors for signatures, keys and JSON (Wycheproof, JSONTestSuite) are not copied here:
// the cases are our own, and foreign files can be piped through build/jws (see its --help).

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import * as jose from 'jose';

import { now, rules } from './jose/claim_mutations.mjs';
import { ask } from './jose/jws_tool.mjs';
import { claims, makeKeys, publishedSet } from './jose/mutations.mjs';
import {
    algorithms,
    compact,
    derSignature,
    encode,
    makeKey,
    names,
    seal,
    signature,
} from './jose/signatures.mjs';

const keys = makeKeys();
const published = publishedSet(keys);
const nobodys = { keys: [{ ...makeKey('RS256').jwk, kid: 'nobody' }] };
const payload = JSON.stringify(claims);

const headerOf = (alg, more = {}) => JSON.stringify({ alg, kid: keys[alg].kid, ...more });
const signed = (alg, header = headerOf(alg), text = payload) =>
    compact(alg, keys[alg].privateKey, header, text);

// Every line is refused, for one of these reasons.
function assertRefused(lines, ...reasons) {
    assert.ok(lines.length > 0);
    for (const [i, answer] of ask(lines).entries()) {
        const shown = JSON.stringify(lines[i]).slice(0, 1000);
        assert.ok(reasons.includes(answer.refused), `${JSON.stringify(answer)} for ${shown}`);
    }
}

function assertAccepted(lines) {
    assert.ok(lines.length > 0);
    for (const [i, answer] of ask(lines).entries()) {
        assert.equal(
            typeof answer.payload,
            'string',
            `${answer.refused} for ${JSON.stringify(lines[i])}`,
        );
    }
}

test('alg of none or of no name, and HMACs keyed with public keys, are refused before a key is looked up', () => {
    const unnamed = [null, 1, true, ['none'], ['RS256'], {}, { alg: 'RS256' }, undefined];
    const unknown = [
        'none',
        'None',
        'NONE',
        'nOnE',
        '',
        'n',
        'HS256',
        'HS384',
        'HS512',
        'rs256',
        'RS256 ',
        'dir',
    ];
    for (const name of names) {
        const { published: jwk, jwk: bare, kid, publicKey } = keys[name];
        // nobody's keys would make it key_unknown, if a key were looked for
        const keySets = [
            { keys: [jwk] },
            { keys: [{ ...bare, kid }] },
            { keys: [bare] },
            published,
            nobodys,
        ];
        const made = (alg) => {
            const header = encode(JSON.stringify({ alg, kid, typ: 'JWT' }));
            return [
                `${header}.${encode(payload)}.`,
                seal(name, keys[name].privateKey, header, encode(payload)),
            ];
        };
        const lines = (algs) =>
            keySets.flatMap((jwks) => algs.flatMap(made).map((jws) => ({ jwks, jws })));
        assertRefused(lines(unnamed), 'header_invalid');
        assertRefused(lines(unknown), 'algorithm_not_allowed');

        const pem = publicKey.export({ type: 'spki', format: 'pem' });
        const der = publicKey.export({ type: 'spki', format: 'der' });
        const secrets = [
            pem,
            pem.trim(),
            der,
            JSON.stringify(jwk),
            JSON.stringify(bare),
            bare.n ?? bare.x,
        ];
        const macs = secrets.flatMap((secret) =>
            [256, 384, 512].map((bits) => hmacToken(`HS${bits}`, kid, secret)),
        );
        assertRefused(
            keySets.flatMap((jwks) => macs.map((jws) => ({ jwks, jws }))),
            'algorithm_not_allowed',
        );
        // the same MACs in the name of the key's own algorithm, and a set that publishes the secret
        const own = secrets.map((secret) => hmacToken('HS256', kid, secret, name));
        assertRefused(
            own.map((jws) => ({ jwks: published, jws })),
            'signature_invalid',
        );
        const oct = { keys: [{ kty: 'oct', k: encode(pem), kid, alg: 'HS256' }, jwk] };
        assertRefused(
            macs.map((jws) => ({ jwks: oct, jws })),
            'algorithm_not_allowed',
        );
    }
});

function hmacToken(alg, kid, secret, named = alg) {
    const input = `${encode(JSON.stringify({ alg: named, kid }))}.${encode(payload)}`;
    const mac = createHmac(`sha${alg.slice(2)}`, secret)
        .update(input)
        .digest('base64url');
    return `${input}.${mac}`;
}

test('keys that a token brings or points to are ignored, extensions are refused', () => {
    const pointers = (jwk) => [
        { jwk },
        { jku: 'https://127.0.0.1:1/keys' },
        { x5u: 'https://127.0.0.1:1/cert' },
        { x5c: ['MIIB'] },
        {
            jwk,
            jku: 'http://127.0.0.1:1/',
            x5u: 'file:///dev/null',
            x5c: [],
            x5t: 'AA',
            'x5t#S256': 'AA',
        },
    ];
    for (const alg of names) {
        const { kid, thief } = keys[alg];
        const forged = (header) =>
            compact(alg, thief.privateKey, JSON.stringify({ alg, ...header }), payload);
        const made = pointers({ ...thief.jwk, kid, alg });
        const lines = (jwss) => jwss.map((jws) => ({ jwks: published, jws }));
        assertRefused(lines(made.map((more) => forged({ kid, ...more }))), 'signature_invalid');
        assertRefused(lines(made.map((more) => forged({ kid: 'thief', ...more }))), 'key_unknown');
        assertAccepted(lines(made.map((more) => signed(alg, headerOf(alg, more)))));

        const critical = [
            { crit: ['x'], x: 1 },
            { crit: [] },
            { crit: null },
            { crit: ['alg'] },
            { crit: ['exp'], exp: 1 },
            { crit: ['b64'], b64: true },
            { crit: ['b64'], b64: false },
            { b64: false },
            { b64: true },
            { b64: null },
        ];
        assertRefused(
            lines(critical.map((more) => signed(alg, headerOf(alg, more)))),
            'critical_header',
        );
        const unencoded = encode(headerOf(alg, { crit: ['b64'], b64: false }));
        const line = { jwks: published, jws: seal(alg, keys[alg].privateKey, unencoded, 'text') };
        assertRefused([line, { ...line, payload: 'any' }], 'critical_header');
    }
});

test('signatures and keys of other sizes than their algorithm has are refused', () => {
    const message = 'a message';
    const raw = (alg, jwk, made) => ({
        alg,
        jwk,
        message: encode(message),
        signature: encode(made),
    });
    for (const alg of names) {
        const { jwk, privateKey } = keys[alg];
        const good = signature(alg, privateKey, message);
        assertAccepted([raw(alg, jwk, good)]);
        const zero = Buffer.of(0);
        const sizes = [
            good.subarray(1),
            good.subarray(0, -1),
            Buffer.concat([zero, good]),
            Buffer.concat([good, zero]),
            Buffer.alloc(0),
            Buffer.concat([good, good]),
            Buffer.alloc(good.length),
        ];
        assertRefused(
            sizes.map((made) => raw(alg, jwk, made)),
            'signature_invalid',
        );

        const { kind, pss, size } = algorithms[alg];
        if (pss) {
            const salts = [0, 20, size - 1, size + 1, 256 - size - 2].map((saltLength) =>
                raw(alg, jwk, signature(alg, privateKey, message, { saltLength })),
            );
            assertRefused(salts, 'signature_invalid');
        }
        if (kind === 'ec') {
            assertRefused(
                [raw(alg, jwk, derSignature(alg, privateKey, message))],
                'signature_invalid',
            );
            const points = [
                { ...jwk, x: jwk.y, y: jwk.x },
                { ...jwk, y: jwk.x },
                {
                    ...jwk,
                    x: encode(Buffer.alloc(good.length / 2)),
                    y: encode(Buffer.alloc(good.length / 2)),
                },
                { ...jwk, x: encode(Buffer.from(jwk.x, 'base64url').subarray(1)) },
                { ...jwk, x: encode(Buffer.concat([zero, Buffer.from(jwk.x, 'base64url')])) },
            ];
            assertRefused(
                points.map((key) => raw(alg, key, good)),
                'key_unusable',
            );
        }
    }
    for (const alg of names.filter((name) => algorithms[name].kind === 'rsa')) {
        // into 1024 bits PS512 does not fit
        for (const bits of [1024, 1536, 2047].slice(alg === 'PS512' ? 1 : 0)) {
            const small = makeKey(alg, { bits });
            const line = raw(alg, small.jwk, signature(alg, small.privateKey, message));
            assertRefused([line], 'key_unusable');
        }
        const { jwk, privateKey } = keys[alg];
        const good = signature(alg, privateKey, message);
        for (const e of ['AQ', 'Ag', 'BA', 'AA', '', 'AQAA', encode(Buffer.alloc(9, 1))]) {
            assertRefused([raw(alg, { ...jwk, e }, good)], 'key_unusable');
        }
    }
});

test('what is no compact JWS of three parts, or too large, is refused at once', async () => {
    const { publicKey } = await jose.generateKeyPair('RSA-OAEP');
    const encrypted = await new jose.CompactEncrypt(Buffer.from(payload))
        .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: keys.RS256.kid })
        .encrypt(publicKey);
    const direct = await new jose.CompactEncrypt(Buffer.from(payload))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(Buffer.alloc(32));
    assert.equal(encrypted.split('.').length, 5);

    for (const alg of names) {
        const jws = signed(alg);
        const [h, p, s] = jws.split('.');
        const judged = (made) => made.map((text) => ({ jwks: published, jws: text }));
        assertAccepted(judged([jws]));
        assertRefused(
            judged([
                encrypted,
                direct,
                `${h}.${p}`,
                `${h}.${p}.${s}.`,
                `${jws}.${s}`,
                `${jws}.${s}.${s}`,
                h,
                '',
                '.',
                JSON.stringify({ protected: h, payload: p, signature: s }),
                JSON.stringify({ payload: p, signatures: [{ protected: h, signature: s }] }),
                `${jws}=`,
                `${jws}==`,
                `${h}=.${p}.${s}`,
                ` ${jws}`,
                `${jws} `,
                `${jws}\n`,
                `${h} .${p}.${s}`,
                `${h}. ${p}.${s}`,
                `${h}.${p}.${s.slice(0, 9)}\t${s.slice(9)}`,
                '.'.repeat(16 * 1024),
            ]),
            'token_malformed',
        );
        assertRefused(judged([signed(alg, headerOf(alg, { enc: 'A256GCM' }))]), 'header_invalid');
        assertRefused(judged([`${h}.${p}.${encode(Buffer.alloc(10_000))}`]), 'signature_invalid');
        assertRefused(
            judged([
                '.'.repeat(1_000_000),
                `${h}.${'A'.repeat(1_000_000)}.${s}`,
                `${h}.${p}.${encode(Buffer.alloc(16_384))}`,
                signed(alg, headerOf(alg, { x: 'x'.repeat(16_384) })),
                '['.repeat(1_000_000),
            ]),
            'token_too_large',
        );
    }
});

test('a signed header or payload that is not one strict JSON object is refused', () => {
    const nested = (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const bytes = (text) => Buffer.from(text, 'latin1');
    const spoiled = (open) => [
        `${open},"sub":"a","sub":"b"}`,
        `${open},"x":{"y":1,"y":2}}`,
        `${open},"x":${nested(32)}}`,
        `${open},"sub":"a\\u0000b"}`,
        `${open},"aud":["a\\u0000b"]}`,
        `${open},"iss":"https://a\\u0000.b"}`,
        `${open},"sub":"a\0b"}`,
        `${open}}\0`,
        bytes(`${open},"sub":"\xff"}`),
        bytes(`${open},"sub":"\xc0\x80"}`),
        bytes(`${open},"sub":"\xed\xa0\x80"}`),
        `${open},"sub":"\\ud800"}`,
        `${open},"x":1e999}`,
        `\ufeff${open}}`,
        `[${open}}]`,
        '[]',
        '"text"',
        '1',
        'null',
        'true',
        '',
        `${open}`,
        `${open}} x`,
        `${open},}`,
        `{${open}}}`,
    ];
    for (const alg of names) {
        const open = headerOf(alg).slice(0, -1);
        const lines = (made) => made.map((jws) => ({ jwks: published, jws }));
        assertRefused(lines(spoiled(open).map((text) => signed(alg, text))), 'header_invalid');
        const payloads = spoiled('{"iss":"https://a.b"').filter(
            (text) => text !== '{"iss":"https://a.b"}',
        );
        assertRefused(
            lines(payloads.map((text) => signed(alg, undefined, text))),
            'claims_malformed',
        );
        assertAccepted(
            lines([
                signed(alg, undefined, `{"x":${nested(31)}}`),
                signed(alg, `${open},"x":${nested(31)}}`),
            ]),
        );
    }
});

test('dates that are none are refused, fractions and 2038 are not, and the leeway ends', () => {
    const line = (alg, dates, skew = 60) => {
        const said = {
            iss: rules.issuers[0],
            aud: 'api',
            sub: 'user',
            client_id: 'client',
            jti: 'id',
            exp: now + 60,
            iat: now,
            scope: 'x',
        };
        const text = JSON.stringify({ ...said, ...dates }).replace(/"raw:([^"]*)"/g, '$1');
        const header = headerOf(alg, { typ: 'at+jwt' });
        return { jwks: published, jws: signed(alg, header, text), rules: { ...rules, skew } };
    };
    for (const alg of names) {
        const all = (dates) => dates.map((made) => line(alg, made));
        const none = [
            'raw:1e300',
            'raw:1e13',
            -1,
            -0.5,
            'x',
            String(now + 60),
            '',
            null,
            true,
            [now + 60],
            {},
        ];
        assertRefused(
            all([...none.map((exp) => ({ exp })), { exp: undefined }]),
            'claims_malformed',
        );
        assertRefused(all(none.map((nbf) => ({ nbf }))), 'claims_malformed');
        assertRefused(all(none.map((iat) => ({ iat }))), 'issued_at_invalid');
        for (const number of ['raw:1e999', 'raw:-1e999', 'raw:9223372036854775808', 'raw:NaN']) {
            assertRefused(
                all([{ exp: number }, { nbf: number }, { iat: number }]),
                'claims_malformed',
            );
        }

        const good = [now + 0.5, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 253402300799, 'raw:18e8', now + 1];
        assertAccepted(
            all([
                ...good.map((exp) => ({ exp })),
                { nbf: now - 0.5 },
                { iat: now - 0.25 },
                { nbf: 0 },
            ]),
        );

        assertAccepted(all([{ exp: now - 59 }, { nbf: now + 60 }, { iat: now + 60 }]));
        assertRefused(
            all([{ exp: now - 60 }, { exp: 0 }, { exp: 1 }, { exp: now - 1e6 }]),
            'token_expired',
        );
        assertRefused(all([{ nbf: now + 61 }, { nbf: now + 1e6 }]), 'token_not_yet_valid');
        assertRefused(all([{ iat: now + 61 }]), 'issued_at_invalid');
        assertRefused(
            [line(alg, { exp: now }, 0), line(alg, { exp: now - 1 }, 0)],
            'token_expired',
        );
        assertAccepted([line(alg, { exp: now + 1 }, 0)]);
    }
});
