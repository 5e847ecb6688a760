// Access tokens that a provider signed and that are not right all the same: their JSON, their dates,
// who issued them to whom and for whom.

import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { now } from '../op/access_tokens.mjs';
import { startHostile } from '../op/hostile.mjs';
import { compact, decode, encode } from '../op/jwt.mjs';
import { startApi } from './api.mjs';
import { atEnd } from './cleanup.mjs';
import { jsonTexts } from './jose/json_mutations.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const { mint, accepted, refused } = await startApi(hostile);

// A token whose payload, or header, is this text or these bytes.
const withPayload = (payload) =>
    compact({ alg: 'RS256', kid: hostile.key.kid, typ: 'JWT' }, payload, {
        alg: 'RS256',
        key: hostile.key.privateKey,
    });
const withHeader = (header) =>
    compact(header, decode(mint()).claims, { alg: 'RS256', key: hostile.key.privateKey });

test('claims and headers that are nearly JSON are refused, and odd JSON is read', async () => {
    const { claims, header } = decode(mint());
    for (const { name, text, valid } of jsonTexts({ sub: claims.sub, ...claims })) {
        const token = withPayload(text);
        await (valid ? accepted(token, name) : refused(token, 'claims_malformed', name));
    }
    for (const { name, text, valid } of jsonTexts({ alg: header.alg, ...header })) {
        const token = withHeader(text);
        await (valid ? accepted(token, name) : refused(token, 'header_invalid', name));
    }
});

test('NUL and bad UTF-8 in what is compared never compare equal', async () => {
    const { claims } = decode(mint());
    for (const name of ['iss', 'aud', 'sub', 'oid', 'client_id', 'scope']) {
        for (const tail of ['\\u0000', '\\u0000x', '\xff', '\xc0\x80', '\\ud800']) {
            const value = [claims[name]].flat()[0];
            const text = JSON.stringify({ ...claims, [name]: '@' }).replace(
                '"@"',
                `"${value}${tail}"`,
            );
            await refused(
                withPayload(Buffer.from(text, 'latin1')),
                'claims_malformed',
                `${name}${tail}`,
            );
        }
    }
});

const dates = {
    accepted: {
        'fractions of seconds': { exp: now() + 100.5, iat: now() - 0.5, nbf: now() - 0.25 },
        'exp in the other notation': `"exp":${now() + 1000}.0e0`,
        '2038 and later': { exp: 2 ** 31 },
        'the year 2106': { exp: 2 ** 32 + 1 },
        'the year 9999': { exp: 253402300799 },
        'expired less than a minute ago': { exp: now() - 5 },
        'valid in less than a minute': { nbf: now() + 30, iat: now() + 30 },
        'no nbf': { nbf: undefined },
    },
    token_expired: {
        'expired more than a minute ago': { exp: now() - 61 },
        'expired in 1970': { exp: 0 },
        'expired, written as 1e0': '"exp":1e0',
        'the smallest exp': '"exp":5e-324',
    },
    token_not_yet_valid: {
        'valid in a while': { nbf: now() + 200 },
        'valid in 2038': { nbf: 2 ** 31 },
    },
    issued_at_invalid: {
        'issued in a while': { iat: now() + 200 },
        'issued in text': { iat: String(now()) },
        'issued never': { iat: null },
        'issued before time': { iat: -1 },
    },
    claims_malformed: {
        ...Object.fromEntries(
            [
                ...['1e300', '1e308', '1e999', '-1', '-1e300', '-1e999', '253402300800'],
                ...['9223372036854775807', '9223372036854775808', '18446744073709551616'],
                ...[
                    'null',
                    'true',
                    '[]',
                    '{}',
                    '""',
                    `"${now() + 100}"`,
                    '"never"',
                    '[9999999999]',
                ],
            ].map((value) => [`exp of ${value}`, `"exp":${value}`]),
        ),
        'no exp': { exp: undefined },
        'nbf of 1e300': '"nbf":1e300',
        'nbf of null': { nbf: null },
        'nbf of text': { nbf: String(now()) },
        'nbf below zero': { nbf: -1 },
    },
};

test('dates are numbers of a reasonable size, fractional ones too, with a minute to spare', async () => {
    for (const [reason, cases] of Object.entries(dates)) {
        for (const [what, change] of Object.entries(cases)) {
            const text = (value) =>
                JSON.stringify(decode(mint()).claims).replace(/"(exp|nbf)":\d+/g, (member, name) =>
                    value.startsWith(`"${name}"`) ? value : member,
                );
            const token = typeof change === 'string' ? withPayload(text(change)) : mint(change);
            await (reason === 'accepted' ? accepted(token, what) : refused(token, reason, what));
        }
    }
});

const profiled = { typ: 'at+jwt' };
const claimRules = [
    // what, claims, reason, reason as at+jwt when it differs
    ['no exp', { exp: undefined }, 'claims_malformed'],
    ['no iss', { iss: undefined }, 'issuer_mismatch'],
    ['another iss', { iss: 'https://elsewhere.example' }, 'issuer_mismatch'],
    ['iss with a slash', { iss: `${hostile.issuer}/` }, 'issuer_mismatch'],
    ['iss in a list', { iss: [hostile.issuer] }, 'issuer_mismatch'],
    ['no aud', { aud: undefined }, 'audience_mismatch'],
    ['an empty aud', { aud: [] }, 'audience_mismatch'],
    ['another aud', { aud: ['skc_1002'] }, 'audience_mismatch'],
    ['another aud as text', { aud: 'skc_1002' }, 'audience_mismatch'],
    ['aud in another case', { aud: ['SKC_1001'] }, 'audience_mismatch'],
    ['aud and more in one text', { aud: 'skc_1001 skc_1002' }, 'audience_mismatch'],
    ['aud of a number', { aud: 1001 }, 'claims_malformed'],
    ['aud of an object', { aud: { skc_1001: 1 } }, 'claims_malformed'],
    ['aud of null', { aud: null }, 'claims_malformed'],
    ['aud with a number in it', { aud: ['skc_1001', 1] }, 'claims_malformed'],
    ['no sub', { sub: undefined }, 'subject_missing'],
    ['an empty sub', { sub: '' }, 'subject_missing'],
    ['sub of a number', { sub: 1 }, 'subject_missing'],
    ['scope in a list', { scope: ['admin'] }, 'claims_malformed'],
    ['scopes as text', { scopes: 'admin' }, 'claims_malformed'],
    ['no iat', { iat: undefined }, undefined, 'issued_at_invalid'],
    ['no jti', { jti: undefined }, undefined, 'claims_malformed'],
    ['no client_id', { client_id: undefined }, undefined, 'claims_malformed'],
    [
        'no sign of an access token',
        { scope: undefined, jti: undefined },
        'token_type_mismatch',
        'claims_malformed',
    ],
    ['aud with others beside', { aud: ['skc_1001', 'skc_1002'] }, undefined],
    ['aud as text', { aud: 'skc_1001' }, undefined],
];

test('tokens without exp, aud or iss, or for somebody else, are 401 invalid_token', async () => {
    for (const [what, claims, plain, asProfiled = plain] of claimRules) {
        for (const [typ, reason] of [
            ['JWT', plain],
            [undefined, plain],
            ['at+jwt', asProfiled],
            ['application/AT+JWT', asProfiled],
        ]) {
            const token = mint(claims, { typ });
            const name = `${what}, typ ${typ}`;
            await (reason === undefined ? accepted(token, name) : refused(token, reason, name));
        }
    }
});

test('other types of token are none of an access token', async () => {
    const types = [
        'at+jwt ',
        'jwt+at',
        'logout+jwt',
        'secevent+jwt',
        'dpop+jwt',
        'JWE',
        'JOSE',
        '',
    ];
    for (const typ of [...types, 'application/jwt+at', 'text/at+jwt', 'at+jwt;x=1', 'id_token']) {
        await (typ === '' ? accepted : refused)(mint({}, { typ }), 'token_type_mismatch', typ);
    }
    for (const typ of [1, null, ['at+jwt'], true]) {
        await refused(mint({}, { typ }), 'header_invalid', JSON.stringify(typ));
    }
    await accepted(mint({}, profiled), 'at+jwt itself');
});

test('every bit of the signature and every piece of the token counts', async () => {
    const token = mint();
    const cut = token.lastIndexOf('.') + 1;
    const signature = Buffer.from(token.slice(cut), 'base64url');
    for (let bit = 0; bit < signature.length * 8; bit += 31) {
        const flipped = Buffer.from(signature);
        flipped[bit >> 3] ^= 0x80 >> (bit & 7);
        await refused(token.slice(0, cut) + flipped.toString('base64url'), 'signature_invalid');
    }
    const [header, payload] = token.split('.');
    const other = encode({ ...decode(token).claims, roles: ['owner'] });
    await refused(`${header}.${other}.${token.slice(cut)}`, 'signature_invalid', 'other claims');
    await refused(
        `${encode({ alg: 'RS256', kid: hostile.key.kid })}.${payload}.${token.slice(cut)}`,
        'signature_invalid',
        'another header',
    );
    await refused(
        `${header}.${payload}.${randomBytes(256).toString('base64url')}`,
        'signature_invalid',
        'random bytes',
    );
    await accepted(token, 'the token itself');
});
