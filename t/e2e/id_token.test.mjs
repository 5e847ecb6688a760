// ID tokens that are wrong in one way each: no session, and the reason's word in the log; and those that
// are right in spite of it. They come from the hostile provider; all else of each login is right.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { encode } from '../op/jwt.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { atEnd } from './cleanup.mjs';
import { startClock } from './clock.mjs';
import { identityOf } from './conf.mjs';
import { assertNoSession, hostileLogin, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const site = await startSite({ provider: hostile, settings: { timeout: '5s' } });

const now = () => Math.floor(Date.now() / 1000);
const set = (changes) => ({ claims: (claims) => ({ ...claims, ...changes }) });
const drop = (...names) => ({
    claims: (claims) =>
        Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name))),
});
const header = (changes) => ({ header: (fields) => ({ ...fields, ...changes }) });
const rawClaims = (change) => ({ claims: (claims) => change(JSON.stringify(claims)) });
const token = (change) => ({ token: change });
const stranger = signingKey('RS256', 'snk_1');
const publicPem = hostile.key.publicKey.export({ type: 'spki', format: 'pem' });
const resigned = (change) => ({ token: (compactToken) => change(compactToken.split('.')) });

const refused = {
    'iss of another provider': [set({ iss: 'https://elsewhere.example' }), 'issuer_mismatch'],
    'iss with a slash at its end': [set({ iss: `${hostile.issuer}/` }), 'issuer_mismatch'],
    'iss in upper case': [set({ iss: hostile.issuer.toUpperCase() }), 'issuer_mismatch'],
    'no iss': [drop('iss'), 'issuer_mismatch'],
    'iss as an array': [set({ iss: [hostile.issuer] }), 'issuer_mismatch'],
    'aud of another client': [set({ aud: 'skc_2002' }), 'audience_mismatch'],
    'aud of another client in an array': [set({ aud: ['skc_2002'] }), 'audience_mismatch'],
    'aud that only begins like ours': [set({ aud: ['skc_10011'] }), 'audience_mismatch'],
    'empty aud': [set({ aud: [] }), 'audience_mismatch'],
    'no aud': [drop('aud'), 'audience_mismatch'],
    'an extra aud that is not trusted': [
        set({ aud: ['skc_1001', 'skc_2002'] }),
        'audience_untrusted',
    ],
    'aud with a number in it': [set({ aud: ['skc_1001', 1] }), 'audience_untrusted'],
    'azp of another client': [set({ azp: 'skc_2002' }), 'authorized_party_mismatch'],
    'azp as a number': [set({ azp: 1 }), 'authorized_party_mismatch'],
    'exp in the past': [set({ exp: now() - 120 }), 'token_expired'],
    'exp of zero': [set({ exp: 0 }), 'token_expired'],
    'negative exp': [set({ exp: -1 }), 'claims_malformed'],
    'no exp': [drop('exp'), 'claims_malformed'],
    'exp as text': [set({ exp: String(now() + 600) }), 'claims_malformed'],
    'exp of null': [set({ exp: null }), 'claims_malformed'],
    'exp of 1e300': [
        rawClaims((text) => text.replace(/"exp":\d+/, '"exp":1e300')),
        'claims_malformed',
    ],
    'exp of 1e999': [
        rawClaims((text) => text.replace(/"exp":\d+/, '"exp":1e999')),
        'claims_malformed',
    ],
    'iat in the future': [set({ iat: now() + 3600 }), 'issued_at_invalid'],
    'no iat': [drop('iat'), 'issued_at_invalid'],
    'iat as text': [set({ iat: 'now' }), 'issued_at_invalid'],
    'nbf in the future': [set({ nbf: now() + 3600 }), 'token_not_yet_valid'],
    'nonce of another login': [set({ nonce: 'x'.repeat(43) }), 'nonce_mismatch'],
    'nonce with one more character': [
        { claims: (claims) => ({ ...claims, nonce: `${claims.nonce}A` }) },
        'nonce_mismatch',
    ],
    'nonce in upper case': [
        { claims: (claims) => ({ ...claims, nonce: claims.nonce.toUpperCase() }) },
        'nonce_mismatch',
    ],
    'no nonce': [drop('nonce'), 'nonce_mismatch'],
    'no sub': [drop('sub'), 'subject_missing'],
    'empty sub': [set({ sub: '' }), 'subject_missing'],
    'sub as a number': [set({ sub: 7 }), 'subject_missing'],
    'sub longer than 255 characters': [set({ sub: 's'.repeat(256) }), 'subject_missing'],
    'sub with NUL in it': [set({ sub: 'conn_hooli;gavin\u0000x' }), 'claims_malformed'],
    'at_hash of another token': [set({ at_hash: 'A'.repeat(22) }), 'at_hash_mismatch'],
    'empty at_hash': [set({ at_hash: '' }), 'at_hash_mismatch'],
    'at_hash as a number': [set({ at_hash: 1 }), 'at_hash_mismatch'],
    'c_hash of another code': [set({ c_hash: 'A'.repeat(22) }), 'c_hash_mismatch'],
    'oid of another organization': [set({ oid: 'org_222' }), 'organization_mismatch'],
    'no oid': [drop('oid'), 'organization_mismatch'],
    'oid as an array': [set({ oid: ['org_111'] }), 'organization_mismatch'],

    'alg none without a signature': [
        { ...header({ alg: 'none' }), by: { alg: 'none' } },
        'algorithm_not_allowed',
    ],
    'alg None': [{ ...header({ alg: 'None' }), by: { alg: 'none' } }, 'algorithm_not_allowed'],
    'alg none with the honest signature': [header({ alg: 'none' }), 'algorithm_not_allowed'],
    'alg nOnE': [header({ alg: 'nOnE' }), 'algorithm_not_allowed'],
    'HS256 with the public key as secret': [
        { ...header({ alg: 'HS256' }), by: { alg: 'HS256', key: publicPem } },
        'algorithm_not_allowed',
    ],
    'HS256 with the client secret': [
        { ...header({ alg: 'HS256' }), by: { alg: 'HS256', key: hostile.client.secret } },
        'algorithm_not_allowed',
    ],
    'HS256 with an empty secret': [
        { ...header({ alg: 'HS256' }), by: { alg: 'HS256', key: '' } },
        'algorithm_not_allowed',
    ],
    'RS512 under a key published for RS256': [
        { ...header({ alg: 'RS512' }), by: { alg: 'RS512', key: hostile.key.privateKey } },
        'algorithm_not_allowed',
    ],
    'PS256 under a key published for RS256': [
        { ...header({ alg: 'PS256' }), by: { alg: 'PS256', key: hostile.key.privateKey } },
        'algorithm_not_allowed',
    ],
    'ES256 under an RSA key': [header({ alg: 'ES256' }), 'algorithm_not_allowed'],
    'alg in lower case': [header({ alg: 'rs256' }), 'algorithm_not_allowed'],
    'alg with a space': [header({ alg: 'RS256 ' }), 'algorithm_not_allowed'],
    'no alg': [header({ alg: undefined }), 'header_invalid'],
    'alg as an array': [header({ alg: ['RS256'] }), 'header_invalid'],
    'alg as a number': [header({ alg: 256 }), 'header_invalid'],
    crit: [header({ crit: ['exp'], exp: now() + 60 }), 'critical_header'],
    'empty crit': [header({ crit: [] }), 'critical_header'],
    'b64 of false': [header({ b64: false, crit: ['b64'] }), 'critical_header'],
    'typ of an access token': [header({ typ: 'at+jwt' }), 'token_type_mismatch'],
    'typ of a logout token': [header({ typ: 'logout+jwt' }), 'token_type_mismatch'],
    'typ as a number': [header({ typ: 1 }), 'header_invalid'],
    'kid as a number': [header({ kid: 1 }), 'header_invalid'],
    'kid longer than any': [header({ kid: 'k'.repeat(5000) }), 'header_invalid'],
    'an enc header': [header({ enc: 'A256GCM' }), 'header_invalid'],
    'a header that is an array': [{ header: () => '["RS256"]' }, 'header_invalid'],
    'a header with alg twice': [
        { header: (fields) => `{"alg":"none",${JSON.stringify(fields).slice(1)}` },
        'header_invalid',
    ],
    'a key that nobody published': [
        { ...header({ kid: 'snk_1' }), by: { alg: 'RS256', key: stranger.privateKey } },
        'key_unknown',
    ],
    "a stranger's key under our kid": [
        { by: { alg: 'RS256', key: stranger.privateKey } },
        'signature_invalid',
    ],
    "a stranger's key in the jwk header": [
        { ...header({ jwk: stranger.publicJwk }), by: { alg: 'RS256', key: stranger.privateKey } },
        'signature_invalid',
    ],
    "a stranger's key behind jku": [
        {
            ...header({ jku: `${hostile.url}/other/keys`, kid: hostile.key.kid }),
            by: { alg: 'RS256', key: stranger.privateKey },
        },
        'signature_invalid',
    ],
    "a stranger's key behind x5u": [
        {
            ...header({ x5u: `${hostile.url}/other/x5u` }),
            by: { alg: 'RS256', key: stranger.privateKey },
        },
        'signature_invalid',
    ],

    'claims that are an array': [{ claims: () => '[1]' }, 'claims_malformed'],
    'claims that are text': [{ claims: () => '"claims"' }, 'claims_malformed'],
    'claims that are no JSON': [{ claims: () => '{"iss":' }, 'claims_malformed'],
    'claims with something after them': [rawClaims((text) => `${text}{}`), 'claims_malformed'],
    'sub twice': [
        rawClaims((text) => `{"sub":"conn_hooli;admin",${text.slice(1)}`),
        'claims_malformed',
    ],
    'claims that are not UTF-8': [
        {
            claims: (claims) =>
                Buffer.concat([
                    Buffer.from(`{"x":"`),
                    Buffer.from([0xff, 0xfe]),
                    Buffer.from(`",${JSON.stringify(claims).slice(1)}`),
                ]),
        },
        'claims_malformed',
    ],
    'claims nested very deep': [
        rawClaims((text) => `{"x":${'['.repeat(5000)}${']'.repeat(5000)},${text.slice(1)}`),
        'claims_malformed',
    ],

    'two parts': [resigned(([head, payload]) => `${head}.${payload}`), 'token_malformed'],
    'an empty signature': [
        resigned(([head, payload]) => `${head}.${payload}.`),
        'signature_invalid',
    ],
    'four parts': [resigned((parts) => `${parts.join('.')}.AAAA`), 'token_malformed'],
    'five parts': [resigned((parts) => `${parts.join('.')}.AAAA.AAAA`), 'token_malformed'],
    'very many dots': [token(() => '.'.repeat(100_000)), 'token_response_invalid'],
    padding: [token((text) => `${text}==`), 'token_malformed'],
    'a line feed at the end': [token((text) => `${text}\n`), 'token_malformed'],
    'a space in front': [token((text) => ` ${text}`), 'token_malformed'],
    'plain base64 instead of base64url': [
        resigned(
            ([head, payload, signature]) =>
                `${head}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}+`,
        ),
        'token_malformed',
    ],
    'a longer signature': [token((text) => `${text}AAAA`), 'signature_invalid'],
    'a signature of 16 KB': [
        resigned(([head, payload]) => `${head}.${payload}.${'A'.repeat(16_384)}`),
        'token_too_large',
    ],
    'a megabyte': [token((text) => text + 'A'.repeat(1 << 20)), 'token_request_failed'],
    'another payload under the same signature': [
        resigned(
            ([head, payload, signature]) =>
                `${head}.${encode({ ...JSON.parse(Buffer.from(payload, 'base64url')), sub: 'admin' })}.${signature}`,
        ),
        'signature_invalid',
    ],
    'the JSON serialisation': [
        resigned(([head, payload, signature]) =>
            JSON.stringify({ payload, signatures: [{ protected: head, signature }] }),
        ),
        'token_malformed',
    ],

    'no ID token': [
        { tokens: (answer) => ({ ...answer, id_token: undefined }) },
        'token_response_invalid',
    ],
    'an ID token that is a number': [
        { tokens: (answer) => ({ ...answer, id_token: 5 }) },
        'token_response_invalid',
    ],
    'two ID tokens': [
        { tokens: (answer) => `{"id_token":"x.y.z",${JSON.stringify(answer).slice(1)}` },
        'token_response_invalid',
    ],
    'another token type': [
        { tokens: (answer) => ({ ...answer, token_type: 'MAC' }) },
        'token_response_invalid',
    ],
    'a token response that is an array': [
        { tokens: (answer) => JSON.stringify([answer]) },
        'token_response_invalid',
    ],
};

for (const [what, [lies, reason]] of Object.entries(refused)) {
    test(`an ID token with ${what} makes no session`, async () => {
        const browser = site.browser();
        const count = site.nginx.refusals().length;
        const response = await hostileLogin(site, browser, lies);
        assert.ok(
            response.status >= 400 && response.status < 600 && response.status !== 500,
            `status ${response.status}`,
        );
        assertNoSession(site, response);
        assert.equal(await site.nginx.reasonAfter(count), reason);
        assert.equal((await browser.script(site.url('/'))).status, 401);
    });
}

test('ID tokens under one unknown kid after the other cause one key fetch in a cool-down', async () => {
    const provider = await startHostile();
    atEnd(() => provider.close());
    const clock = startClock();
    const other = await startSite({ provider, workers: 2, wrap: clock.wrap });
    assert.equal((await hostileLogin(other, other.browser())).status, 302);
    const before = provider.counts.keys;
    const nobody = (kid) => ({ ...header({ kid }), by: { alg: 'RS256', key: stranger.privateKey } });
    for (const cool of [1, 2]) {
        for (let index = 0; index < 10; index += 1) {
            const count = other.nginx.refusals().length;
            await hostileLogin(other, other.browser(), nobody(`snk_${cool}_${index}`));
            assert.equal(await other.nginx.reasonAfter(count), 'key_unknown');
        }
        assert.equal(provider.counts.keys, before + cool);
        clock.forward(10_000);
    }
});

test('jku, x5u and their like cause no request anywhere', () => {
    assert.equal(hostile.counts.other ?? 0, 0);
});

const accepted = {
    'aud as an array of one': set({ aud: ['skc_1001'] }),
    'aud as text': set({ aud: 'skc_1001' }),
    'no azp': drop('azp'),
    'no at_hash and no c_hash': drop('at_hash', 'c_hash'),
    'fractional times': {
        claims: (claims) => ({ ...claims, exp: claims.exp + 0.5, iat: claims.iat - 0.25 }),
    },
    'an exp after 2038': set({ exp: 5_000_000_000 }),
    'an exp just past, within the skew': { claims: (claims) => ({ ...claims, exp: now() - 1 }) },
    'claims nobody knows': set({ unknown: { deep: [1, null, true] }, amr_values: ['pwd'] }),
    'no typ': header({ typ: undefined }),
    'a token type in another case': { tokens: (answer) => ({ ...answer, token_type: 'bEARER' }) },
    'no expires_in': { tokens: (answer) => ({ ...answer, expires_in: undefined }) },
    'no kid while one key is published': header({ kid: undefined }),
};

for (const [what, lies] of Object.entries(accepted)) {
    test(`an ID token with ${what} is accepted`, async () => {
        const browser = site.browser();
        const response = await hostileLogin(site, browser, lies, '/ok?x=1');
        assert.equal(response.status, 302, response.text.slice(0, 400));
        assert.equal(new URL(response.location, site.url()).href, site.url('/ok?x=1'));
        assert.equal(
            identityOf((await browser.script(site.url('/'))).json).sub,
            'conn_hooli;gavin',
        );
    });
}

const withoutHashes = ({ at_hash: _, c_hash: __, ...claims }) => claims;

for (const alg of ['PS256', 'ES256', 'ES384', 'EdDSA']) {
    test(`an ID token signed by ${alg} is accepted`, async () => {
        const key = signingKey(alg);
        hostile.publish(hostile.key.publicJwk, key.publicJwk, { kty: 'unknown', kid: 'other' });
        const other = await startSite({ provider: hostile });
        const response = await hostileLogin(other, other.browser(), {
            header: () => ({ alg, kid: key.kid }),
            claims: withoutHashes,
            by: { alg, key: key.privateKey },
        });
        hostile.honest();
        assert.equal(response.status, 302, response.text.slice(0, 400));
    });
}
