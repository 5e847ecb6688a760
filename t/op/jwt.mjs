// Compact JWS made by hand, so that every part of it can be wrong. Header and payload may be
// objects, text or bytes.

import { constants, createHash, createHmac, sign } from 'node:crypto';

const raw = (part) =>
    Buffer.isBuffer(part) || typeof part === 'string'
        ? Buffer.from(part)
        : Buffer.from(JSON.stringify(part));

export const encode = (part) => raw(part).toString('base64url');

const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};
const ecdsa = { dsaEncoding: 'ieee-p1363' };

const signers = {
    RS256: (input, key) => sign('sha256', input, key),
    RS384: (input, key) => sign('sha384', input, key),
    RS512: (input, key) => sign('sha512', input, key),
    PS256: (input, key) => sign('sha256', input, { key, ...pss }),
    ES256: (input, key) => sign('sha256', input, { key, ...ecdsa }),
    ES384: (input, key) => sign('sha384', input, { key, ...ecdsa }),
    EdDSA: (input, key) => sign(null, input, key),
    HS256: (input, key) => createHmac('sha256', key).update(input).digest(),
    none: () => Buffer.alloc(0),
};

// `by` says how it is really signed: {alg, key}, whatever the header claims.
export function compact(header, payload, by) {
    const input = `${encode(header)}.${encode(payload)}`;
    return `${input}.${signers[by.alg](Buffer.from(input), by.key).toString('base64url')}`;
}

// at_hash and c_hash of OpenID Connect Core 3.1.3.6: the left half of the digest that goes with the
// algorithm.
export function halfHash(alg, value) {
    const name = alg === 'EdDSA' ? 'sha512' : `sha${alg.slice(2)}`;
    const digest = createHash(name).update(value).digest();
    return digest.subarray(0, digest.length / 2).toString('base64url');
}

export function decode(token) {
    const [header, payload] = token.split('.');
    return {
        header: JSON.parse(Buffer.from(header, 'base64url')),
        claims: JSON.parse(Buffer.from(payload, 'base64url')),
    };
}

// The same token with one bit of its signature turned over. Bits are those of the signature's
// bytes.
export function withFlippedBit(token, bit) {
    const cut = token.lastIndexOf('.') + 1;
    const signature = Buffer.from(token.slice(cut), 'base64url');
    signature[bit >> 3] ^= 0x80 >> (bit & 7);
    return token.slice(0, cut) + signature.toString('base64url');
}
