// Key sets that are not quite right, each with a token that one of its keys seems to be for. Each is
// {name, set, keySet, jws, valid}: `keySet` is what the name `set` stands for.

import { createHash } from 'node:crypto';

import { claims } from './mutations.mjs';
import { algorithms, compact, encode, halfSize, makeKey, names, toBytes } from './signatures.mjs';

const payload = JSON.stringify(claims);
const bytesOf = (text) => Buffer.from(text, 'base64url');
const kid = 'key';

// Members of a JWK besides the key itself, and whether the key may be used with them.
const members = {
    valid: {
        'nothing more': {},
        'use of sig': { use: 'sig' },
        'key_ops of verify': { key_ops: ['verify'] },
        'use and key_ops': { use: 'sig', key_ops: ['verify'] },
        certificates: { x5c: ['MIIB'], x5u: 'https://127.0.0.1:1/', x5t: 'AA', 'x5t#S256': 1 },
        'ext of true': { ext: true },
        'unknown members': { unknown: 1, iat: 'y', exp: 1 },
        'key_ops of verify and sign': { key_ops: ['sign', 'verify'] },
        'key_ops of verify and an unknown one': { key_ops: ['verify', 'x'] },
        'ext that is no boolean': { ext: 'yes' },
    },
    others: {
        'use of enc': { use: 'enc' },
        'use in another case': { use: 'SIG' },
        'use of null': { use: null },
        'use of a list': { use: ['sig'] },
        'an empty use': { use: '' },
        'key_ops of sign': { key_ops: ['sign'] },
        'key_ops of nothing': { key_ops: [] },
        'key_ops of null': { key_ops: null },
        'key_ops that is no list': { key_ops: 'verify' },
        'key_ops of another case': { key_ops: ['Verify'] },
        'key_ops of verify twice': { key_ops: ['verify', 'verify'] },
        'key_ops of verify and a number': { key_ops: ['verify', 1] },
        'use of enc, key_ops of verify': { use: 'enc', key_ops: ['verify'] },
        'alg of none': { alg: 'none' },
        'alg of an HMAC': { alg: 'HS256' },
        'alg of encryption': { alg: 'RSA-OAEP' },
        'alg of null': { alg: null },
        'alg of a number': { alg: 1 },
        'an empty alg': { alg: '' },
        'kty in another case': (jwk) => ({ kty: jwk.kty.toLowerCase() }),
        'kty in a list': (jwk) => ({ kty: [jwk.kty] }),
        'kty of null': { kty: null },
        'kty of oct': { kty: 'oct', k: 'AAAA' },
        'kty of AKP': { kty: 'AKP', pub: 'AAAA' },
        'another kid': { kid: 'other' },
        'no kid': { kid: undefined },
        'kid of a number': { kid: 1 },
        'kid in a list': { kid: [kid] },
        'kid in another case': { kid: kid.toUpperCase() },
        'an empty private member': { d: '' },
        'a symmetric member': { k: 'AAAA' },
        'a private member of RSA': { p: 'AAAA' },
        oth: { oth: [] },
    },
};

const negated = (text, jwk) => {
    const primes = {
        'P-256': 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
        'P-384': 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
        'P-521': 2n ** 521n - 1n,
    };
    const y = BigInt(`0x${bytesOf(text).toString('hex')}`);
    return encode(toBytes(primes[jwk.crv] - y, halfSize[jwk.crv]));
};

function numbers(jwk) {
    const [one] = { RSA: ['n'], EC: ['x'], OKP: ['x'] }[jwk.kty];
    const value = jwk[one];
    const raw = bytesOf(value);
    const cut = encode(raw.subarray(0, -1));
    const common = {
        'a number that is missing': { [one]: undefined },
        'a number of null': { [one]: null },
        'a number that is no string': { [one]: 65537 },
        'a number without digits': { [one]: '' },
        'a number cut off': { [one]: cut },
        'a number with a byte more': { [one]: encode(Buffer.concat([raw, Buffer.of(0)])) },
        'a number in the alphabet of base64': {
            [one]: (value[0] === '-' ? '/' : '+') + value.slice(1),
        },
        'a number with a strange character': { [one]: `${value.slice(0, -1)}*` },
        'a number with one bit changed': {
            [one]: encode(Buffer.from(raw).fill(raw.at(9) ^ 4, 9, 10)),
        },
    };
    if (jwk.kty === 'RSA') {
        return {
            ...common,
            'an exponent of 1': { e: 'AQ' },
            'an exponent of 0': { e: 'AA' },
            'an exponent of 2': { e: 'Ag' },
            'an even exponent': { e: 'AQAA' },
            'an exponent of 3 in place of its own': { e: 'Aw' },
            'an exponent as large as the modulus': { e: value },
            'no exponent': { e: undefined },
            'an even modulus': {
                n: encode(Buffer.from(raw).fill(raw.at(-1) & 0xfe, raw.length - 1)),
            },
        };
    }
    const point = {
        ...common,
        'an unknown curve': { crv: 'P-999' },
        'a curve in another case': { crv: jwk.crv.toLowerCase() },
        'no curve': { crv: undefined },
        'a curve for other purposes': { crv: jwk.kty === 'OKP' ? 'X25519' : 'secp256k1' },
        'a larger curve': {
            crv: jwk.kty === 'OKP' ? 'Ed448' : ({ 'P-256': 'P-384' }[jwk.crv] ?? 'P-256'),
        },
    };
    if (jwk.kty === 'EC') {
        const zero = encode(Buffer.alloc(halfSize[jwk.crv]));
        Object.assign(point, {
            'coordinates the wrong way round': { x: jwk.y, y: jwk.x },
            'a point at zero': { x: zero, y: zero },
            'a point on the other side': { y: negated(jwk.y, jwk) },
            'a point beside the curve': { y: jwk.x },
            'no y': { y: undefined },
            'a coordinate with a zero before it': {
                x: encode(Buffer.concat([Buffer.of(0), raw])),
                y: encode(Buffer.concat([Buffer.of(0), bytesOf(jwk.y)])),
            },
        });
    }
    return point;
}

// The same number, written as strict base64url or JWK's rules have it not.
function looseNumbers(jwk) {
    if (jwk.kty !== 'RSA') {
        return {};
    }
    return {
        'a modulus with padding': { n: `${jwk.n}==` },
        'a modulus with white space': { n: ` ${jwk.n.slice(0, 9)}\n${jwk.n.slice(9)}` },
    };
}

function* oneKey(key) {
    const { alg, privateKey, jwk } = key;
    const jws = compact(alg, privateKey, JSON.stringify({ alg, kid }), payload);
    const withMembers = (more) => ({ keys: [{ ...jwk, kid, ...more }] });

    for (const [name, more] of Object.entries(members.valid)) {
        yield { name, keySet: withMembers(more), jws, valid: true };
    }
    yield { name: 'alg', keySet: withMembers({ alg }), jws, valid: true };
    for (const [name, more] of Object.entries(members.others)) {
        yield { name, keySet: withMembers(typeof more === 'function' ? more(jwk) : more), jws };
    }
    for (const other of names.filter((made) => made !== alg)) {
        yield { name: 'alg of another signature', keySet: withMembers({ alg: other }), jws };
    }
    for (const [name, more] of Object.entries({ ...numbers(jwk), ...looseNumbers(jwk) })) {
        yield { name, keySet: withMembers(more), jws };
    }
    if (jwk.kty === 'RSA') {
        const zero = encode(Buffer.concat([Buffer.of(0), bytesOf(jwk.n)]));
        const padded = { 'a modulus': { n: zero }, 'an exponent': { e: 'AAEAAQ' } };
        for (const [name, more] of Object.entries(padded)) {
            yield {
                name: `${name} with a zero before it`,
                keySet: withMembers(more),
                jws,
                valid: true,
            };
        }
    }
    yield { name: 'the private key', keySet: { keys: [{ ...key.privateJwk, kid }] }, jws };

    // names of algorithms, for a key that says nothing about them
    for (const other of names.filter((made) => made !== alg)) {
        const same = algorithms[other].kind === 'ed25519' && algorithms[alg].kind === 'ed25519';
        const token = compact(alg, privateKey, JSON.stringify({ alg: other, kid }), payload);
        const name = same
            ? 'the other name of Ed25519'
            : 'a token in the name of another signature';
        yield { name, keySet: withMembers({}), jws: token, valid: same };
    }
}

function* severalKeys(key, keys) {
    const { alg, privateKey, jwk, thief } = key;
    const token = (header) => compact(alg, privateKey, JSON.stringify({ alg, ...header }), payload);
    const jws = token({ kid });
    const right = { ...jwk, kid };
    const wrong = { ...thief.jwk, kid };
    const others = names
        .map((name) => keys[name].jwk)
        .filter((other) => other.kty !== jwk.kty || other.crv !== jwk.crv)
        .map((other) => ({ ...other, kid }));
    const another = { ...others[0], kid: 'other' };
    const set = (...made) => ({ keys: made });

    const nameless = { ...right, kid: undefined };
    const elsewhere = { ...right, kid: 'x' };

    const named = (name, keySet, valid = false) => ({ name, keySet, jws, valid });
    yield named('only keys of other kinds with its kid', set(...others));
    yield named('keys of other kinds with its kid', set(...others, right), true);
    yield named('a wrong key with its kid', set(wrong));
    yield named('a wrong key with its kid, the right one with another', set(wrong, elsewhere));
    yield named('two keys with its kid, the right one last', set(wrong, right), true);
    yield named('two keys with its kid, the right one first', set(right, wrong), true);
    yield named('the right key twice', set(right, right), true);
    yield named(
        'keys with its kid, one for signatures',
        set({ ...wrong, use: 'enc' }, right),
        true,
    );
    yield named('many wrong keys with its kid', set(...Array(5).fill(wrong), right));

    const unnamed = (name, keySet, valid = false) => ({ name, keySet, jws: token({}), valid });
    yield unnamed('no kid, and one key that fits', set(nameless, another), true);
    yield unnamed('no kid, and two keys that fit', set(right, { ...wrong, kid: 'x' }));
    yield unnamed('no kid, and a wrong key that fits', set(wrong));
    yield unnamed('no kid, and a key with kid of null', set({ ...right, kid: null }));

    const called = (name, id, valid = false) => ({
        name,
        keySet: set({ ...right, kid: id }),
        jws: token({ kid: id }),
        valid,
    });
    yield called('an empty kid of both', '');
    yield called('a kid of 256 bytes', 'k'.repeat(256), true);
    yield called('a kid of 257 bytes', 'k'.repeat(257));
    yield called('a kid with NUL', 'a\0b');
    for (const odd of [
        '../../x',
        "' OR 1",
        'Schlüssel',
        '\u{1f511}',
        ' ',
        '%00',
        'a.b',
        '__proto__',
    ]) {
        yield called('a kid of odd characters', odd, true);
    }

    const unusable = [{ kty: 'x' }, {}, { ...right, kid: 'y', use: 'enc' }];
    yield named('unusable keys beside it', set(...unusable, right), true);
    for (const entry of [null, 'key', 1, []]) {
        yield named('an entry that is no object beside it', set(entry, right), true);
    }
    const unknown = Array.from({ length: 100 }, (_, i) => ({ kty: 'x', kid: `x${i}` }));
    yield named('100 entries', set(...unknown.slice(1), right), true);
    yield named('101 entries', set(...unknown, right));
    yield named('more members round the keys', { ...set(right), x: [1], keys_: null }, true);
    const shapes = [
        {},
        { keys: null },
        { keys: {} },
        { keys: [] },
        { keys: 'x' },
        { keys: [[right]] },
        { Keys: [right] },
        right,
    ];
    for (const shape of shapes) {
        yield named('a set of another shape', shape);
    }
}

// Keys of sizes and kinds that no algorithm has.
function* oddKeys() {
    const token = (alg, key) => compact(alg, key.privateKey, JSON.stringify({ alg, kid }), payload);
    const made = (alg, name, key, jwk, valid = false) => ({
        alg,
        name,
        keySet: { keys: [{ ...jwk, kid }] },
        jws: token(alg, key),
        valid,
    });
    for (const alg of ['RS256', 'PS256']) {
        for (const bits of [1024, 2047, 2048, 2049, 3072]) {
            const key = makeKey(alg, { bits });
            const name = `RSA of ${bits < 2048 ? 'less than 2048 bits' : '2048 bits or more'}`;
            yield made(alg, name, key, key.jwk, bits >= 2048);
        }
    }
    for (const alg of ['ES256', 'ES384', 'ES512']) {
        const right = algorithms[alg].curve;
        for (const curve of ['P-256', 'P-384', 'P-521', 'secp256k1'].filter(
            (name) => name !== right,
        )) {
            const key = makeKey(alg, { curve });
            yield made(alg, 'a key of another curve', key, key.jwk);
            yield made(alg, 'a key of another curve', key, { ...key.jwk, crv: right });
        }
    }
    // with an exponent of 1 a signature is its own message
    const key = makeKey('RS256');
    const input = `${encode(JSON.stringify({ alg: 'RS256', kid }))}.${encode(payload)}`;
    const info = Buffer.concat([
        Buffer.from('3031300d060960864801650304020105000420', 'hex'),
        createHash('sha256').update(input).digest(),
    ]);
    const padding = Buffer.alloc(256 - 3 - info.length, 0xff);
    const block = Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), info]);
    yield {
        ...made('RS256', 'a forgery for an exponent of 1', key, { ...key.jwk, e: 'AQ' }),
        jws: `${input}.${encode(block)}`,
    };
}

export function* keyMutations(keys) {
    let count = 0;
    const named = ({ name, alg, ...made }, usual) => {
        count += 1;
        return { alg: alg ?? usual, set: `keys ${count}`, ...made, name: `keys: ${name}` };
    };
    for (const alg of names) {
        for (const made of [...oneKey(keys[alg]), ...severalKeys(keys[alg], keys)]) {
            yield named(made, alg);
        }
    }
    for (const made of oddKeys()) {
        yield named(made);
    }
}
