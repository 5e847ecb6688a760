// Signing keys in the form Scalekit publishes: RS256, kid "snk_<digits>". Other algorithms for the
// hostile provider.

import { generateKeyPairSync, randomInt } from 'node:crypto';

const generators = {
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
};

export function signingKey(alg = 'RS256', kid = `snk_${randomInt(10 ** 13, 10 ** 14)}`) {
    const { publicKey, privateKey } = generators[alg]();
    const names = { use: 'sig', alg, kid };
    return {
        alg,
        kid,
        publicKey,
        privateKey,
        publicJwk: { ...publicKey.export({ format: 'jwk' }), ...names },
        privateJwk: { ...privateKey.export({ format: 'jwk' }), ...names },
    };
}
