// Bearer tokens over real HTTP: what counts as one, what a token and a session on one
// request come to, web sockets, subrequests. Every answer is looked at as a client sees it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';

import { mintAccessToken, now } from '../op/access_tokens.mjs';
import { certificates } from '../op/certificates.mjs';
import { withFlippedBit } from '../op/jwt.mjs';
import { startProvider } from '../op/provider.mjs';
import { assertAccepted, assertRefusal, assertRefused, bearer, call, challengeOf } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { getByHand } from './raw_http2.mjs';
import { login, startSite } from './site.mjs';

const provider = await startProvider({ mode: 'full-stack' });
atEnd(() => provider.close());

const resource = 'https://api.example/mcp';
const locations = (it) => {
    const upgrade = `proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection Upgrade;`;
    return `
    location / { scalekit_bearer on; ${it.proxyPass} }
    location /pass { scalekit_bearer on; scalekit_unauthenticated pass; ${it.proxyPass} }
    location /only { scalekit_bearer only; ${it.proxyPass} }
    location /mcp {
        scalekit_bearer only;
        scalekit_resource ${resource};
        scalekit_audience skc_1001;
        ${it.proxyPass}
    }
    location /scope { scalekit_bearer only; scalekit_require scope admin; ${it.proxyPass} }
    location /role { scalekit_bearer only; scalekit_require roles owner; ${it.proxyPass} }
    location /other { scalekit_bearer only; scalekit_organization_id org_222; ${it.proxyPass} }
    location /socket { scalekit_bearer on; ${it.proxyPass} ${upgrade} }
    location /off { scalekit_auth off; ${it.proxyPass} }
    location = /check { internal; scalekit_bearer only; proxy_pass_request_body off; ${it.proxyPass} }
    location /checked { scalekit_bearer only; scalekit_organization_id ""; auth_request /check; ${it.proxyPass} }
    location /checked-open { scalekit_auth off; auth_request /check; ${it.proxyPass} }`;
};
const options = { server: 'scalekit_organization_id org_111;', locations };
const site = await startSite({ provider, ...options });
const good = mintAccessToken(provider);
const bad = withFlippedBit(good, 7);

// The answer to Authorization fields as they stand here.
const ask = (path, fields, more = []) =>
    send(site.url(path), {
        headers: [...fields.flatMap((field) => ['Authorization', field]), ...more],
    });

// Field(s) of Authorization, status, error of the challenge (undefined: a challenge without one).
const table = [
    [[], 401],
    [[''], 401],
    [[' '], 401],
    [['X'], 401],
    [['Basic dXNlcjpwYXNz'], 401],
    [[`Basic ${good}`], 401],
    [['Bearerx'], 401],
    [[`Bearer-${good}`], 401],
    [[`"Bearer" ${good}`], 401],
    [[good], 401],
    [[`DPoP ${good}`], 401],
    [[`token ${good}`], 401],
    [['Bearer'], 400, 'invalid_request'],
    [['Bearer '], 400, 'invalid_request'],
    [['bearer      '], 400, 'invalid_request'],
    [[`Bearer\t${good}`], 400, 'invalid_request'],
    [[`Bearer:${good}`], 400, 'invalid_request'],
    [[`Bearer=${good}`], 400, 'invalid_request'],
    [[`Bearer ${good} x`], 400, 'invalid_request'],
    [[`Bearer ${good}, Bearer ${good}`], 400, 'invalid_request'],
    [[`Bearer "${good}"`], 400, 'invalid_request'],
    [[`Bearer =${good}`], 400, 'invalid_request'],
    [['Bearer x y'], 400, 'invalid_request'],
    [['Bearer a,b'], 400, 'invalid_request'],
    [[`Bearer ${good}`, `Bearer ${good}`], 400, 'invalid_request'],
    [[`Bearer ${good}`, `Bearer ${bad}`], 400, 'invalid_request'],
    [[`Bearer ${good}`, 'Basic dXNlcjpwYXNz'], 400, 'invalid_request'],
    [['Basic dXNlcjpwYXNz', `Bearer ${good}`], 400, 'invalid_request'],
    [[`Bearer ${good}`, ''], 400, 'invalid_request'],
    [['bEARER t'], 401, 'invalid_token'],
    [['Bearer X'], 401, 'invalid_token'],
    [['Bearer .'], 401, 'invalid_token'],
    [['Bearer a.b.c'], 401, 'invalid_token'],
    [[`Bearer ${bad}`], 401, 'invalid_token'],
    [[`Bearer Bearer`], 401, 'invalid_token'],
    [[`Bearer ${good}`], 200],
    [[`bearer ${good}`], 200],
    [[`BEARER     ${good}`], 200],
    [[`  Bearer ${good}  `], 200],
];

test('what Authorization may hold, and the answer to each', async () => {
    for (const [fields, status, error] of table) {
        for (const path of ['/', '/only', '/mcp']) {
            const before = site.upstream.requests.length;
            const what = `${path} ${JSON.stringify(fields).slice(0, 60)}`;
            const response = await ask(path, fields);
            assert.equal(response.status, status, what);
            assert.equal(site.upstream.requests.length - before, status === 200 ? 1 : 0, what);
            if (status === 200 || fields.length > 1) {
                continue; // of two fields nginx itself makes 400, and the module where it does not
            }
            const challenge = challengeOf(response);
            assert.deepEqual([challenge.realm, challenge.error], ['acme', error], what);
            assert.equal(response.json.error, error ?? 'unauthenticated', what);
            assert.equal(challenge.resource_metadata !== undefined, path === '/mcp', what);
            if (path === '/mcp') {
                const url = 'https://api.example/.well-known/oauth-protected-resource/mcp';
                assert.equal(challenge.resource_metadata, url, what);
            }
            assert.match(
                challenge.error_description ?? '',
                /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/,
                what,
            );
            assert.match(response.headers['cache-control'] ?? '', /no-store/, what);
        }
    }
});

test('a missing scope is 403 insufficient_scope, other shortcomings are 403 without a challenge', async () => {
    const response = await assertRefused(site, good, 'insufficient_scope', {
        path: '/scope',
        status: 403,
    });
    assert.equal(challengeOf(response).scope, 'admin');
    assert.equal(response.json.scope, 'admin');
    for (const [path, reason] of [
        ['/role', 'requirement_unmet'],
        ['/other', 'organization_mismatch'],
    ]) {
        const refused = await call(site, good, { path });
        assert.deepEqual(
            [refused.status, refused.json.error, refused.json.reason],
            [403, 'refused', reason],
        );
        assert.equal(refused.headers['www-authenticate'], undefined);
        assert.equal(refused.headers['x-upstream'], undefined);
    }
});

test('a token in the query or the body is none, and makes one in the header ambiguous', async () => {
    for (const path of ['/', '/only']) {
        const query = `${path}?access_token=${good}`;
        assert.equal((await ask(query, [])).status, 401);
        assert.equal(challengeOf(await ask(query, [])).error, undefined);
        assertRefusal(await ask(query, [`Bearer ${good}`]), 'request_malformed', 400);
        assertRefusal(
            await ask(`${path}?x=1&ACCESS_TOKEN=`, [`Bearer ${good}`]),
            'request_malformed',
            400,
        );
        await assertAccepted(site, good, { path: `${path}?my_access_token=1&access_tokens=2` });
        const form = await send(site.url(path), {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: `access_token=${good}`,
        });
        assert.deepEqual([form.status, challengeOf(form).error], [401, undefined]);
    }
});

// Bytes to nginx as they are, and all that comes back.
const raw = (text) =>
    new Promise((resolve, reject) => {
        const socket = net.connect(site.port, '127.0.0.1', () => socket.write(text, 'latin1'));
        let all = '';
        socket.on('data', (chunk) => (all += chunk)).on('error', reject);
        socket.on('close', () => resolve(all));
    });

test('odd requests on the wire: HTTP/1.0, control characters, odd names, a field of 7 KB', async () => {
    const request = (field, line = 'GET /only HTTP/1.1') =>
        raw(`${line}\r\nHost: app.localhost\r\nConnection: close\r\n${field}\r\n\r\n`);
    const cases = [
        [`Authorization: Bearer ${good}`, 200],
        [`AUTHORIZATION:Bearer ${good}`, 200],
        ['Authorization:', 401],
        ['Authorization', 401],
        [`Authorization : Bearer ${good}`, /400|401/],
        [`Author_ization: Bearer ${good}`, 401],
        [`Authorization_: Bearer ${good}`, 401],
        [`Proxy-Authorization: Bearer ${good}`, 401],
        [`X-Authorization: Bearer ${good}`, 401],
        [`Authorization: Bearer ${good}\x7f`, 400],
        [`Authorization: Bearer ${good}\x01`, 400],
        [`Authorization: Bearer ${good}\0`, 400],
        [`Authorization: Bearer ${good}\rX: y`, 400],
        [`Authorization: Bearer\r\n ${good}`, 400],
        ['Authorization: Bearer \xff\xfe', 400],
        [`Authorization: Bearer ${'x'.repeat(7000)}`, 401],
        [`Authorization: ${'x'.repeat(7000)}`, 401],
        [`Authorization: Bearer${' '.repeat(7000)}`, 400],
    ];
    for (const [field, status] of cases) {
        const text = await request(field);
        assert.match(
            text,
            new RegExp(`^HTTP/1\\.1 (${status.source ?? status}) `),
            field.slice(0, 80),
        );
        assert.equal(/x-upstream/i.test(text), status === 200, field.slice(0, 80));
    }
    const old = await raw(`GET /only HTTP/1.0\r\nAuthorization: Bearer ${good}\r\n\r\n`);
    assert.match(old, /^HTTP\/1\.1 200 /);
    assert.match(old, /x-upstream/i);
    const simple = await raw('GET /only\r\n');
    assert.doesNotMatch(simple, /x-upstream/i);
});

test('two Authorization fields over HTTP/2', async () => {
    const tls = await startSite({ provider, tls: 'http2', ...options });
    const session = http2.connect(`https://127.0.0.1:${tls.port}`, {
        ca: certificates().ca,
        servername: 'app.localhost',
    });
    atEnd(async () => session.destroy());
    const get = async (authorization) => {
        const stream = session.request({
            ':path': '/only',
            ':authority': `app.localhost:${tls.port}`,
            ...(authorization !== undefined && { authorization }),
        });
        const [headers] = await once(stream, 'response');
        stream.resume();
        await once(stream, 'close');
        return headers;
    };
    assert.equal((await get(`Bearer ${good}`))[':status'], 200);
    assert.equal((await get(`bEARER ${good}`))[':status'], 200);
    assert.equal((await get())[':status'], 401);
    assert.match((await get())['www-authenticate'], /^Bearer realm="acme"$/);
    assert.equal((await get(`Bearer ${bad}`))[':status'], 401);
    assert.equal((await get('Bearer'))[':status'], 400);

    const byHand = (...values) =>
        getByHand(tls.port, {
            ca: certificates().ca,
            servername: 'app.localhost',
            path: '/only',
            fields: values.map((value) => ['authorization', value]),
        });
    assert.equal(await byHand(`Bearer ${good}`), 200, 'one, sent the same way');
    assert.equal(await byHand(), 401);
    assert.equal(await byHand(`Bearer ${good}`, `Bearer ${good}`), 400);
    assert.equal(await byHand(`Bearer ${bad}`, `Bearer ${good}`), 400);
    assert.equal(await byHand('Basic dXNlcjpwYXNz', `Bearer ${good}`), 400);
    assert.equal(tls.upstream.requests.length, 3, 'the upstream got the good ones');
});

test('a session and a token on one request: the token is judged alone', async () => {
    const browser = site.browser();
    await login(browser, site.url('/page'));
    const cookie = browser.cookieHeader(site.url());
    const both = (token, path = '/') => call(site, token, { path, headers: { cookie } });

    for (const path of ['/', '/pass']) {
        assert.equal((await browser.script(site.url(path))).status, 200, 'the session itself does');
        const response = await both(good, path);
        assert.equal(response.status, 200);
        assert.equal(identityOf(response.json).sub, 'usr_1');
        assert.deepEqual(response.setCookies, []);
        const before = site.upstream.requests.length;
        assertRefusal(await both(bad, path), 'signature_invalid');
        assertRefusal(
            await both(mintAccessToken(provider, { exp: now() - 60 }), path),
            'token_expired',
        );
        assertRefusal(await both('', path), 'request_malformed', 400);
        const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', cookie };
        const page = await call(site, bad, { path, headers: navigation });
        assert.deepEqual(
            [page.status, page.location],
            [401, undefined],
            'no login for a bad token',
        );
        const elsewhere = mintAccessToken(provider, { oid: 'org_222' });
        assert.equal(
            (await both(elsewhere, path)).status,
            403,
            'nor does the session lend its tenant',
        );
        assert.equal(site.upstream.requests.length, before, 'the upstream is not called');
    }
    const basic = { authorization: 'Basic dXNlcjpwYXNz', cookie };
    assert.equal((await send(site.url('/'), { headers: basic })).status, 200, 'Basic is no token');
    assert.equal((await send(site.url('/only'), { headers: { cookie } })).status, 401);
});

test('a good token with a bad, an old or a strange cookie: 200, and no cookie is set', async () => {
    const values = ['x', '', 'A'.repeat(3000), `"${good}"`, '%00', good];
    for (const value of values) {
        for (const name of ['sk_session', 'sk_login', '__Host-sk_session', 'sk_session.1']) {
            const headers = { cookie: `${name}=${value}; other=1` };
            const response = await call(site, good, { headers });
            assert.equal(response.status, 200, `${name}=${value.slice(0, 20)}`);
            assert.deepEqual(response.setCookies, []);
            assert.equal(
                response.json.headers.cookie.trim(),
                'other=1',
                'and the upstream sees none of ours',
            );
        }
    }
});

// The status of an upgrade request.
const upgrade = (headers) =>
    new Promise((resolve, reject) => {
        http.get({
            host: '127.0.0.1',
            port: site.port,
            path: '/socket',
            agent: false,
            headers: {
                host: 'app.localhost',
                connection: 'Upgrade',
                upgrade: 'websocket',
                ...headers,
            },
        })
            .on('upgrade', (response, socket) => {
                socket.destroy();
                resolve(response.statusCode);
            })
            .on('response', (response) => {
                response.resume();
                resolve(response.statusCode);
            })
            .on('error', reject);
    });

test('a web socket is opened with a good token, and with no other', async () => {
    const before = site.upstream.requests.length;
    assert.equal(await upgrade({}), 401);
    assert.equal(await upgrade(bearer(bad)), 401);
    assert.equal(await upgrade(bearer('')), 400);
    assert.equal(site.upstream.requests.length, before);
    assert.equal(await upgrade(bearer(good)), 101);
    assert.equal(site.upstream.requests.at(-1).headers['x-scalekit-sub'], 'usr_1');
});

test('auth_request into a place that takes tokens decides for another place', async () => {
    for (const [token, status] of [
        [good, 200],
        [bad, 401],
        [undefined, 401],
        [mintAccessToken(provider, { oid: 'org_222' }), 403],
    ]) {
        const headers = token ? bearer(token) : {};
        assert.equal((await send(site.url('/checked'), { headers })).status, status);
        const open = await send(site.url('/checked-open'), { headers });
        assert.equal(open.status, status === 200 ? 401 : status, 'of a page that knows nobody');
    }
});
