// Tenants by host: each signs in to its own organization, also when the browser asks the provider for
// another one. Sessions of one tenant at another are in t/session_cookie.t, unknown hosts in t/routing.t.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startProvider } from '../op/provider.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { login, startSite } from './site.mjs';

const provider = await startProvider();
atEnd(() => provider.close());

const tenants = `map $host $org { hooli.app.localhost org_111; initech.app.localhost org_222; }
    map $host $conn { hooli.app.localhost conn_hooli; initech.app.localhost conn_initech; }`;

const site = await startSite({
    provider,
    http: tenants,
    server: 'scalekit_organization_id $org;',
    locations: (it) => `
        location / { ${it.proxyPass} }
        location /conn { scalekit_organization_id $org optional; scalekit_connection_id $conn;
            ${it.proxyPass} }`,
    servers: (it) => `server { listen 127.0.0.1:${it.port}; server_name any.localhost;
        scalekit_auth acme; scalekit_organization_id $org optional; scalekit_domain hooli.example;
        location / { ${it.proxyPass} } }`,
});
const hooli = (path) => site.url(path, 'hooli.app.localhost');
const initech = (path) => site.url(path, 'initech.app.localhost');

test('each host signs in to its own organization', async () => {
    const one = identityOf(await login(site.browser(), hooli('/a')));
    const two = identityOf(await login(site.browser(), initech('/b')));
    assert.deepEqual(
        [one['org-id'], one.sub, two['org-id'], two.sub],
        ['org_111', 'conn_hooli;gavin', 'org_222', 'conn_initech;peter'],
    );
});

test('optional means that an empty organization is any organization', async () => {
    const seen = await login(site.browser(), site.url('/', 'any.localhost'));
    assert.equal(identityOf(seen)['org-id'], 'org_111');
});

// Tenants by path: only the location of a page knows its tenant, the callback's does not.
const byPath = await startSite({
    provider,
    http: 'map $request_uri $org { ~^/hooli/ org_111; ~^/initech/ org_222; }',
    server: 'scalekit_organization_id $org;',
});
const fixed = await startSite({
    provider,
    locations: (it) => `location / { ${it.proxyPass} }
        location /initech/ { scalekit_organization_id org_222; ${it.proxyPass} }`,
});

test('tenants by path: the callback belongs to its login, not to its location', async () => {
    for (const it of [byPath, fixed]) {
        const seen = await login(it.browser(), it.url('/initech/a?b=c'));
        assert.deepEqual([seen.url, identityOf(seen)['org-id']], ['/initech/a?b=c', 'org_222']);
    }
    const seen = await login(byPath.browser(), byPath.url('/hooli/a'));
    assert.equal(identityOf(seen)['org-id'], 'org_111');
});

test('a login that begins once more stays with its tenant', async () => {
    for (const it of [byPath, fixed]) {
        const start = await it.browser().navigate(it.url('/initech/a'));
        const callback = new URL(new URL(start.location).searchParams.get('redirect_uri'));
        callback.searchParams.set('state', new URL(start.location).searchParams.get('state'));
        callback.searchParams.set('code', 'x');
        callback.searchParams.set('iss', provider.issuer);
        const again = await it.browser().navigate(callback.href);
        assert.equal(new URL(again.location).searchParams.get('organization_id'), 'org_222');
    }
});

test('who cancels can try again at the page that was asked for', async () => {
    for (const it of [byPath, fixed]) {
        const browser = it.browser();
        const start = new URL((await browser.navigate(it.url('/initech/a?b=c'))).location);
        const callback = new URL(start.searchParams.get('redirect_uri'));
        callback.searchParams.set('state', start.searchParams.get('state'));
        callback.searchParams.set('error', 'access_denied');
        callback.searchParams.set('iss', provider.issuer);
        const page = await browser.navigate(callback.href);
        assert.match(page.text, /href="\/initech\/a\?b=c">Try again</);
    }
});

test('the login of a JSON answer leads to the tenant of the place, and no other link does', async () => {
    for (const it of [byPath, fixed]) {
        const browser = it.browser();
        const { json } = await browser.script(it.url('/initech/a'));
        const answer = await browser.navigate(new URL(json.login, it.url()).href);
        assert.equal(new URL(answer.location).searchParams.get('organization_id'), 'org_222');
        const forged = json.login.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'));
        assert.equal((await browser.navigate(it.url(forged))).status, 400);
    }
    const chosen = await fixed.browser().navigate(fixed.url('/auth/login?organization_id=org_222'));
    assert.equal(new URL(chosen.location).searchParams.get('organization_id'), 'org_111');
});

test('who signed out signs in again to the tenant that was left', async () => {
    const browser = byPath.browser();
    await login(browser, byPath.url('/initech/a'));
    const out = await browser.navigate(byPath.url('/auth/logout'), { method: 'POST' });
    const done = await browser.navigate(byPath.url(out.location));
    const again = done.text.match(/href="([^"]*)">Sign in again</)[1];
    const answer = await browser.navigate(byPath.url(again));
    assert.equal(new URL(answer.location).searchParams.get('organization_id'), 'org_222');
});

test('a login link without a tenant is refused where only the path tells it', async () => {
    const answer = await byPath.browser().navigate(byPath.url('/auth/login?return_to=/initech/a'));
    assert.deepEqual([answer.status, answer.location], [403, undefined]);
});

test('editing organization_id or connection_id in the authorize URL is refused at the callback', async () => {
    const cases = [
        [hooli('/'), 'organization_id', 'org_222', 'organization_mismatch'],
        [initech('/'), 'organization_id', 'org_111', 'organization_mismatch'],
        [hooli('/'), 'organization_id', null, /organization_mismatch|provider_error/],
        [hooli('/conn'), 'connection_id', 'conn_hooli_partners', 'connection_mismatch'],
        [initech('/conn'), 'connection_id', 'conn_hooli', /^(organization|connection)_mismatch$/],
    ];
    for (const [url, name, value, reason] of cases) {
        const browser = site.browser();
        const location = new URL((await browser.navigate(url)).location);
        if (value) {
            location.searchParams.set(name, value);
        } else {
            location.searchParams.delete(name);
            location.searchParams.set('domain', 'initech.example');
        }
        const count = site.nginx.refusals().length;
        const last = await browser.visit(location.href);
        assert.match(last.url, /\/auth\/callback/);
        assert.ok(last.status >= 400 && last.status < 500, `${name}=${value}: ${last.status}`);
        assert.match(await site.nginx.reasonAfter(count), new RegExp(reason));
        assert.equal(browser.cookie(site.sessionCookie, url), undefined);
        assert.equal((await browser.script(url)).status, 401);
    }
});
