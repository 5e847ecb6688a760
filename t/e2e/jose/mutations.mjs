// Tokens that are not quite right: thousands of them, always the same ones but for what is random in
// a signature. Each is {name, alg, set, jws, valid}: `set` names one of `sets`, `valid` ones are
// accepted by whoever reads the specifications closely, `any` ones may have any payload.

import { createHmac } from 'node:crypto';

import { jsonTexts } from './json_mutations.mjs';
import { signatureMutations } from './signature_mutations.mjs';
import { compact, encode, makeKey, names, seal } from './signatures.mjs';

export const claims = { sub: 'user', iss: 'https://idp.example', aud: ['api', 'other'], n: 7 };

// Keys for all algorithms, as a provider publishes them, and an attacker's for each.
export function makeKeys() {
    const keys = {};
    for (const alg of names) {
        const key = makeKey(alg);
        const kid = `snk_${alg}`;
        const thief = makeKey(alg);
        keys[alg] = { ...key, kid, published: { ...key.jwk, kid, alg, use: 'sig' }, thief };
    }
    return keys;
}

export const publishedSet = (keys) => ({ keys: names.map((alg) => keys[alg].published) });

// Numbers that look random and are the same in every run.
export function makeRandom(seed) {
    let state = seed;
    return (limit) => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
    };
}

const anyCase = (word) => word.replace(/./g, (c, i) => (i % 2 ? c.toUpperCase() : c.toLowerCase()));

// Header members that change nothing for who reads them closely.
const harmlessMembers = {
    'typ at+jwt': { typ: 'at+jwt' },
    'an empty typ': { typ: '' },
    'a long typ': { typ: 't'.repeat(500) },
    'cty and unknown members': { cty: 'JWT', iss: 'other', zip: 'DEF', ppt: [1, { x: null }] },
    'a long member': { x: 'y'.repeat(5000) },
    'jku and x5u': { jku: 'https://127.0.0.1:1/keys', x5u: 'https://127.0.0.1:1/certificate' },
    'x5c and thumbprints': { x5c: ['MIIB'], x5t: 'AA', 'x5t#S256': 'AA' },
    'an empty jwk': { jwk: {} },
};

const otherMembers = {
    'typ of null': { typ: null },
    'typ of a number': { typ: 1 },
    'typ of a list': { typ: ['JWT'] },
    'kid of another key': { kid: 'snk_other' },
    'kid in another case': (kid) => ({ kid: kid.toUpperCase() }),
    'kid with a space behind it': (kid) => ({ kid: `${kid} ` }),
    'kid cut off': (kid) => ({ kid: kid.slice(0, -1) }),
    'kid with NUL behind it': (kid) => ({ kid: `${kid}\0` }),
    'kid of null': { kid: null },
    'kid of a number': { kid: 1 },
    'kid of a boolean': { kid: true },
    'kid in a list': (kid) => ({ kid: [kid] }),
    'kid in an object': (kid) => ({ kid: { kid } }),
    'an empty kid': { kid: '' },
    'kid of 257 bytes': { kid: 'k'.repeat(257) },
    'kid of 8 KB': { kid: 'k'.repeat(8192) },
    'kid that is a path': { kid: '../../../../dev/null' },
    'kid that is a query': { kid: "x' UNION SELECT 'key" },
    'kid that is a command': { kid: '$(id)|id;`id`' },
    'crit of an unknown name': { crit: ['x'], x: 1 },
    'crit of a registered name': { crit: ['alg'] },
    'crit of exp': { crit: ['exp'], exp: 1 },
    'crit of itself': { crit: ['crit'] },
    'crit without its member': { crit: ['b64'] },
    'crit without members': { crit: [] },
    'crit of null': { crit: null },
    'crit of a string': { crit: 'b64', b64: true },
    'crit of an empty name': { crit: [''], '': 1 },
    'crit of a number': { crit: [1] },
    'crit of b64 and an unknown name': { crit: ['b64', 'x'], b64: true, x: 1 },
    'critical b64 of null': { crit: ['b64'], b64: null },
    'critical b64 of true': { crit: ['b64'], b64: true },
    'critical b64 of false': { crit: ['b64'], b64: false },
    'b64 of true': { b64: true },
    'b64 of false': { b64: false },
    enc: { enc: 'A256GCM' },
    'enc of null': { enc: null },
};

const unknownAlgorithms = [
    'HS256',
    'HS384',
    'HS512',
    'ES256K',
    'ES521',
    'RS1',
    'RS128',
    'PS1',
    'Ed448',
    'ML-DSA-44',
    'RSA1_5',
    'RSA-OAEP',
    'RSA-OAEP-256',
    'ECDH-ES',
    'dir',
    'A128KW',
    'A256GCMKW',
    'PBES2-HS256+A128KW',
    'SHA256',
    'RS256,PS256',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'None',
    'NONE',
    'nOnE',
    'n',
];

function* headers(key) {
    const { alg, kid } = key;
    const usual = { alg, kid, typ: 'JWT' };
    const { alg: _, ...withoutAlg } = usual;
    const { kid: __, ...withoutKid } = usual;

    yield { name: 'as it should be', header: usual, valid: true };
    yield { name: 'without a typ', header: { alg, kid }, valid: true };
    yield { name: 'without a kid, and one key for the algorithm', header: withoutKid, valid: true };
    for (const [name, members] of Object.entries(harmlessMembers)) {
        yield { name, header: { ...usual, ...members }, valid: true };
    }
    for (const [name, members] of Object.entries(otherMembers)) {
        const made = typeof members === 'function' ? members(kid) : members;
        yield { name, header: { ...usual, ...made } };
    }

    yield { name: 'without an alg', header: withoutAlg };
    for (const other of [null, true, 1, '', [alg], { alg }, ['none'], {}]) {
        yield { name: 'alg that is no name', header: { ...usual, alg: other } };
    }
    for (const other of [
        ` ${alg}`,
        `${alg} `,
        `${alg}\n`,
        `${alg}\0`,
        `${alg}\u200b`,
        alg.slice(0, -1),
    ]) {
        yield { name: 'alg with more or less than its name', header: { ...usual, alg: other } };
    }
    for (const other of new Set([alg.toLowerCase(), alg.toUpperCase(), anyCase(alg)])) {
        if (other !== alg) {
            yield { name: 'alg in another case', header: { ...usual, alg: other } };
        }
    }
    for (const other of [...unknownAlgorithms, 'none']) {
        yield { name: 'alg of another world', header: { ...usual, alg: other } };
    }
    for (const other of names.filter((name) => name !== alg)) {
        yield { name: 'alg of another signature', header: { ...usual, alg: other } };
        yield { name: 'alg of another signature, without a kid', header: { alg: other } };
    }
}

function* headerMutations(key, set) {
    const { alg, privateKey, kid } = key;
    const payload = JSON.stringify(claims);

    for (const { name, header, valid = false } of headers(key)) {
        const jws = compact(alg, privateKey, JSON.stringify(header), payload);
        yield { name: `header: ${name}`, set, jws, valid };
    }
    for (const { name, text, valid } of jsonTexts({ alg, kid, typ: 'JWT' })) {
        yield { name: `header: ${name}`, set, jws: compact(alg, privateKey, text, payload), valid };
    }

    // unsecured tokens, with and without a signature behind them
    for (const none of ['none', 'None', 'NONE', 'nOnE', '']) {
        for (const header of [{ alg: none }, { alg: none, kid }, { alg: none, kid, typ: 'JWT' }]) {
            const jws = `${encode(JSON.stringify(header))}.${encode(payload)}.`;
            yield { name: 'header: none without a signature', set, jws };
        }
    }

    // b64 as RFC 7797 has it: the payload is signed and sent as it is
    const unencoded = encode(JSON.stringify({ alg, kid, b64: false, crit: ['b64'] }));
    const raw = seal(alg, privateKey, unencoded, 'text');
    yield { name: 'header: unencoded payload', set, jws: raw };
    yield { name: 'header: unencoded payload, any', set, jws: raw, any: true };

    // what is public as the secret of an HMAC
    const { n, x, y, ...rest } = key.jwk;
    const spki = { type: 'spki' };
    const secrets = [
        key.publicKey.export({ ...spki, format: 'pem' }),
        key.publicKey.export({ ...spki, format: 'pem' }).trimEnd(),
        key.publicKey.export({ ...spki, format: 'der' }),
        JSON.stringify(key.jwk),
        JSON.stringify(key.published),
        n ?? x,
        Buffer.from(n ?? x, 'base64url'),
        Buffer.from(y ?? rest.e ?? 'AA', 'base64url'),
        '',
        'secret',
    ];
    for (const secret of secrets) {
        for (const bits of [256, 384, 512]) {
            for (const name of [`HS${bits}`, alg]) {
                const header = encode(JSON.stringify({ alg: name, kid }));
                const input = `${header}.${encode(payload)}`;
                const mac = createHmac(`sha${bits}`, secret).update(input).digest('base64url');
                yield {
                    name: 'header: an HMAC keyed with what is public',
                    set,
                    jws: `${input}.${mac}`,
                };
            }
        }
    }

    // an attacker's key, named or brought along in every way there is
    const { thief } = key;
    const own = thief.jwk;
    const members = [
        {},
        { kid: 'thief' },
        { kid: undefined },
        { jwk: own },
        { jwk: { ...own, kid } },
        { jwk: own, kid: undefined },
        { jwk: { ...own, alg }, kid: 'thief' },
        { jku: 'https://127.0.0.1:1/' },
        { x5u: 'https://127.0.0.1:1/' },
        { x5c: ['MIIB'] },
    ];
    for (const more of members) {
        const header = JSON.stringify({ alg, kid, ...more });
        const jws = compact(alg, thief.privateKey, header, payload);
        yield { name: "header: an attacker's signature", set, jws };
    }
}

function* payloadMutations(key, set) {
    const { alg, privateKey, kid } = key;
    const header = JSON.stringify({ alg, kid });
    for (const { name, text, valid } of jsonTexts(claims)) {
        const jws = compact(alg, privateKey, header, text);
        yield { name: `payload: ${name}`, set, jws, valid };
        yield { name: `any payload: ${name}`, set, jws, valid: true, any: true };
    }

    const [first, body, last] = compact(alg, privateKey, header, JSON.stringify(claims)).split('.');
    const plain = Buffer.from(body, 'base64url');
    for (let bit = 0; bit < 8 * plain.length; bit += 3) {
        const flipped = Buffer.from(plain);
        flipped[bit >> 3] ^= 1 << (bit & 7);
        yield {
            name: 'payload: one bit',
            set,
            jws: `${first}.${encode(flipped)}.${last}`,
            any: true,
        };
    }
    for (const other of [
        '',
        '{}',
        JSON.stringify({ ...claims, sub: 'root' }),
        `${plain} `,
        ` ${plain}`,
    ]) {
        yield {
            name: 'payload: another one',
            set,
            jws: `${first}.${encode(other)}.${last}`,
            any: true,
        };
    }
}

function* signatures(key, set) {
    const { alg, privateKey, kid } = key;
    const input = `${encode(JSON.stringify({ alg, kid }))}.${encode(JSON.stringify(claims))}`;
    for (const { name, bytes, valid = false } of signatureMutations(key, input)) {
        yield { name: `signature: ${name}`, set, jws: `${input}.${encode(bytes)}`, valid };
    }
}

// Whole segments of one token in another: all pairs of algorithms.
function* splices(keys, set) {
    const token = (alg, sub) => {
        const header = JSON.stringify({ alg, kid: keys[alg].kid });
        return compact(alg, keys[alg].privateKey, header, JSON.stringify({ ...claims, sub })).split(
            '.',
        );
    };
    const tokens = names.map((alg) => token(alg, alg));
    for (const [i, a] of tokens.entries()) {
        const again = token(names[i], 'again');
        yield {
            name: 'splice: header of an equal one',
            set,
            jws: [again[0], a[1], a[2]].join('.'),
            valid: true,
        };
        yield { name: 'splice: payload', set, jws: [a[0], again[1], a[2]].join('.') };
        for (const [j, b] of tokens.entries()) {
            if (i !== j) {
                yield { name: 'splice: header', set, jws: [b[0], a[1], a[2]].join('.') };
                yield { name: 'splice: signature', set, jws: [a[0], a[1], b[2]].join('.') };
                yield {
                    name: 'splice: payload and signature',
                    set,
                    jws: [a[0], b[1], b[2]].join('.'),
                };
            }
        }
    }
}

export function* tokenMutations(keys, set) {
    for (const alg of names) {
        for (const mutations of [headerMutations, payloadMutations, signatures]) {
            for (const made of mutations(keys[alg], set)) {
                yield { alg, ...made };
            }
        }
    }
    for (const made of splices(keys, set)) {
        yield { alg: '', ...made };
    }
}
