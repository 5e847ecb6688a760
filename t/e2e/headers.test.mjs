// Identity headers are the module's alone: whatever a client sends in their name is gone in every
// mode, for every kind of upstream, and the module's cookies stay in front.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { hostileLogin, startSite } from './site.mjs';
import { startFastcgi, startUwsgi } from './upstream.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const fastcgi = await startFastcgi();
atEnd(() => fastcgi.close());
const uwsgi = await startUwsgi();
atEnd(() => uwsgi.close());

const places = (it) => `
    location / { ${it.proxyPass} }
    location /off { scalekit_auth off; ${it.proxyPass} }
    location /pass { scalekit_unauthenticated pass; ${it.proxyPass} }
    location /none { scalekit_identity_headers off; ${it.proxyPass} }
    location /prefix { scalekit_identity_headers on prefix=X-Person-; ${it.proxyPass} }
    location /fastcgi { fastcgi_pass 127.0.0.1:${fastcgi.port}; fastcgi_param SCRIPT_NAME /x; }
    location /uwsgi { uwsgi_pass 127.0.0.1:${uwsgi.port}; uwsgi_param SCRIPT_NAME /x; }
    location /off/fastcgi { scalekit_auth off; fastcgi_pass 127.0.0.1:${fastcgi.port};
        fastcgi_param SCRIPT_NAME /x; }
    location /off/uwsgi { scalekit_auth off; uwsgi_pass 127.0.0.1:${uwsgi.port};
        uwsgi_param SCRIPT_NAME /x; }
    location /try { try_files /nothing @named; }
    location @named { ${it.proxyPass} }
    location /broken { error_page 404 = /after-error; return 404; }
    location /after-error { ${it.proxyPass} }`;

const strict = await startSite({ provider: hostile, locations: places });
const lenient = await startSite({
    provider: hostile,
    locations: places,
    server: `scalekit_organization_id org_111;
        underscores_in_headers on; ignore_invalid_headers off;`,
});

const names = [
    'X-Scalekit-Sub',
    'x-scalekit-sub',
    'X-SCALEKIT-SUB',
    'X_Scalekit_Sub',
    'x_scalekit_sub',
    'X-Scalekit_Sub',
    'X_SCALEKIT-SUB',
    'X-Scalekit-Email',
    'X_Scalekit_Email',
    'X-Scalekit-Org-Id',
    'X_Scalekit_Org_Id',
    'X-Scalekit-Org_Id',
    'X-Scalekit-Roles',
    'X_Scalekit_Permissions',
    'X-Scalekit-Name',
    'X-Scalekit-Connection-Id',
    'X-Scalekit-Session-Id',
    'X-Scalekit-Anything-Else',
    'X-Person-Sub',
    'x_person_email',
];
const forged = names.flatMap((name) => [name, 'forged', name, 'forged again']);

async function signedIn(site, lies) {
    const browser = site.browser();
    assert.equal((await hostileLogin(site, browser, lies)).status, 302);
    return browser;
}

// The values in a list of [name, value] whose name stands for the given header, however it is
// spelled.
const spelled = (list, prefix) =>
    list.filter(([name]) =>
        name
            .toLowerCase()
            .replaceAll('_', '-')
            .replace(/^http-/, '')
            .startsWith(prefix),
    );

for (const [kind, site] of [
    ['as nginx comes', strict],
    ['with underscores_in_headers on', lenient],
]) {
    test(`${kind}, forged identity headers reach no upstream of a signed-out request`, async () => {
        for (const path of ['/off', '/pass', '/off/fastcgi', '/off/uwsgi']) {
            const response = await send(site.url(path), { headers: forged });
            assert.equal(response.status, 200, path);
            assert.doesNotMatch(response.text, /forged/, path);
        }
    });

    test(`${kind}, a signed-in request carries the module's values alone, each once`, async () => {
        const browser = await signedIn(site);
        const cookie = browser.cookieHeader(site.url());
        for (const path of [
            '/',
            '/try',
            '/broken',
            '/fastcgi',
            '/uwsgi',
            '/pass',
            '/prefix',
            '/none',
        ]) {
            const response = await send(site.url(path), { headers: [...forged, 'Cookie', cookie] });
            assert.equal(response.status, 200, path);
            assert.doesNotMatch(response.text, /forged/, path);
            const list = Array.isArray(response.json) ? response.json : response.json.rawHeaders;
            const subjects = spelled(
                list,
                path === '/prefix' ? 'x-person-sub' : 'x-scalekit-sub',
            ).map(([, value]) => value);
            assert.deepEqual(subjects, path === '/none' ? [] : ['conn_hooli;gavin'], path);
        }
    });
}

test('naming an identity header in Connection does not make it disappear', async () => {
    const browser = await signedIn(strict);
    const response = await browser.script(strict.url('/'), {
        headers: { connection: 'close, X-Scalekit-Sub' },
    });
    assert.equal(identityOf(response.json).sub, 'conn_hooli;gavin');
});

test('OPTIONS, callback and error pages let no forged header through', async () => {
    const before = strict.upstream.requests.length;
    for (const [method, path] of [
        ['OPTIONS', '/'],
        ['GET', '/auth/callback?code=x&state=y'],
        ['GET', '/auth/session'],
        ['GET', '/broken'],
    ]) {
        await send(strict.url(path), { method, headers: forged });
    }
    assert.equal(strict.upstream.requests.length, before);
});

test('values that a claim lacks are sent by nobody', async () => {
    const browser = await signedIn(strict, { claims: ({ email: _, ...claims }) => claims });
    const response = await browser.script(strict.url('/'), {
        headers: { 'x-scalekit-email': 'forged@hooli.example' },
    });
    assert.equal(identityOf(response.json).email, undefined);
});

test('control characters, non-ASCII and long values are encoded, and a comma cannot make two roles of one', async () => {
    const browser = await signedIn(strict, {
        claims: (claims) => ({
            ...claims,
            name: 'Ünï\r\nX-Evil: 1\tx\u007f%41',
            roles: ['a,b', 'c'],
            permissions: ['p:read'],
            team: 'red\u0001',
        }),
    });
    const response = await browser.script(strict.url('/'));
    const identity = identityOf(response.json);
    assert.equal(identity.name, '%C3%9Cn%C3%AF%0D%0AX-Evil: 1%09x%7F%2541');
    assert.equal(identity.roles, 'a%2Cb,c');
    assert.equal(identity.permissions, 'p:read');
    assert.equal(response.json.headers['x-evil'], undefined);
    const long = await signedIn(strict, {
        claims: (claims) => ({ ...claims, name: 'n'.repeat(4_000) }),
    });
    assert.equal(identityOf((await long.script(strict.url('/'))).json).name, 'n'.repeat(4_000));
});

test("the module's cookies do not reach the upstream, all others do, as they were", async () => {
    for (const path of ['/', '/off', '/pass', '/none']) {
        const browser = await signedIn(strict, {
            claims: (claims) => ({ ...claims, filler: 'f'.repeat(4_000) }),
        });
        const own = browser.cookieHeader(strict.url());
        const { json } = await send(strict.url(path), {
            headers: { cookie: `a=1; ${own}; b="x y"; sk_sessions=kept; c` },
        });
        assert.equal(json.headers.cookie, 'a=1; b="x y"; sk_sessions=kept; c', path);
        const alone = await send(strict.url(path), { headers: { cookie: own } });
        assert.equal(alone.json.headers.cookie, undefined, `${path}: an empty header is left out`);
    }
    const browser = await signedIn(strict);
    for (const path of ['/fastcgi', '/uwsgi']) {
        const list = (
            await send(strict.url(path), {
                headers: { cookie: `a=1; ${browser.cookieHeader(strict.url())}` },
            })
        ).json;
        assert.equal(list.find(([name]) => name === 'HTTP_COOKIE')?.[1], 'a=1', path);
    }
});

test("with a cache in front, one person's answer is not another's", async () => {
    const cached = await startSite({
        provider: hostile,
        http: 'proxy_cache_path @FOLDER@/cache keys_zone=c:1m;',
        locations: (it) =>
            `location / { ${it.proxyPass}
                proxy_cache c; proxy_cache_key "$uri $scalekit_sub"; proxy_cache_valid 200 1m; }`,
    });
    const [one, two] = [
        await signedIn(cached),
        await signedIn(cached, { claims: (claims) => ({ ...claims, sub: 'conn_hooli;other' }) }),
    ];
    for (const [browser, sub] of [
        [one, 'conn_hooli;gavin'],
        [two, 'conn_hooli;other'],
        [one, 'conn_hooli;gavin'],
    ]) {
        const response = await browser.script(cached.url('/shared'));
        assert.equal(identityOf(response.json).sub, sub);
        assert.deepEqual(response.setCookies, []);
    }
    assert.equal((await cached.browser().script(cached.url('/shared'))).status, 401);
});

const variables = ['authenticated', 'sub', 'email', 'name', 'org_id', 'connection_id', 'method'];
const allOf = [...variables, 'claim_team', 'picture', 'error'].map((name) => `$scalekit_${name}`);

test('the variables say who it is, and are empty without an identity', async () => {
    const probe = await startSite({
        provider: hostile,
        locations: (it) => `
            location / { ${it.proxyPass} proxy_set_header X-Who "${allOf.join('|')}"; }
            location /pass {
                scalekit_unauthenticated pass; ${it.proxyPass}
                proxy_set_header X-Who "${allOf.slice(0, -1).join('|')}";
            }`,
    });
    const browser = await signedIn(probe, { claims: (claims) => ({ ...claims, team: 'red' }) });
    assert.equal(
        (await browser.script(probe.url('/'))).json.headers['x-who'],
        '1|conn_hooli;gavin|gavin@hooli.example|Gavin Belson|org_111|conn_hooli|session|red||',
    );
    assert.equal((await send(probe.url('/pass'))).json.headers['x-who'], '0||||||||');
});
