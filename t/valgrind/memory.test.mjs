// What `t/tools/valgrind` runs: one nginx process under valgrind, a login from the first redirect
// to the logout, and refusals of every kind. VALGRIND_REPORT names the file of valgrind's report;
// with anything in it nginx ends with a status that fails the run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { startProvider } from '../op/provider.mjs';
import { atEnd } from '../e2e/cleanup.mjs';
import { environment } from '../e2e/conf.mjs';
import { startSite } from '../e2e/site.mjs';

const report = process.env.VALGRIND_REPORT;
assert.ok(report, 'VALGRIND_REPORT is set');
const suppressions = new URL('nginx.supp', import.meta.url).pathname;

const idle = 24; // seconds; cookies are renewed after an eighth
const provider = await startProvider({ tls: true });
atEnd(() => provider.close());
const hostile = await startHostile({ tls: 'good' });
atEnd(() => hostile.close());
const site = await startSite({
    provider,
    tls: 'http2',
    workers: 0,
    settings: { timeout: '30s', session_idle: `${idle}s` },
    http: environment(hostile, { timeout: '3s' }, 'hostile'),
    servers: (it) => `server {
        listen 127.0.0.1:${it.port} ssl http2;
        server_name bad.app.example;
        scalekit_auth hostile;
        scalekit_organization_id org_111;
        location / { ${it.proxyPass} }
    }`,
    wrap: [
        'valgrind',
        '--quiet',
        '--leak-check=full',
        '--errors-for-leak-kinds=definite,possible',
        '--num-callers=30',
        '--gen-suppressions=all',
        '--error-exitcode=99',
        `--suppressions=${suppressions}`,
        `--log-file=${report}`,
    ],
});

async function expect(status, pending) {
    const answer = await pending;
    assert.equal(answer.status, status, `${answer.url}: ${answer.text.slice(0, 300)}`);
    return answer;
}

test('a login, a session that is renewed, a callback again, broken cookies, a logout', async () => {
    const browser = site.browser();
    await expect(401, browser.script(site.url('/page')));
    const end = await expect(200, browser.visit(site.url('/page?x=1')));
    assert.equal(end.json.headers['x-scalekit-org-id'], 'org_111');
    const signedIn = browser.clone();

    const before = browser.cookie('__Host-sk_session', site.url('/'));
    await sleep((idle / 8 + 1) * 1_000);
    const renewed = await expect(200, browser.navigate(site.url('/page')));
    assert.ok(
        renewed.setCookies.some((line) => line.startsWith('__Host-sk_session=')),
        'the session cookie was renewed',
    );
    assert.notEqual(browser.cookie('__Host-sk_session', site.url('/')), before);
    await expect(200, browser.script(site.url('/auth/session')));
    await expect(302, browser.navigate(site.url('/auth/login?return_to=/elsewhere')));

    // a callback again, with and without its session
    const callback = end.steps.find((step) => step.url.includes('/auth/callback')).url;
    await expect(302, signedIn.navigate(callback));
    await expect(302, site.browser().navigate(callback));

    // cookies and headers that are not ours
    const value = browser.cookie('__Host-sk_session', site.url('/'));
    const header = (cookie) => ({ headers: { cookie } });
    for (const bad of ['', 'A', value.slice(0, -1), value.slice(5), `B${value.slice(1)}`]) {
        await expect(
            401,
            site.browser().script(site.url('/'), header(`__Host-sk_session=${bad}`)),
        );
    }
    await expect(
        200,
        signedIn.script(site.url('/'), { headers: { 'X-Scalekit-Sub': 'a', x_scalekit_email: 'b' } }),
    );

    // logout: from elsewhere, asked for, done
    const logout = site.url('/auth/logout');
    await expect(
        403,
        browser.script(logout, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }),
    );
    await expect(200, browser.navigate(logout));
    await expect(303, browser.navigate(logout, { method: 'POST' }));
    await expect(401, browser.script(site.url('/auth/session')));
});

test('callbacks that nobody asked for', async () => {
    const browser = site.browser();
    const callback = site.url('/auth/callback');
    await expect(400, browser.navigate(callback));
    await expect(400, browser.navigate(`${callback}?code=a&state=b`));
    await expect(400, browser.navigate(`${callback}?code=a&code=b&state=%00`));
    await expect(400, browser.navigate(`${callback}?code=a`, { method: 'POST' }));
    const start = await expect(302, browser.navigate(site.url('/')));
    const state = new URL(start.location).searchParams.get('state');
    const refused = await browser.navigate(`${callback}?error=access_denied&state=${state}`);
    assert.ok(refused.status >= 400, 'an error of the provider is shown');
});

test('a provider that lies, fails and is slow, and a client that leaves', async () => {
    const url = (path) => site.url(path, 'bad.app.example');
    const attempt = async (lies, browser = site.browser()) => {
        const start = await expect(302, browser.navigate(url('/page')));
        return browser.navigate(hostile.authorize(start.location, lies));
    };
    await expect(302, attempt());
    const claims = (change) => ({ claims: (it) => ({ ...it, ...change }) });
    const lies = [
        claims({ iss: 'https://elsewhere.example' }),
        claims({ aud: ['other'] }),
        claims({ exp: 1 }),
        claims({ nonce: 'other' }),
        claims({ at_hash: 'AAAA' }),
        claims({ oid: 'org_999' }),
        claims({ sub: 'x'.repeat(300) }),
        { header: (it) => ({ ...it, alg: 'none' }) },
        { header: (it) => ({ ...it, kid: 'unknown' }) },
        { header: (it) => ({ ...it, crit: ['b64'], b64: false }) },
        { token: (it) => `${it.slice(0, -4)}AAAA` },
        { token: () => 'a.b' },
        { tokens: () => '{"id_token":' },
        { tokens: () => '[[[[' },
    ];
    for (const lie of lies) {
        const { status } = await attempt(lie);
        assert.ok(status >= 400, `a lie ended with ${status}`);
    }
    for (const fault of [
        faults.silent(),
        (request) => request.socket.destroy(),
        faults.earlyFin(),
        faults.garbage(),
        faults.badChunk(),
        faults.huge(1),
        faults.html(500),
        faults.oauthError('invalid_grant'),
        faults.redirect('/elsewhere'),
    ]) {
        hostile.answers.token = fault;
        const { status } = await attempt();
        assert.ok(status >= 400, `a fault ended with ${status}`);
    }
    // a client that does not wait
    hostile.answers.token = faults.delayed(1_500, faults.answer(500));
    await assert.rejects(
        async () => {
            const browser = site.browser();
            const start = await browser.navigate(url('/page'));
            await browser.navigate(hostile.authorize(start.location), { timeout: 700 });
        },
        /no answer/,
    );
    await sleep(2_000); // until the provider's answer has come for nobody
    hostile.honest();
    await expect(302, attempt());
});
