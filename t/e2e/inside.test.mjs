// Ways inside nginx that lead past or twice through the access phase: subrequests, internal
// redirects, satisfy any.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { hostileLogin, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const site = await startSite({
    provider: hostile,
    files: {
        'page.html': 'before<!--#include virtual="/secret" -->after',
        'index.html': 'index',
        passwords: 'basic:{PLAIN}right\n',
    },
    http: `log_format names "$scalekit_sub|$scalekit_name|$short|$scalekit_error";
    map $scalekit_email $short { default none; ~^(?<local>[^@]+)@ $local; }`,
    server: 'scalekit_organization_id org_111; access_log @FOLDER@/names.log names;',
    locations: (it) => `
        location / { ${it.proxyPass} }
        location /secret { ${it.proxyPass} }
        ${['', '/known']
            .map(
                (prefix) => `
        location ${prefix}/ssi/ { ${prefix ? '' : 'scalekit_auth off;'} ssi on; alias @FOLDER@/; }
        location ${prefix}/added/ { ${prefix ? '' : 'scalekit_auth off;'} alias @FOLDER@/;
            add_after_body /secret; addition_types *; }
        location ${prefix}/mirrored { ${prefix ? '' : 'scalekit_auth off;'} mirror /secret; ${it.proxyPass} }
        location ${prefix}/asked { ${prefix ? '' : 'scalekit_auth off;'} auth_request /secret; ${it.proxyPass} }`,
            )
            .join('')}
        location /error { scalekit_auth off; error_page 404 = /secret; return 404; }
        location /named-error { scalekit_auth off; error_page 404 = @secret; return 404; }
        location /try { scalekit_auth off; try_files /nothing /secret; }
        location /try-named { scalekit_auth off; try_files /nothing @secret; }
        location /rewritten { scalekit_auth off; rewrite ^ /secret last; }
        location @secret { ${it.proxyPass} }
        location = /indexed/ { scalekit_auth off; alias @FOLDER@/; index index.html; }
        location = /indexed/index.html { ${it.proxyPass} }
        location /accel { scalekit_auth off; proxy_pass http://127.0.0.1:${it.port};
            proxy_set_header Host accel.localhost; }
        location /any/allow { satisfy any; allow 127.0.0.1; deny all; ${it.proxyPass} }
        location /any/deny { satisfy any; deny all; ${it.proxyPass} }
        location /any/basic { satisfy any; ${it.proxyPass}
            auth_basic realm; auth_basic_user_file @FOLDER@/passwords; }
        location /all/deny { deny all; ${it.proxyPass} }
        location /all/basic { ${it.proxyPass}
            auth_basic realm; auth_basic_user_file @FOLDER@/passwords; }
        location /variables { ${it.proxyPass}
            proxy_set_header X-Long "${'$scalekit_name/$scalekit_claim_long/'.repeat(20)}$short"; }
        location /own-page { error_page 401 /sign-in.html; ${it.proxyPass} }
        location = /sign-in.html { internal; scalekit_auth off; alias @FOLDER@/index.html; }`,
    servers: (it) => `server { listen 127.0.0.1:${it.port}; server_name accel.localhost;
        location / { add_header X-Accel-Redirect /secret; return 200; } }`,
});

const forged = ['X-Scalekit-Sub', 'forged', 'X_Scalekit_Sub', 'forged'];
const browser = site.browser();
assert.equal(
    (
        await hostileLogin(site, browser, {
            claims: (claims) => ({ ...claims, long: 'l'.repeat(300) }),
        })
    ).status,
    302,
);
const cookie = browser.cookieHeader(site.url());

const as = (who, path, headers = []) => {
    site.upstream.requests.length = 0;
    return send(site.url(path), {
        headers: [
            'Accept',
            'application/json',
            ...forged,
            ...(who === 'somebody' ? ['Cookie', cookie] : []),
            ...headers,
        ],
    });
};
const secrets = () =>
    site.upstream.requests.filter(
        (request) => request.url.startsWith('/secret') || request.url.includes('indexed'),
    );

const including = ['/ssi/page.html', '/added/index.html', '/mirrored', '/asked'];

test('a subrequest from an open page into a guarded place is denied, with a session too', async () => {
    for (const [who, path] of including.flatMap((it) => [
        ['nobody', it],
        ['somebody', it],
    ])) {
        const response = await as(who, path);
        assert.equal(secrets().length, 0, path);
        assert.doesNotMatch(response.text, /x-scalekit|forged/, path);
        assert.ok(
            path === '/asked' ? [401, 403].includes(response.status) : response.status === 200,
            `${path}: ${response.status}`,
        );
    }
});

test('from a page that is guarded alike the subrequest passes, and nothing forged with it', async () => {
    for (const path of including.map((it) => `/known${it}`)) {
        assert.equal((await as('somebody', path)).status, 200, path);
        await until(() => secrets().length === 1, `${path} has asked for the secret`);
        assert.doesNotMatch(JSON.stringify(site.upstream.requests), /forged/, path);
    }
});

const detours = [
    '/error',
    '/named-error',
    '/try',
    '/try-named',
    '/rewritten',
    '/indexed/',
    '/accel',
];

test('error_page, try_files, rewrite, index, named locations and X-Accel-Redirect into a guarded place are checked', async () => {
    for (const path of detours) {
        const response = await as('nobody', path);
        assert.equal(response.status, 401, path);
        assert.equal(site.upstream.requests.length, 0, path);
    }
});

test('with a session they pass, each identity header exactly once', async () => {
    for (const path of detours) {
        const response = await as('somebody', path);
        assert.equal(response.status, 200, path);
        const own = response.json.rawHeaders.filter(([name]) => name.startsWith('x-scalekit-'));
        assert.deepEqual(
            own.filter(([name]) => name === 'x-scalekit-sub'),
            [['x-scalekit-sub', 'conn_hooli;gavin']],
            path,
        );
        assert.equal(new Set(own.map(([name]) => name)).size, own.length, path);
        assert.equal(response.json.headers.cookie, undefined, path);
    }
});

test('satisfy any lets in who passes either test, and never with forged names', async () => {
    const basic = (password) => ['Authorization', `Basic ${btoa(`basic:${password}`)}`];
    const cases = [
        ['nobody', '/any/allow', [], 200],
        ['somebody', '/any/allow', [], 200],
        ['nobody', '/any/deny', [], 401],
        ['somebody', '/any/deny', [], 200],
        ['nobody', '/any/basic', basic('right'), 200],
        ['nobody', '/any/basic', basic('wrong'), 401],
        ['nobody', '/any/basic', [], 401],
        ['somebody', '/any/basic', [], 200],
        ['somebody', '/any/basic', basic('wrong'), 200],
        ['somebody', '/all/deny', [], 403],
        ['nobody', '/all/deny', [], 403],
        ['somebody', '/all/basic', basic('right'), 200],
        ['somebody', '/all/basic', basic('wrong'), 401],
        ['nobody', '/all/basic', basic('right'), 401],
    ];
    for (const [who, path, headers, status] of cases) {
        const response = await as(who, path, headers);
        assert.equal(response.status, status, `${who} at ${path} ${headers}`);
        if (status === 200) {
            assert.doesNotMatch(response.text, /forged/);
            assert.ok(
                path === '/any/allow' ||
                    who === 'nobody' ||
                    response.json.headers['x-scalekit-sub'] === 'conn_hooli;gavin',
            );
        } else {
            assert.equal(site.upstream.requests.length, 0);
        }
    }
});

test('variables are the same however often they are used, in long strings, maps and logs', async () => {
    const response = await as('somebody', '/variables');
    assert.equal(
        response.json.headers['x-long'],
        `${`Gavin Belson/${'l'.repeat(300)}/`.repeat(20)}gavin`,
    );
    await until(
        () =>
            readFileSync(`${site.nginx.folder}/names.log`, 'utf8').includes(
                'conn_hooli;gavin|Gavin Belson|gavin|',
            ),
        'the access log has them',
    );
    assert.equal((await as('nobody', '/variables')).status, 401);
    await until(
        () =>
            readFileSync(`${site.nginx.folder}/names.log`, 'utf8').includes(
                '||none|unauthenticated',
            ),
        'and the reason of a refusal',
    );
});

test("the administrator's own error_page for 401 is shown", async () => {
    const response = await as('nobody', '/own-page');
    assert.deepEqual([response.status, response.text], [401, 'index']);
    assert.ok(response.headers['www-authenticate']);
});

test('a slow request body does not lose the identity', async () => {
    const body = 'b'.repeat(200_000);
    const response = await send(site.url('/slow'), {
        method: 'POST',
        headers: { cookie, 'content-length': String(body.length) },
        body,
    });
    assert.equal(response.json.body.length, body.length);
    assert.equal(response.json.headers['x-scalekit-sub'], 'conn_hooli;gavin');
});
