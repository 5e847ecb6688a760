// The endpoints below /auth as far as they need a provider: a login that completes, and who is signed
// in then. All else about them is in t/endpoints.t.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { startProvider } from '../op/provider.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { hostileLogin, login, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const provider = await startProvider();
atEnd(() => provider.close());

const site = await startSite({ provider: hostile });
const free = await startSite({ provider, server: '' });

async function signedIn(lies) {
    const browser = site.browser();
    assert.equal((await hostileLogin(site, browser, lies)).status, 302);
    return browser;
}

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

test('the sign-out page works in a browser that tells no more than `Origin: null`', async () => {
    const [browser, other] = [await signedIn(), await signedIn()];
    const request = (who, path, method = 'GET') =>
        send(site.url(path), {
            method,
            headers: {
                accept: 'text/html',
                cookie: who.cookieHeader(site.url()),
                ...(method === 'POST' && { origin: 'null' }),
            },
        });
    const formOf = async (who) =>
        (await request(who, '/auth/logout')).text.match(/<form [^>]*action="([^"]+)"/)[1];
    const [own, foreign] = [await formOf(browser), await formOf(other)];

    assert.equal((await request(browser, '/auth/logout', 'POST')).status, 403);
    assert.equal((await request(browser, foreign, 'POST')).status, 403);
    const copy = browser.clone();
    const done = await request(browser, own, 'POST');
    assert.deepEqual([done.status, done.location.split('?')[0]], [303, '/auth/logout']);
    assert.equal((await copy.script(site.url('/auth/session'))).json.reason, 'session_ended');
    assert.equal((await other.script(site.url('/auth/session'))).status, 200);
});
