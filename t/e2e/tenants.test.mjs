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
