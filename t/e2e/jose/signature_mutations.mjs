// The bytes of signatures that are not quite right, or right against expectation (`valid`).

import { createHash } from 'node:crypto';

import {
    algorithms,
    curveOrder,
    derSignature,
    ed25519Order,
    halfSize,
    rawRsa,
    signature,
    toBytes,
    toNumber,
} from './signatures.mjs';

const zeros = (size) => Buffer.alloc(size);
const join = (...parts) => Buffer.concat(parts);

function* ofAnyKind(good) {
    yield { name: 'as it should be', bytes: good, valid: true };
    for (let i = 0; i < good.length; i += 1) {
        const flipped = Buffer.from(good);
        flipped[i] ^= 1 << ((5 * i) % 8);
        yield { name: 'one bit of every byte', bytes: flipped };
    }
    for (let size = 0; size < good.length; size += good.length > 150 ? 16 : 4) {
        yield { name: 'cut off behind', bytes: good.subarray(0, size) };
        yield { name: 'cut off before', bytes: good.subarray(good.length - size) };
    }
    yield { name: 'without its last byte', bytes: good.subarray(0, -1) };
    yield { name: 'without its first byte', bytes: good.subarray(1) };
    for (const more of [zeros(1), Buffer.of(0xff), zeros(16), good, zeros(4096)]) {
        yield { name: 'with more behind it', bytes: join(good, more) };
        yield { name: 'with more before it', bytes: join(more, good) };
    }
    yield { name: 'zeros', bytes: zeros(good.length) };
    yield { name: 'ones', bytes: Buffer.alloc(good.length, 0xff) };
    yield { name: 'the number one', bytes: join(zeros(good.length - 1), Buffer.of(1)) };
    yield { name: 'backwards', bytes: Buffer.from(good).reverse() };
    yield { name: 'as text', bytes: Buffer.from(good.toString('base64url')) };
    yield { name: 'as hexadecimal digits', bytes: Buffer.from(good.toString('hex')) };
}

function* ofEcdsa({ alg, privateKey }, input, good) {
    const { curve } = algorithms[alg];
    const half = halfSize[curve];
    const n = curveOrder[curve];
    const r = good.subarray(0, half);
    const s = good.subarray(half);
    const zero = zeros(half);
    const one = toBytes(1n, half);

    // RFC 7518 asks for no low S: whoever has a signature has its twin
    yield {
        name: 'the order minus S',
        bytes: join(r, toBytes(n - toNumber(s), half)),
        valid: true,
    };
    yield { name: 'the order minus R', bytes: join(toBytes(n - toNumber(r), half), s) };
    yield { name: 'S and R', bytes: join(s, r) };
    for (const [a, b] of [
        [zero, s],
        [r, zero],
        [zero, zero],
        [one, one],
        [one, zero],
        [zero, one],
    ]) {
        yield { name: 'halves of zero and one', bytes: join(a, b) };
    }
    for (const number of [n - 1n, n, n + 1n, (1n << BigInt(8 * half)) - 1n]) {
        yield { name: 'halves round the order', bytes: join(toBytes(number, half), s) };
        yield { name: 'halves round the order', bytes: join(r, toBytes(number, half)) };
    }
    if (curve === 'P-521') {
        // the one field in whose bytes there is room
        yield { name: 'R plus the order', bytes: join(toBytes(toNumber(r) + n, half), s) };
        yield { name: 'S plus the order', bytes: join(r, toBytes(toNumber(s) + n, half)) };
    }
    yield { name: 'DER', bytes: derSignature(alg, privateKey, input) };
    yield { name: 'halves with a zero before them', bytes: join(zeros(1), r, zeros(1), s) };
    yield { name: 'halves with a zero behind them', bytes: join(r, zeros(1), s, zeros(1)) };
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'].filter(
        (name) => name !== algorithms[alg].hash,
    )) {
        yield { name: 'another digest', bytes: signature(alg, privateKey, input, { hash }) };
    }
}

const digestNames = {
    // DigestInfo of RFC 8017 section 9.2, with and without NULL parameters
    sha256: ['3031300d060960864801650304020105000420', '302f300b06096086480165030402010420'],
    sha384: ['3041300d060960864801650304020205000430', '303f300b06096086480165030402020430'],
    sha512: ['3051300d060960864801650304020305000440', '304f300b06096086480165030402030440'],
};

function* ofRsa({ alg, privateKey, jwk }, input, good) {
    const { hash, pss, size } = algorithms[alg];
    const n = toNumber(Buffer.from(jwk.n, 'base64url'));
    const number = toNumber(good);
    const length = good.length;

    for (const made of [0n, 1n, n - 1n, n, n + 1n, n - number]) {
        yield {
            name: 'numbers round the modulus',
            bytes: toBytes(made % (1n << BigInt(8 * length)), length),
        };
    }
    if (number + n < 1n << BigInt(8 * length)) {
        yield { name: 'plus the modulus', bytes: toBytes(number + n, length) };
    }
    yield { name: 'plus the modulus, a byte longer', bytes: toBytes(number + n, length + 1) };
    for (const other of ['sha1', 'sha256', 'sha384', 'sha512'].filter((name) => name !== hash)) {
        yield {
            name: 'another digest',
            bytes: signature(alg, privateKey, input, { hash: other, saltLength: 20 }),
        };
    }

    const twin = `${pss ? 'RS' : 'PS'}${alg.slice(2)}`;
    yield { name: 'the other padding', bytes: signature(twin, privateKey, input) };
    if (pss) {
        for (const saltLength of [0, 1, 8, 20, size - 1, size + 1, 2 * size, length - size - 2]) {
            if (saltLength !== size) {
                yield {
                    name: 'a salt of another length',
                    bytes: signature(alg, privateKey, input, { saltLength }),
                };
            }
        }
        return;
    }

    // blocks of PKCS #1 that were accepted somewhere once
    const digest = createHash(hash).update(input).digest();
    const [proper, withoutNull] = digestNames[hash].map((digits) =>
        join(Buffer.from(digits, 'hex'), digest),
    );
    const block = (type, info, { fill = 0xff, behind = 0 } = {}) =>
        join(
            Buffer.of(0, type),
            Buffer.alloc(length - 3 - info.length - behind, fill),
            Buffer.of(0),
            info,
            Buffer.alloc(behind, 0x42),
        );
    yield {
        name: 'a block made by hand',
        bytes: rawRsa(privateKey, block(1, proper)),
        valid: true,
    };
    const blocks = {
        'no NULL in the block': block(1, withoutNull),
        'no digest name in the block': block(1, digest),
        'a block of type 2': block(2, proper),
        'a block of type 0': block(0, proper, { fill: 0 }),
        'other padding bytes in the block': block(1, proper, { fill: 0xfe }),
        'text behind the digest in the block': block(1, proper, { behind: 32 }),
        'short padding in the block': block(1, proper, { behind: length - 3 - proper.length - 8 }),
        'no padding in the block': block(1, proper, { behind: length - 3 - proper.length }),
        'another digest in the block': block(1, Buffer.from(proper).fill(0, proper.length - 4)),
    };
    for (const [name, made] of Object.entries(blocks)) {
        yield { name, bytes: rawRsa(privateKey, made) };
    }
}

function* ofEd25519({ privateKey }, input, good) {
    const [r, s] = [good.subarray(0, 32), good.subarray(32)];
    const reversed = (bytes) => Buffer.from(bytes).reverse();
    const scalar = toNumber(reversed(s));
    for (let times = 1n; times < 16n; times += 1n) {
        const larger = scalar + times * ed25519Order;
        if (larger < 1n << 256n) {
            yield { name: 'S plus the order', bytes: join(r, reversed(toBytes(larger, 32))) };
        }
    }
    yield {
        name: 'the order minus S',
        bytes: join(r, reversed(toBytes(ed25519Order - scalar, 32))),
    };
    yield { name: 'S of zero', bytes: join(r, zeros(32)) };
    yield { name: 'R of the neutral point', bytes: join(Buffer.of(1), zeros(31), s) };
    yield { name: 'S and R', bytes: join(s, r) };
    yield { name: 'another message', bytes: signature('EdDSA', privateKey, `${input}.`) };
}

const kinds = { rsa: ofRsa, ec: ofEcdsa, ed25519: ofEd25519 };

export function* signatureMutations(key, input) {
    const good = signature(key.alg, key.privateKey, input);
    yield* ofAnyKind(good);
    yield* kinds[algorithms[key.alg].kind](key, input, good);
}
