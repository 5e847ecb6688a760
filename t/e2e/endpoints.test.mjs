// The module's own endpoints below /auth: session, login and logout.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { startProvider } from '../op/provider.mjs';
import { parseSetCookie, send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { hostileLogin, login, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const provider = await startProvider();
atEnd(() => provider.close());
const secureProvider = await startProvider({ tls: true });
atEnd(() => secureProvider.close());

const site = await startSite({ provider: hostile });
const free = await startSite({ provider, server: '' });
const secure = await startSite({ provider: secureProvider, tls: true });

async function signedIn(lies) {
    const browser = site.browser();
    assert.equal((await hostileLogin(site, browser, lies)).status, 302);
    return browser;
}

test("/session tells a page who is signed in, as Scalekit's Auth.js provider maps it", async () => {
    const browser = await signedIn({
        claims: (claims) => ({ ...claims, picture: 'https://pictures.example/g.png' }),
    });
    const response = await browser.script(site.url('/auth/session'));
    assert.equal(response.status, 200);
    assert.match(response.headers['content-type'], /^application\/json/);
    assert.match(response.headers['cache-control'], /no-store/);
    const { expires, ...rest } = response.json;
    assert.deepEqual(rest, {
        organization: 'org_111',
        user: {
            id: 'conn_hooli;gavin',
            name: 'Gavin Belson',
            email: 'gavin@hooli.example',
            image: 'https://pictures.example/g.png',
        },
    });
    assert.match(expires, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    const hours = (Date.parse(expires) - Date.now()) / 3_600_000;
    assert.ok(hours > 0 && hours < 8.1, `${hours} hours`);
});

test('/session falls back to given and family name, and to null for what is not known', async () => {
    const browser = await signedIn({
        claims: ({ name: _, ...claims }) => ({
            ...claims,
            given_name: 'Gavin',
            family_name: 'B "the" \u0001B',
        }),
    });
    const { user } = (await browser.script(site.url('/auth/session'))).json;
    assert.deepEqual([user.name, user.image], ['Gavin B "the" \u0001B', null]);
});

test('/session without a session is 401 also for a navigation', async () => {
    for (const ask of ['script', 'navigate']) {
        const response = await site.browser()[ask](site.url('/auth/session'));
        assert.equal(response.status, 401);
        assert.equal(response.location, undefined);
        assert.equal(JSON.parse(response.text).error, 'unauthenticated');
    }
});

test('/login starts a login and comes back to return_to, at once for who is signed in already', async () => {
    const browser = site.browser();
    const start = await browser.navigate(
        site.url('/auth/login?return_to=%2Fafter%3Fa%3D1%26b%3D2'),
    );
    assert.equal(start.status, 302);
    const back = await browser.navigate(hostile.authorize(start.location));
    assert.equal(new URL(back.location, site.url()).href, site.url('/after?a=1&b=2'));
    const again = await browser.navigate(site.url('/auth/login?return_to=/other'));
    assert.equal(new URL(again.location, site.url()).href, site.url('/other'));
    assert.equal(
        new URL((await browser.navigate(site.url('/auth/login'))).location, site.url()).href,
        site.url('/'),
    );
});

test('/login routes by its arguments where the place leaves it open', async () => {
    const cases = [
        ['organization_id=org_222', 'conn_initech'],
        ['connection_id=conn_hooli_partners', 'conn_hooli_partners'],
        ['domain=initech.test', 'conn_initech'],
        ['email=gavin%40hooli.example', 'conn_hooli'],
    ];
    for (const [query, connection] of cases) {
        const seen = await login(free.browser(), free.url(`/auth/login?return_to=/x&${query}`));
        assert.deepEqual([seen.url, identityOf(seen)['connection-id']], ['/x', connection], query);
    }
});

test('/login does not let its arguments change what the place fixes', async () => {
    const start = await site.browser().navigate(site.url('/auth/login?organization_id=org_222'));
    assert.ok(
        start.status >= 400 ||
            new URL(start.location).searchParams.get('organization_id') === 'org_111',
    );
});

test('arguments of /login named like protocol parameters change nothing', async () => {
    const forged =
        'client_id=evil&redirect_uri=https%3A%2F%2Fevil.example&state=s&nonce=n&code_challenge=c' +
        '&response_type=token&scope=all&response_mode=fragment';
    const start = await free
        .browser()
        .navigate(free.url(`/auth/login?organization_id=org_111%26client_id%3Devil&${forged}`));
    const params = new URL(start.location).searchParams;
    assert.deepEqual(
        [
            params.getAll('client_id'),
            params.getAll('redirect_uri'),
            params.get('response_type'),
            params.get('scope'),
            params.get('response_mode'),
        ],
        [['skc_1001'], [free.url('/auth/callback')], 'code', 'openid profile email', null],
    );
    assert.equal(
        params.get('organization_id'),
        'org_111&client_id=evil',
        'the value stays one value',
    );
});

test('signing out by POST ends the session here and deletes its cookies with their own attributes', async () => {
    const browser = await signedIn({
        claims: (claims) => ({ ...claims, filler: 'f'.repeat(4_000) }),
    });
    const had = browser.cookies
        .filter((cookie) => cookie.name.startsWith(site.sessionCookie))
        .map((cookie) => cookie.name);
    assert.deepEqual(had.sort(), ['sk_session', 'sk_session.1']);
    const response = await browser.navigate(site.url('/auth/logout'), {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin' },
    });
    assert.equal(response.status, 303, '303, so that the POST is not repeated');
    assert.deepEqual(
        browser.cookies.filter((cookie) => cookie.name.startsWith(site.sessionCookie)),
        [],
    );
    assert.equal((await browser.script(site.url('/'))).status, 401);
});

test('over https the deleting Set-Cookie repeats the attributes of the setting one', async () => {
    const browser = secure.browser();
    await login(browser, secure.url('/'));
    const response = await browser.navigate(secure.url('/auth/logout'), {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin' },
    });
    const { attributes } = response.setCookies
        .map(parseSetCookie)
        .find((cookie) => cookie.name === '__Host-sk_session');
    assert.deepEqual(
        [
            attributes.secure,
            attributes.httponly,
            attributes.path,
            attributes['max-age'],
            attributes.domain,
        ],
        [true, true, '/', '0', undefined],
    );
    assert.equal(browser.cookie('__Host-sk_session', secure.url()), undefined);
});

test('signing out by a script answers JSON', async () => {
    const browser = await signedIn();
    const response = await browser.script(site.url('/auth/logout'), { method: 'POST' });
    assert.deepEqual([response.status, response.json], [200, { ok: true }]);
    assert.equal(browser.cookie(site.sessionCookie, site.url()), undefined);
});

test('another site cannot sign anybody out', async () => {
    const browser = await signedIn();
    const attempts = [
        {
            method: 'POST',
            headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
        },
        {
            method: 'POST',
            headers: { 'sec-fetch-site': 'same-site', origin: 'http://evil.app.localhost' },
        },
        {
            method: 'POST',
            headers: { 'sec-fetch-site': undefined, origin: 'https://evil.example' },
        },
        { method: 'POST', headers: { 'sec-fetch-site': undefined, origin: 'null' } },
        { method: 'GET', headers: { 'sec-fetch-site': 'cross-site' } },
        { method: 'GET', headers: { 'sec-fetch-site': 'same-site' } },
        { method: 'HEAD', headers: { 'sec-fetch-site': 'cross-site' } },
    ];
    for (const { method, headers } of attempts) {
        const count = site.nginx.refusals().length;
        const response = await send(site.url('/auth/logout'), {
            method,
            headers: {
                accept: 'text/html',
                'sec-fetch-mode': 'navigate',
                cookie: browser.cookieHeader(site.url()),
                ...JSON.parse(JSON.stringify(headers)),
            },
        });
        assert.deepEqual(response.setCookies, [], `${method} ${JSON.stringify(headers)}`);
        if (method === 'POST') {
            assert.equal(response.status, 403, JSON.stringify(headers));
            assert.equal(await site.nginx.reasonAfter(count), 'cross_site');
        }
    }
    assert.equal((await browser.script(site.url('/'))).status, 200, 'still signed in');
});

test('a link to /logout shows a page that asks, a form of our own pages ends the session', async () => {
    const browser = await signedIn();
    const page = await browser.navigate(site.url('/auth/logout'));
    assert.equal(page.status, 200);
    assert.match(page.text, /<form[^>]* method="?post"?/i);
    assert.match(page.headers['content-security-policy'], /frame-ancestors 'none'/);
    assert.equal((await browser.script(site.url('/'))).status, 200);
    const own = await browser.navigate(site.url('/auth/logout'), {
        headers: { 'sec-fetch-site': 'same-origin' },
    });
    assert.ok([200, 303].includes(own.status));
    assert.equal((await browser.script(site.url('/'))).status, 401);
});

test('/logout without a session is not an error', async () => {
    const response = await site.browser().script(site.url('/auth/logout'), { method: 'POST' });
    assert.equal(response.status, 200);
});

test('other methods on the endpoints are refused, other paths below them are guarded like the rest', async () => {
    const browser = await signedIn();
    for (const [method, path] of [
        ['POST', '/auth/session'],
        ['POST', '/auth/login'],
        ['DELETE', '/auth/logout'],
    ]) {
        assert.equal(
            (await browser.script(site.url(path), { method })).status,
            405,
            `${method} ${path}`,
        );
    }
    assert.equal((await site.browser().script(site.url('/auth/nothing'))).status, 401);
    assert.equal((await site.browser().script(site.url('/authentic'))).status, 401);
    assert.equal((await browser.script(site.url('/auth/nothing'))).json.url, '/auth/nothing');
});

test('base_path and callback can be moved, as when an Auth.js deployment is replaced', async () => {
    const moved = await startSite({
        provider: hostile,
        settings: { base_path: '/api/auth', callback: '/auth/callback/scalekit' },
    });
    const browser = moved.browser();
    const start = await browser.navigate(moved.url('/x'));
    assert.equal(
        new URL(start.location).searchParams.get('redirect_uri'),
        moved.url('/auth/callback/scalekit'),
    );
    assert.equal((await browser.navigate(hostile.authorize(start.location))).status, 302);
    assert.equal((await browser.script(moved.url('/api/auth/session'))).status, 200);
});
