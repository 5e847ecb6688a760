// Who has no session does not reach the upstream, whatever the method, spelling or header.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { startProvider } from '../op/provider.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { assertNoSession, login, startSite } from './site.mjs';

const provider = await startProvider();
atEnd(() => provider.close());

const site = await startSite({
    provider,
    locations: (it) => `
    location / { ${it.proxyPass} }
    location /public { scalekit_auth off; ${it.proxyPass} }
    location /redirect { scalekit_unauthenticated redirect; ${it.proxyPass} }
    location /api { scalekit_unauthenticated 401; ${it.proxyPass} }
    location /pass { scalekit_unauthenticated pass; ${it.proxyPass} }
    location /socket { ${it.proxyPass} proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }`,
});

const reached = () => site.upstream.requests.length;

test('without a session no method reaches the upstream', async () => {
    const before = reached();
    for (const method of [
        'GET',
        'HEAD',
        'POST',
        'PUT',
        'DELETE',
        'PATCH',
        'OPTIONS',
        'TRACE',
        'PROPFIND',
        'FOO',
    ]) {
        for (const headers of [
            {},
            { accept: 'text/html', 'sec-fetch-mode': 'navigate' },
            { accept: 'application/json' },
        ]) {
            const response = await send(site.url('/x'), { method, headers });
            const expected = method === 'TRACE' ? [405] : [302, 401];
            assert.ok(
                expected.includes(response.status),
                `${method} ${JSON.stringify(headers)}: ${response.status}`,
            );
            assertNoSession(site, response);
        }
    }
    assert.equal(reached(), before);
});

test('only navigations by GET and HEAD are redirected; a POST from a form gets 401', async () => {
    const browser = site.browser();
    assert.equal(
        (await browser.navigate(site.url('/x'), { method: 'POST', body: 'a=b' })).status,
        401,
    );
    assert.equal(
        (await browser.navigate(site.url('/x'), { headers: { 'sec-fetch-dest': 'iframe' } }))
            .status,
        302,
    );
});

test('fetch, XHR and web socket upgrades get 401 with a challenge, a JSON body and no cookie', async () => {
    const requests = [
        { accept: 'application/json' },
        { accept: '*/*' },
        {},
        { accept: '*/*', 'sec-fetch-mode': 'cors' },
        { accept: 'text/html', 'sec-fetch-mode': 'no-cors' },
        { accept: 'text/html', 'sec-fetch-mode': 'same-origin' },
        { 'sec-fetch-mode': 'websocket' },
        {
            connection: 'upgrade',
            upgrade: 'websocket',
            'sec-websocket-version': '13',
            'sec-websocket-key': 'AAAA',
        },
    ];
    for (const headers of requests) {
        const response = await send(site.url('/socket'), { headers });
        assert.equal(response.status, 401, JSON.stringify(headers));
        assert.deepEqual(response.setCookies, []);
        assert.ok(response.headers['www-authenticate'], 'there is a challenge');
        assert.match(response.headers['content-type'], /application\/json/);
        assert.equal(response.json.error, 'unauthenticated');
        assert.match(response.json.reference, /^[0-9a-f]{12}$/);
        assert.match(response.headers['cache-control'], /no-store/);
    }
});

test('with a session a web socket upgrade goes through', async () => {
    const browser = site.browser();
    await login(browser, site.url('/'));
    const status = await new Promise((resolve, reject) => {
        http.get({
            host: '127.0.0.1',
            port: site.port,
            path: '/socket',
            agent: false,
            headers: {
                host: 'app.localhost',
                cookie: browser.cookieHeader(site.url()),
                connection: 'Upgrade',
                upgrade: 'websocket',
            },
        })
            .on('upgrade', (response, socket) => {
                socket.destroy();
                resolve(response.statusCode);
            })
            .on('response', (response) => resolve(response.statusCode))
            .on('error', reject);
    });
    assert.equal(status, 101);
});

test('scalekit_unauthenticated decides: redirect, 401 or pass', async () => {
    const script = { accept: 'application/json' };
    assert.equal((await send(site.url('/redirect'), { headers: script })).status, 302);
    assert.equal((await site.browser().navigate(site.url('/api'))).status, 401);
    const passed = await send(site.url('/pass'), { headers: script });
    assert.equal(passed.status, 200);
    assert.deepEqual(identityOf(passed.json), {});
    const browser = site.browser();
    await login(browser, site.url('/'));
    assert.equal(
        identityOf((await browser.script(site.url('/pass'))).json).sub,
        'conn_hooli;gavin',
    );
});

test('odd spellings of the path and forwarding headers do not open a guarded place', async () => {
    const guarded = [
        '/a/../api',
        '//api',
        '/%61pi',
        '/api%2f',
        '/api;x',
        '/api%23',
        '/api?x=/public',
        '/api%3f/public',
        '/public/../api',
        '/public/%2e%2e/api',
        '/./api',
        '/api#/public',
        '/public/..%2fapi',
        '/api\\..\\public',
    ];
    const before = reached();
    for (const path of guarded) {
        const response = await send(site.url('/'), { path });
        if (response.status === 200) {
            // Only what nginx itself puts into /public may pass.
            assert.ok(
                response.json.url.startsWith('/public'),
                `${path} reached ${response.json.url}`,
            );
            assert.ok(!/\.\.|%2e%2e/i.test(path), path);
        } else {
            assert.ok([302, 400, 401].includes(response.status), `${path}: ${response.status}`);
        }
    }
    assert.equal(
        (await send(site.url('/'), { path: `http://other.example/api` })).status,
        401,
        'absolute form',
    );
    const forged = {
        'x-forwarded-uri': '/public',
        'x-original-url': '/public',
        'x-rewrite-url': '/public',
        'x-original-uri': '/public',
        'x-accel-redirect': '/public',
        'user-agent': 'GoogleHC/1.0 kube-probe/1.2',
    };
    for (const [name, value] of Object.entries(forged)) {
        assert.equal(
            (await send(site.url('/api'), { headers: { [name]: value } })).status,
            401,
            name,
        );
    }
    assert.ok(reached() - before <= 1);
});

test('every exemption, then a forged session on the same worker, is refused', async () => {
    for (const path of [
        '/public',
        '/pass',
        '/redirect',
        '/api',
        '/auth/session',
        '/auth/callback?error=access_denied',
    ]) {
        await send(site.url(path));
    }
    const response = await send(site.url('/api'), {
        headers: { cookie: `${site.sessionCookie}=AAAA` },
    });
    assert.equal(response.status, 401);
});
