// Keys, and signatures made with node:crypto alone, so that every part of a token can be wrong.

import { constants, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto';

export const encode = (part) => Buffer.from(part).toString('base64url');

const hash = (bits) => `sha${bits}`;
const rsa = (bits) => ({ kind: 'rsa', hash: hash(bits), size: bits / 8 });
const ec = (curve, bits) => ({ kind: 'ec', curve, hash: hash(bits) });
const okp = { kind: 'ed25519' };

// The names in RFC 7518, RFC 8037 and RFC 9864 that the module knows, and no others.
export const algorithms = {
    RS256: rsa(256),
    RS384: rsa(384),
    RS512: rsa(512),
    PS256: { ...rsa(256), pss: true },
    PS384: { ...rsa(384), pss: true },
    PS512: { ...rsa(512), pss: true },
    ES256: ec('P-256', 256),
    ES384: ec('P-384', 384),
    ES512: ec('P-521', 512),
    EdDSA: okp,
    Ed25519: okp,
};
export const names = Object.keys(algorithms);

export const halfSize = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

export const curveOrder = {
    'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    'P-384': BigInt(
        '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf' +
            '581a0db248b0a77aecec196accc52973',
    ),
    'P-521': BigInt(
        `0x1ff${'f'.repeat(62)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
    ),
};
export const ed25519Order = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;

export const toNumber = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
export const toBytes = (number, size) =>
    Buffer.from(number.toString(16).padStart(2 * size, '0'), 'hex');

// A key pair for an algorithm, with its bare public JWK.
export function makeKey(alg, { bits = 2048, curve } = {}) {
    const { kind, curve: usual } = algorithms[alg];
    const pair = generateKeyPairSync(kind, {
        modulusLength: bits,
        namedCurve: curve ?? usual,
    });
    return {
        alg,
        privateKey: pair.privateKey,
        publicKey: pair.publicKey,
        jwk: pair.publicKey.export({ format: 'jwk' }),
        privateJwk: pair.privateKey.export({ format: 'jwk' }),
    };
}

// The signature of JWS over `input`. `saltLength` and `hash` may be others than the algorithm's.
export function signature(alg, privateKey, input, { saltLength, hash } = {}) {
    const { kind, pss, hash: usual, size } = algorithms[alg];
    const key = { key: privateKey };
    if (pss) {
        key.padding = constants.RSA_PKCS1_PSS_PADDING;
        key.saltLength = saltLength ?? size;
    } else if (kind === 'ec') {
        key.dsaEncoding = 'ieee-p1363';
    }
    return sign(kind === 'ed25519' ? null : (hash ?? usual), Buffer.from(input), key);
}

// The RSA operation on a block that has the size of the modulus.
export const rawRsa = (privateKey, block) =>
    privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block);

// What an ECDSA signature is in certificates: a DER sequence of two integers.
export const derSignature = (alg, privateKey, input) =>
    sign(algorithms[alg].hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'der' });

// A compact JWS of segments that are already encoded, as it would be signed.
export function seal(alg, privateKey, header, payload, options) {
    const input = `${header}.${payload}`;
    return `${input}.${signature(alg, privateKey, input, options).toString('base64url')}`;
}

// Of texts or bytes.
export const compact = (alg, privateKey, header, payload, options) =>
    seal(alg, privateKey, encode(header), encode(payload), options);
