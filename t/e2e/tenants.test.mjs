// Tenants by host: each signs in to its own organization, and none gets in with another one's
// session.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { startProvider } from '../op/provider.mjs';
import { atEnd } from './cleanup.mjs';
import { environment, identityOf } from './conf.mjs';
import { login, startSite } from './site.mjs';

const provider = await startProvider();
atEnd(() => provider.close());
const elsewhere = await startHostile();
atEnd(() => elsewhere.close());

const tenants = `map $host $org { hooli.app.localhost org_111; initech.app.localhost org_222; }
    map $host $conn { hooli.app.localhost conn_hooli; initech.app.localhost conn_initech; }`;

const site = await startSite({
    provider,
    http: `${tenants}\n    ${environment(elsewhere, {}, 'other')}`,
    server: 'scalekit_organization_id $org;',
    locations: (it) => `
        location / { ${it.proxyPass} }
        location /conn { scalekit_organization_id $org optional; scalekit_connection_id $conn;
            ${it.proxyPass} }`,
    servers: (it) => `server { listen 127.0.0.1:${it.port}; server_name other.localhost;
        scalekit_auth other; scalekit_organization_id org_111; location / { ${it.proxyPass} } }
    server { listen 127.0.0.1:${it.port}; server_name any.localhost;
        scalekit_auth acme; scalekit_organization_id $org optional; scalekit_domain hooli.example;
        location / { ${it.proxyPass} } }`,
});
const hooli = (path) => site.url(path, 'hooli.app.localhost');
const initech = (path) => site.url(path, 'initech.app.localhost');
const unknown = (path) => site.url(path, 'unknown.app.localhost');

async function signedInAt(url) {
    const browser = site.browser();
    await login(browser, url);
    return browser;
}

// A browser at `target` that holds the session which `from` has at `source`.
function withStolenSession(from, source, target) {
    const browser = site.browser();
    browser.setCookie(site.sessionCookie, from.cookie(site.sessionCookie, source), target);
    return browser;
}

test('each host signs in to its own organization', async () => {
    const one = identityOf(await login(site.browser(), hooli('/a')));
    const two = identityOf(await login(site.browser(), initech('/b')));
    assert.deepEqual(
        [one['org-id'], one.sub, two['org-id'], two.sub],
        ['org_111', 'conn_hooli;gavin', 'org_222', 'conn_initech;peter'],
    );
});

test('a host that the map does not know gets 403 tenant_unknown, with and without a session', async () => {
    const session = await signedInAt(hooli('/'));
    for (const browser of [site.browser(), withStolenSession(session, hooli('/'), unknown('/'))]) {
        const before = site.upstream.requests.length;
        for (const ask of ['navigate', 'script']) {
            const count = site.nginx.refusals().length;
            const response = await browser[ask](unknown('/'));
            assert.equal(response.status, 403, ask);
            assert.equal(await site.nginx.reasonAfter(count), 'tenant_unknown');
            assert.equal(response.location, undefined);
        }
        assert.equal(site.upstream.requests.length, before);
    }
});

test('optional means that an empty organization is any organization', async () => {
    const seen = await login(site.browser(), site.url('/', 'any.localhost'));
    assert.equal(identityOf(seen)['org-id'], 'org_111');
});

test('a session of one tenant at another: a navigation starts a login for the right one', async () => {
    const browser = withStolenSession(await signedInAt(hooli('/')), hooli('/'), initech('/'));
    const before = site.upstream.requests.length;
    const response = await browser.navigate(initech('/deep'));
    assert.equal(response.status, 302);
    assert.equal(new URL(response.location).searchParams.get('organization_id'), 'org_222');
    assert.equal(site.upstream.requests.length, before);
    assert.equal(identityOf((await browser.visit(initech('/deep'))).json)['org-id'], 'org_222');
});

test('a session of one tenant at another: anything but a navigation gets 403', async () => {
    const browser = withStolenSession(await signedInAt(hooli('/')), hooli('/'), initech('/'));
    const before = site.upstream.requests.length;
    for (const options of [{}, { method: 'POST', body: 'x' }, { method: 'DELETE' }]) {
        const count = site.nginx.refusals().length;
        const response = await browser.script(initech('/'), options);
        assert.equal(response.status, 403);
        assert.equal(response.json.reason, 'organization_mismatch');
        assert.equal(await site.nginx.reasonAfter(count), 'organization_mismatch');
        assert.deepEqual(response.setCookies, []);
    }
    assert.equal(site.upstream.requests.length, before);
});

test('a session of another connection is no session where a connection is demanded', async () => {
    const browser = withStolenSession(await signedInAt(hooli('/')), hooli('/'), initech('/'));
    const response = await browser.script(initech('/conn'));
    assert.ok([401, 403].includes(response.status));
    assert.match(response.json.reason, /^(organization|connection)_mismatch$/);
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

test('a session opens only the environment that made it', async () => {
    const other = (path) => site.url(path, 'other.localhost');
    const browser = withStolenSession(await signedInAt(hooli('/')), hooli('/'), other('/'));
    const response = await browser.script(other('/'));
    assert.equal(response.status, 401);
    assert.equal(new URL((await browser.navigate(other('/'))).location).origin, elsewhere.issuer);
});

test('with base_url a forged Host or X-Forwarded-* changes nothing', async () => {
    const fixed = await startSite({
        provider,
        settings: { base_url: 'http://app.localhost:8443' },
    });
    const honest = await fixed.browser().navigate(fixed.url('/'));
    const expected = new URL(honest.location).searchParams.get('redirect_uri');
    assert.equal(expected, 'http://app.localhost:8443/auth/callback');
    const forgeries = [
        ['Host', 'evil.example'],
        ['Host', 'evil.example:1'],
        ['Host', 'app.localhost@evil.example'],
        ['X-Forwarded-Host', 'evil.example'],
        ['X-Forwarded-Proto', 'gopher'],
        ['X-Forwarded-Port', '1'],
        ['Forwarded', 'host=evil.example;proto=http'],
        ['X-Original-Host', 'evil.example'],
        ['X-Host', 'evil.example'],
    ];
    for (const [name, value] of forgeries) {
        const lines = name === 'Host' ? ['Host', value] : ['Host', 'app.localhost', name, value];
        const response = await rawNavigate(fixed.port, lines);
        if (response.status === 400 && name === 'Host') {
            continue; // nginx itself refuses that Host
        }
        assert.equal(response.status, 302, `${name}: ${value}`);
        const location = new URL(response.location);
        assert.equal(location.origin, provider.issuer);
        assert.equal(location.searchParams.get('redirect_uri'), expected, `${name}: ${value}`);
        assert.doesNotMatch(JSON.stringify(response.setCookies), /evil/);
    }
});

function rawNavigate(port, lines) {
    return new Promise((resolve, reject) => {
        http.get(
            {
                host: '127.0.0.1',
                port,
                agent: false,
                setHost: false,
                headers: [...lines, 'Accept', 'text/html'],
            },
            (response) => {
                response.resume();
                resolve({
                    status: response.statusCode,
                    location: response.headers.location,
                    setCookies: response.headers['set-cookie'] ?? [],
                });
            },
        ).on('error', reject);
    });
}
