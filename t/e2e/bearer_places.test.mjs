// APIs as people configure them: no secret and no login, a tenant for each host, further issuers,
// the token in a cookie, what the upstream is told, what the logs give away.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { machine, mcp, mintAccessToken, now } from '../op/access_tokens.mjs';
import { startHostile } from '../op/hostile.mjs';
import { withFlippedBit } from '../op/jwt.mjs';
import { startProvider } from '../op/provider.mjs';
import { assertAccepted, assertRefusal, assertRefused, bearer, call, challengeOf } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { freePort, until } from './harness.mjs';
import { startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

// What an environment that nobody signs in to does not need.
const bare = { client_secret: null, session_keys: null };

test('an API alone needs no secret, no session keys and no callback, and serves', async () => {
    const site = await startSite({
        provider: hostile,
        settings: bare,
        server: 'scalekit_bearer only "realm=the orders";',
        locations: (it) => `
            location /orders/ { ${it.proxyPass} }
            location / { return 404; }`,
    });
    const token = mintAccessToken(hostile);
    const seen = await assertAccepted(site, token, { path: '/orders/1', method: 'PUT', body: 'x' });
    assert.deepEqual([seen.method, seen.url, seen.body], ['PUT', '/orders/1', 'x']);
    const nothing = await send(site.url('/orders/1'), { headers: { accept: 'text/html' } });
    assert.deepEqual([nothing.status, nothing.location, nothing.setCookies], [401, undefined, []]);
    assert.equal(challengeOf(nothing).realm, 'the orders');
    for (const path of [
        '/auth/login',
        '/auth/callback?code=a&state=b',
        '/auth/session',
        '/auth/logout',
    ]) {
        const response = await call(site, token, { path });
        assert.equal(response.status, 404, `${path} is the application's`);
    }
    assert.equal(hostile.counts.authorize, undefined);
    assert.equal(hostile.counts.token, undefined);
});

test('one worker or four, the same token and others again and again', async () => {
    const site = await startSite({
        provider: hostile,
        settings: bare,
        workers: 4,
        server: 'scalekit_bearer only;',
    });
    const tokens = Array.from({ length: 20 }, (_, index) =>
        mintAccessToken(hostile, { sub: `usr_${index}` }),
    );
    await assertAccepted(site, tokens[0]);
    const before = hostile.counts.keys;
    for (let round = 0; round < 5; round += 1) {
        await Promise.all(
            tokens.map(async (token, index) => {
                const seen = await assertAccepted(site, token);
                assert.equal(identityOf(seen).sub, `usr_${index}`);
                const flipped = await call(site, withFlippedBit(token, round * 50));
                assertRefusal(flipped, 'signature_invalid');
            }),
        );
    }
    assert.equal(hostile.counts.keys, before + 1, 'bad signatures ask for the keys once');
});

test('each host is a tenant: oid of the token against a map, and an unknown host against nobody', async () => {
    const site = await startSite({
        provider: hostile,
        settings: bare,
        http: `map $host $tenant {
            hooli.app.example org_111;
            initech.app.example org_222;
        }`,
        server: 'scalekit_bearer only; scalekit_organization_id $tenant;',
        locations: (it) => `
            location / { ${it.proxyPass} }
            location /any { scalekit_organization_id ""; ${it.proxyPass} }
            location /optional { scalekit_organization_id $tenant optional; ${it.proxyPass} }`,
    });
    const of = (oid) => mintAccessToken(hostile, { oid });
    const at = (org) => ({ host: `${org}.app.example` });
    for (let round = 0; round < 2; round += 1) {
        await assertAccepted(site, of('org_111'), at('hooli'));
        await assertAccepted(site, of('org_222'), at('initech'));
    }
    const same = of('org_111');
    for (const [token, host, status, reason] of [
        [same, 'hooli', 200],
        [same, 'initech', 403, 'organization_mismatch'],
        [same, 'hooli', 200],
        [same, 'piedpiper', 403, 'tenant_unknown'],
        [of('org_222'), 'hooli', 403, 'organization_mismatch'],
        [of(undefined), 'hooli', 403, 'organization_mismatch'],
        [of(''), 'hooli', 403, 'organization_mismatch'],
        [of('ORG_111'), 'hooli', 403, 'organization_mismatch'],
        [of(['org_111']), 'hooli', 403, 'organization_mismatch'],
        [of('org_111 '), 'hooli', 403, 'organization_mismatch'],
    ]) {
        const before = site.upstream.requests.length;
        const response = await call(site, token, at(host));
        assert.equal(response.status, status, `${host} ${response.text.slice(0, 200)}`);
        assert.equal(site.upstream.requests.length - before, status === 200 ? 1 : 0);
        if (reason) {
            assert.equal(response.json.reason, reason);
            assert.equal(response.headers['www-authenticate'], undefined);
        }
    }
    const forged = { ...at('initech'), headers: { 'x-forwarded-host': 'hooli.app.example' } };
    assert.equal((await call(site, same, forged)).status, 403);
    await assertAccepted(site, same, { path: '/optional', ...at('piedpiper') });
    assert.equal((await call(site, same, { path: '/optional', ...at('initech') })).status, 403);
    assert.equal((await call(site, same, { path: '/any', ...at('piedpiper') })).status, 200);
});

test('further issuers are accepted where they are named, and only there', async () => {
    const other = 'https://login.customer.example';
    const server = 'scalekit_bearer only;';
    const site = await startSite({
        provider: hostile,
        settings: { ...bare, issuer: other },
        server,
    });
    const strict = await startSite({ provider: hostile, settings: bare, server });
    for (const iss of [other, hostile.issuer]) {
        await assertAccepted(site, mintAccessToken(hostile, { iss }));
        await assertAccepted(site, mintAccessToken(hostile, { iss }, { typ: 'at+jwt' }));
    }
    for (const iss of [
        `${other}/`,
        `${other}/resources/res_1`,
        other.toUpperCase(),
        [other],
        `${other} ${hostile.issuer}`,
    ]) {
        await assertRefused(site, mintAccessToken(hostile, { iss }), 'issuer_mismatch');
    }
    await assertRefused(strict, mintAccessToken(hostile, { iss: other }), 'issuer_mismatch');
});

test('scalekit_token takes the token from a cookie or a header, and Authorization is not looked at', async () => {
    const site = await startSite({
        provider: hostile,
        server: 'scalekit_bearer on; scalekit_token $cookie_accessToken;',
        locations: (it) => `
            location / { ${it.proxyPass} }
            location /header { scalekit_token $http_x_token; ${it.proxyPass} }
            location /usual { scalekit_token ""; ${it.proxyPass} }`,
    });
    const good = mintAccessToken(hostile);
    const bad = withFlippedBit(good, 3);
    const status = async (path, headers) => (await send(site.url(path), { headers })).status;
    const cookie = (value) => ({ cookie: `a=1; accessToken=${value}; b=2` });
    assert.equal(await status('/', cookie(good)), 200);
    assert.equal(await status('/', cookie(bad)), 401);
    assert.equal(await status('/', cookie('')), 401, 'an empty one is none');
    assert.equal(await status('/', cookie('a b')), 400);
    assert.equal(await status('/', { ...cookie(good), ...bearer(bad) }), 200);
    assert.equal(await status('/', { ...cookie(bad), ...bearer(good) }), 401);
    assert.equal(await status('/', bearer(good)), 401);
    assert.equal(await status('/', { ...cookie(good), authorization: 'Basic dXNlcjpwYXNz' }), 200);
    assert.equal(await status('/header', { 'x-token': good }), 200);
    assert.equal(
        await status('/header', { 'x-token': `Bearer ${good}` }),
        400,
        'a token and nothing else',
    );
    assert.equal(await status('/header', cookie(good)), 401);
    assert.equal(await status('/usual', bearer(good)), 200);
    assert.equal(await status('/usual', cookie(good)), 401);
    const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate' };
    assert.equal(await status('/', navigation), 302, 'people without it are sent to sign in');
    assert.equal(
        await status('/', { ...navigation, ...cookie(bad) }),
        401,
        'not those with a bad one',
    );
});

const forgeries = {
    'X-Scalekit-Sub': 'usr_root',
    'x-scalekit-scopes': 'admin',
    X_Scalekit_Roles: 'owner',
    'X-Scalekit-Client_Id': 'skc_root',
    'X-SCALEKIT-PERMISSIONS': 'all',
    'X-Scalekit-Anything': '1',
    'x.scalekit.email': 'root@hooli.example',
};

test('the upstream is told who called, and nothing that the client says about itself', async () => {
    const site = await startSite({
        provider: hostile,
        server: `scalekit_bearer on; underscores_in_headers on; ignore_invalid_headers off;
            add_header X-Who "$scalekit_authenticated $scalekit_method $scalekit_sub" always;
            add_header X-Of "$scalekit_org_id|$scalekit_claim_client_id|$scalekit_scopes" always;
            add_header X-More "$scalekit_expires|$scalekit_claim_department" always;
            add_header X-Error "$scalekit_error" always;`,
        locations: (it) => `
            location / { scalekit_audience off; ${it.proxyPass} }
            location /pass { scalekit_unauthenticated pass; ${it.proxyPass} }`,
    });
    const exp = now() + 77;
    const full = {
        exp,
        email: 'gavin@hooli.example',
        name: 'Dénpok Singh, Jr.',
        roles: ['admin', 'a,b'],
        scope: 'openid x',
        scopes: ['x', 'y z', 'ü'],
        department: 'R&D\r\nX-Scalekit-Roles: owner',
    };
    const names = ({ rawHeaders }) =>
        rawHeaders.filter(([name]) => name.replaceAll(/[^a-z0-9]/g, '-').startsWith('x-scalekit'));
    const people = await call(site, mintAccessToken(hostile, full), { headers: forgeries });
    assert.deepEqual(Object.fromEntries(names(people.json)), {
        'x-scalekit-sub': 'usr_1',
        'x-scalekit-email': 'gavin@hooli.example',
        'x-scalekit-name': 'D%C3%A9npok Singh, Jr.',
        'x-scalekit-org-id': 'org_111',
        'x-scalekit-session-id': 'ses_1',
        'x-scalekit-roles': 'admin,a%2Cb',
        'x-scalekit-permissions': 'workspace_data:read,workspace_data:write',
        'x-scalekit-scopes': 'openid,x,y z,%C3%BC',
        'x-scalekit-client-id': 'skc_1001',
    });
    assert.equal(names(people.json).length, 9, 'each once');
    const variables = ({ headers }) =>
        ['who', 'of', 'more', 'error'].map((name) => headers[`x-${name}`]?.trim());
    assert.deepEqual(variables(people), [
        '1 bearer usr_1',
        'org_111|skc_1001|openid,x,y z,%C3%BC',
        `${exp}|R&D%0D%0AX-Scalekit-Roles: owner`,
        undefined,
    ]);

    const robot = await call(site, mintAccessToken(hostile, machine()), { headers: forgeries });
    assert.deepEqual(Object.fromEntries(names(robot.json)), {
        'x-scalekit-sub': 'm2morg_1',
        'x-scalekit-org-id': 'org_111',
        'x-scalekit-scopes': 'deploy:applications,read:deployments',
        'x-scalekit-client-id': 'm2morg_1',
    });

    const stranger = await send(site.url('/pass'), { headers: forgeries });
    assert.deepEqual([stranger.status, names(stranger.json)], [200, []]);
    assert.deepEqual(variables(stranger), ['0', '||', '|', 'unauthenticated']);
    const refused = await call(site, withFlippedBit(mintAccessToken(hostile), 1), {
        path: '/pass',
    });
    assert.deepEqual(variables(refused), ['0', '||', '|', 'signature_invalid']);
});

// Pieces of a token that alone would give it away.
const pieces = (token) => [
    token,
    token.split('.')[1].slice(0, 40),
    token.split('.')[2].slice(0, 40),
];

test('at debug level the module writes no token, at info level nobody does', async () => {
    const tokens = {
        good: mintAccessToken(hostile),
        bad: withFlippedBit(mintAccessToken(hostile), 9),
        expired: mintAccessToken(hostile, { exp: now() - 99 }),
        unknown: mintAccessToken(hostile, {}, { kid: 'nobody' }),
        elsewhere: mintAccessToken(hostile, { oid: 'org_222' }),
        poor: mintAccessToken(
            hostile,
            mcp('https://a.example', 'res_1', { aud: [hostile.client.id] }),
        ),
        query: mintAccessToken(hostile),
    };
    for (const level of ['debug', 'info']) {
        const site = await startSite({
            provider: hostile,
            level,
            server: 'scalekit_bearer on; scalekit_organization_id org_111;',
            locations: (it) => `
                location / { ${it.proxyPass} }
                location /cookie { scalekit_token $cookie_t; ${it.proxyPass} }
                location /role { scalekit_require roles owner; ${it.proxyPass} }`,
        });
        for (const token of Object.values(tokens)) {
            for (const path of ['/', '/role']) {
                await call(site, token, { path });
            }
            await send(site.url('/cookie'), { headers: { cookie: `t=${token}` } });
            await call(site, `${token} ${token}`);
        }
        await call(site, tokens.good, { path: `/?access_token=${tokens.query}` });
        const { log } = site.nginx;
        const lines = log.split('\n').filter((line) => level === 'info' || /scalekit:/.test(line));
        assert.ok(
            lines.filter((line) => /reason=/.test(line)).length >= 20,
            'the refusals are there',
        );
        for (const piece of [...Object.values(tokens).flatMap(pieces), hostile.client.secret]) {
            const line = lines.find((candidate) => candidate.includes(piece));
            assert.equal(line?.slice(0, 200), undefined, `${level}: ${piece.slice(0, 20)}`);
        }
    }
});

test('a provider that is down at the start: 503 for a token, without a challenge, and then it recovers', async () => {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const site = await startSite({
        provider: { issuer, client: hostile.client },
        settings: { ...bare, timeout: '2s' },
        server: 'scalekit_bearer only;',
        locations: (it) => `
            location / { ${it.proxyPass} }
            location /pass { scalekit_unauthenticated pass; ${it.proxyPass} }`,
    });
    const early = mintAccessToken({ ...hostile, issuer });
    for (const path of ['/', '/pass']) {
        const response = await call(site, early, { path });
        assert.equal(response.status, 503);
        assert.deepEqual(
            [response.json.error, response.json.reason],
            ['refused', 'provider_unavailable'],
        );
        assert.equal(response.headers['www-authenticate'], undefined);
        assert.match(response.headers['retry-after'], /^\d+$/);
    }
    assert.equal((await send(site.url('/'))).status, 401, 'nothing sent needs no provider');
    assert.equal((await send(site.url('/pass'))).status, 200);
    assert.equal(site.upstream.requests.length, 1);
    const late = await startHostile({ port });
    atEnd(() => late.close());
    await until(
        async () => (await call(site, mintAccessToken(late))).status === 200,
        'it recovers',
        30_000,
    );
    await assertRefused(site, early, /key_unknown|signature_invalid/);
});

test('people and programs beside each other: a login on one server, tokens on another, one environment', async () => {
    const provider = await startProvider({ mode: 'full-stack', accessTokens: 'scalekit' });
    atEnd(() => provider.close());
    const site = await startSite({
        provider,
        server: 'scalekit_organization_id org_111;',
        locations: (it) =>
            `location / { ${it.proxyPass} } location /api { scalekit_bearer on; ${it.proxyPass} }`,
    });
    const browser = site.browser();
    await browser.visit(site.url('/page'));
    assert.equal(
        (await browser.script(site.url('/api'))).json.headers['x-scalekit-sub'],
        'conn_hooli;gavin',
    );
    await assertAccepted(site, mintAccessToken(provider), { path: '/api' });
    const response = await call(site, mintAccessToken(provider), { path: '/page' });
    assert.equal(response.status, 401, 'where bearer is off a token is nobody');
    assert.equal(response.headers['www-authenticate'], 'Scalekit realm="acme"');
    const stranger = await send(site.url('/api'), { headers: { accept: 'application/json' } });
    assert.deepEqual([stranger.status, stranger.json.login], [401, '/auth/login']);
});
