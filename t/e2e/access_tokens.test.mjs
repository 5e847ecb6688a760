// A token does what it was made for and nothing else: ID tokens, logout tokens and invitations to
// sign in are no access tokens, and those are no ID tokens; and what a token may be used for is
// judged again at every place and on every request.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { machine, mintAccessToken, now } from '../op/access_tokens.mjs';
import { honestClaims, startHostile } from '../op/hostile.mjs';
import { compact, decode } from '../op/jwt.mjs';
import { startProvider } from '../op/provider.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { assertAccepted, assertRefusal, assertRefused, call } from './api.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { assertNoSession, hostileLogin, login, startSite } from './site.mjs';
import { startTap } from './tap.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const open = (it) => `
    location / { scalekit_bearer on; ${it.proxyPass} }
    location /any { scalekit_bearer only; scalekit_audience off; ${it.proxyPass} }`;
const site = await startSite({ provider: hostile, server: '', locations: open });

for (const mode of ['modular', 'full-stack']) {
    for (const accessTokens of ['standard', 'scalekit']) {
        test(`the ID token of a real login is no access token (${mode}, ${accessTokens})`, async () => {
            const provider = await startProvider({ mode, accessTokens });
            atEnd(() => provider.close());
            const tap = await startTap(provider);
            atEnd(() => tap.close());
            const own = await startSite({
                provider,
                settings: { endpoint: tap.endpoint },
                server: mode === 'modular' ? 'scalekit_organization_id org_111;' : '',
                locations: open,
            });
            const browser = own.browser();
            const { headers } = await login(browser, own.url('/page'));
            assert.equal(headers['x-scalekit-sub'], 'conn_hooli;gavin');
            const [tokens] = tap.answers;
            assert.equal(decode(tokens.id_token).claims.sub, 'conn_hooli;gavin');
            for (const path of ['/', '/any']) {
                await assertRefused(own, tokens.id_token, 'token_type_mismatch', { path });
                const cookie = browser.cookieHeader(own.url());
                const options = { path, headers: { cookie } };
                await assertRefused(own, tokens.id_token, 'token_type_mismatch', options);
            }
            if (accessTokens === 'scalekit') {
                await assertAccepted(own, tokens.access_token);
            } else {
                await assertRefused(own, tokens.access_token, 'token_malformed', {
                    what: 'opaque',
                });
            }
        });
    }
}

// The claims of an honest ID token of the hostile provider, and what other tokens of it say.
const idToken = (changes = {}) => {
    const asked = {
        clientId: hostile.client.id,
        organization: 'org_111',
        connection: 'conn_hooli',
    };
    const claims = honestClaims(hostile, { ...asked, nonce: 'a nonce', code: 'a code' }, 'a token');
    return { ...claims, ...changes };
};
const logout = {
    iss: hostile.issuer,
    aud: hostile.client.id,
    iat: now(),
    exp: now() + 120,
    jti: 'a logout',
    sub: 'usr_1',
    sid: 'ses_1',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
};
const invitation = {
    iss: hostile.issuer,
    aud: hostile.client.id,
    iat: now(),
    exp: now() + 300,
    connection_id: 'conn_hooli',
    organization_id: 'org_111',
    login_hint: 'gavin@hooli.example',
    relay_state: 'https://app.example/',
};
const signed = (claims, header = {}) => {
    const { alg, kid, privateKey } = hostile.key;
    return compact({ alg, kid, typ: 'JWT', ...header }, claims, { alg, key: privateKey });
};
const without = (...names) => Object.fromEntries(names.map((name) => [name, undefined]));

const others = {
    'an ID token': [idToken()],
    'an ID token with scope': [idToken({ scope: 'openid', scopes: ['openid'] })],
    'an ID token with jti': [idToken({ jti: 'x' })],
    'an ID token of a refresh': [idToken(without('nonce', 'at_hash', 'c_hash'))],
    'an ID token of a refresh with a claim "scope" of a customer': [
        idToken({ ...without('nonce', 'at_hash', 'c_hash'), scope: 'shirt-XL', jti: 'x' }),
    ],
    'an ID token with at_hash alone': [
        idToken({ ...without('nonce', 'c_hash'), jti: 'x', scope: 'a' }),
    ],
    'an ID token with nonce alone': [
        idToken({ ...without('at_hash', 'c_hash'), jti: 'x', scope: 'a' }),
    ],
    'an ID token without typ': [idToken(), { typ: undefined }],
    'an ID token that says it is an access token': [
        idToken(),
        { typ: 'at+jwt' },
        'claims_malformed',
    ],
    'a logout token': [logout, { typ: 'logout+jwt' }],
    'a logout token of type JWT': [logout],
    'a logout token without typ': [logout, { typ: undefined }],
    'a logout token with scope and client_id': [{ ...logout, scope: 'a', client_id: 'skc_1001' }],
    'a logout token as at+jwt': [{ ...logout, client_id: 'skc_1001' }, { typ: 'at+jwt' }],
    'an invitation to sign in': [invitation],
    'an invitation without typ': [invitation, { typ: undefined }],
    'an invitation with jti, client_id and scope': [
        { ...invitation, jti: 'x', client_id: 'skc_1001', scope: 'openid' },
    ],
    'an invitation as at+jwt': [invitation, { typ: 'at+jwt' }, 'subject_missing'],
};

test('ID tokens, logout tokens and idp_initiated_login are no access tokens', async () => {
    for (const [what, [claims, header, reason = 'token_type_mismatch']] of Object.entries(others)) {
        for (const path of ['/', '/any']) {
            await assertRefused(site, signed(claims, header), reason, { path, what });
        }
    }
    await assertAccepted(site, mintAccessToken(hostile));
});

test('access tokens and logout tokens where an ID token belongs make no session', async () => {
    const own = (claims, header) => () => mintAccessToken(hostile, claims, header);
    const nonce = (login) => ({ nonce: login.nonce });
    const lies = {
        'an access token': own(),
        'an access token of RFC 9068': own({}, { typ: 'at+jwt' }),
        'one of RFC 9068 with the nonce': (text, login) =>
            mintAccessToken(hostile, nonce(login), { typ: 'at+jwt' }),
        'one of RFC 9068 with the nonce, in capitals': (text, login) =>
            mintAccessToken(hostile, nonce(login), { typ: 'application/AT+JWT' }),
        "a machine's access token": own(machine()),
        'a logout token': () => signed(logout, { typ: 'logout+jwt' }),
        'a logout token of type JWT with the nonce': (text, login) =>
            signed({ ...logout, ...nonce(login) }),
        'an invitation to sign in': () => signed(invitation),
    };
    for (const [what, token] of Object.entries(lies)) {
        const count = site.nginx.refusals().length;
        const response = await hostileLogin(site, site.browser(), { token });
        assert.equal(response.status, 502, what);
        assertNoSession(site, response);
        assert.match(
            await site.nginx.reasonAfter(count),
            /^(token_type_mismatch|nonce_mismatch|audience_mismatch)$/,
            what,
        );
    }
    assert.equal((await hostileLogin(site, site.browser())).status, 302, 'an ID token does');
});

const places = await startSite({
    provider: hostile,
    settings: { clock_skew: '0s' },
    server: 'scalekit_bearer only;',
    locations: (it) => `
        location / { ${it.proxyPass} }
        location /any { scalekit_audience off; ${it.proxyPass} }
        location /api { scalekit_audience https://api.example; ${it.proxyPass} }
        location /hooli { scalekit_organization_id org_111; ${it.proxyPass} }
        location /initech { scalekit_organization_id org_222; ${it.proxyPass} }
        location /admin { scalekit_require roles admin owner; ${it.proxyPass} }
        location /owner { scalekit_require roles owner; ${it.proxyPass} }
        location /read { scalekit_require scope read; ${it.proxyPass} }
        location /openid { scalekit_require scope openid; ${it.proxyPass} }
        location /self { scalekit_require sub $arg_user; ${it.proxyPass} }
        location /connection { scalekit_connection_id conn_hooli; ${it.proxyPass} }`,
});

// Which status the token of one user has where.
const verdicts = {
    '/': 200,
    '/any': 200,
    '/api': 401,
    '/hooli': 200,
    '/initech': 403,
    '/admin': 200,
    '/owner': 403,
    '/read': 403,
    '/openid': 200,
    '/self?user=usr_1': 200,
    '/self?user=usr_2': 403,
    '/self': 403,
    '/connection': 403,
};

test('the same token is judged anew at every place, in any order', async () => {
    const paths = Object.keys(verdicts);
    const orders = [
        paths,
        [...paths].reverse(),
        [...paths].sort(),
        paths.flatMap((path) => ['/any', path]),
    ];
    for (const order of [...orders, [...paths, ...paths].sort()]) {
        const token = mintAccessToken(hostile);
        for (const path of order) {
            const before = places.upstream.requests.length;
            const response = await call(places, token, { path });
            assert.equal(response.status, verdicts[path], `${path} in ${order}`);
            const calls = response.status === 200 ? 1 : 0;
            assert.equal(places.upstream.requests.length - before, calls, path);
        }
    }
});

test('what is only nearly a token that was accepted is judged by itself', async () => {
    const token = mintAccessToken(hostile);
    for (let round = 0; round < 3; round += 1) {
        await assertAccepted(places, token);
        for (const near of [
            `${token}=`,
            token.slice(0, -1),
            `${token}A`,
            token.replace(/^./, 'f'),
        ]) {
            await assertRefused(places, near, /token_malformed|signature_invalid|header_invalid/);
        }
        await assertRefused(places, `${token} `.repeat(2).trim(), 'request_malformed', {
            status: 400,
        });
    }
});

test('a verdict that is remembered ends with the token', async () => {
    const token = mintAccessToken(hostile, { exp: now() + 2 });
    const { exp } = decode(token).claims;
    let refusal;
    while (!refusal) {
        const asked = now();
        const response = await call(places, token);
        if (response.status !== 200) {
            assert.ok(now() >= exp, 'not before its time');
            refusal = response;
        } else {
            assert.ok(asked < exp, `accepted ${asked - exp} seconds too late`);
        }
        await sleep(20);
    }
    assertRefusal(refusal, 'token_expired');
    await assertRefused(places, token, 'token_expired');
});

test('a verdict that is remembered ends with the key that it was made with', async () => {
    const provider = await startHostile();
    atEnd(() => provider.close());
    const own = await startSite({ provider, server: 'scalekit_bearer only;' });
    const token = mintAccessToken(provider);
    await assertAccepted(own, token);
    const next = signingKey('RS256');
    provider.publish(next.publicJwk);
    await assertAccepted(own, token, { what: 'while nothing else is known' });
    const by = { alg: 'RS256', key: next.privateKey };
    const successor = mintAccessToken(provider, {}, { kid: next.kid }, by);
    await until(
        async () => (await call(own, successor)).status === 200,
        'the new key is known',
        15_000,
    );
    await assertRefused(own, token, 'key_unknown', { what: 'the key that was withdrawn' });
    await assertAccepted(own, successor);
});

test('a token too large to be remembered is the same caller in a subrequest, also seconds later', async () => {
    const slowly = http.createServer((request, response) => {
        setTimeout(() => {
            response.setHeader('Content-Type', 'text/html');
            response.end('[<!--#include virtual="/included" -->]');
        }, 1_100);
    });
    slowly.listen(0, '127.0.0.1');
    await once(slowly, 'listening');
    atEnd(() => slowly.close());
    const pages = await startSite({
        provider: hostile,
        server: 'scalekit_bearer on; large_client_header_buffers 4 32k;',
        locations: (it) => `
            location /page { ssi on; proxy_pass http://127.0.0.1:${slowly.address().port}; }
            location /included { ${it.proxyPass} }
            location /auth/ { }`,
    });
    const token = mintAccessToken(hostile, { pad: 'x'.repeat(5_000) });
    const response = await call(pages, token, { path: '/page' });
    assert.equal(response.status, 200);
    assert.match(response.text, /"x-scalekit-sub":"usr_1"/, response.text.slice(0, 200));
});
