// Signing in through the certified provider: what comes back, and what the upstream learns.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { startProvider } from '../op/provider.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { login, startSite } from './site.mjs';

const provider = await startProvider();
atEnd(() => provider.close());
const secureProvider = await startProvider({ tls: true });
atEnd(() => secureProvider.close());

const site = await startSite({ provider });

test('signing in ends at the deep link with its query, and the upstream learns who it is', async () => {
    const path = '/reports/2024%20q1?a=1&b=%26&c=a/b+c&d';
    const seen = await login(site.browser(), site.url(path));
    assert.equal(seen.url, path);
    assert.deepEqual(identityOf(seen), {
        sub: 'conn_hooli;gavin',
        email: 'gavin@hooli.example',
        name: 'Gavin Belson',
        'org-id': 'org_111',
        'connection-id': 'conn_hooli',
        'session-id': identityOf(seen)['session-id'],
    });
    assert.ok(identityOf(seen)['session-id']);
});

test('a signed-in browser is not sent to the provider again', async () => {
    const browser = site.browser();
    await login(browser, site.url('/first'));
    provider.journal.clear();
    const response = await browser.navigate(site.url('/second?x=y'));
    assert.deepEqual([response.status, response.json.url], [200, '/second?x=y']);
    assert.equal(provider.journal.entries.length, 0);
});

test('signing in over https, with client authentication by basic', async () => {
    const basic = await startSite({
        provider: Object.assign(Object.create(secureProvider), {
            client: { id: 'skc_1002', secret: 'test_secret/+=%:of the local provider' },
        }),
        tls: true,
        settings: { client_auth: 'basic' },
    });
    secureProvider.journal.clear();
    const seen = await login(basic.browser(), basic.url('/deep?q=1'));
    assert.equal(seen.url, '/deep?q=1');
    const [entry] = secureProvider.journal.of('/oauth/token');
    assert.equal(entry.authorization, 'Basic');
    assert.equal(entry.params.client_secret, undefined);
});

test('state, nonce, challenge and verifier are new for every login, and only S256 is used', async () => {
    provider.journal.clear();
    const browser = site.browser();
    for (let round = 0; round < 3; round += 1) {
        await login(browser, site.url(`/round/${round}`));
        browser.cookies = browser.cookies.filter((cookie) => cookie.name !== site.sessionCookie);
    }
    const asked = provider.journal.of('/oauth/authorize').filter((entry) => entry.params.state);
    const exchanged = provider.journal.of('/oauth/token');
    assert.deepEqual([asked.length, exchanged.length], [3, 3]);
    for (const name of ['state', 'nonce', 'code_challenge']) {
        assert.equal(new Set(asked.map((entry) => entry.params[name])).size, 3, name);
    }
    assert.equal(
        new Set(exchanged.map((entry) => entry.params.code_verifier)).size,
        3,
        'code_verifier',
    );
    assert.ok(asked.every((entry) => entry.params.code_challenge_method === 'S256'));
});

test('the callback answers with a clean URL, no-store and no-referrer', async () => {
    const { steps } = await login(site.browser(), site.url('/page?kept=1'));
    const answer = steps.find((step) => step.url.includes('/auth/callback'));
    assert.equal(answer.status, 302);
    assert.equal(new URL(answer.location, answer.url).href, site.url('/page?kept=1'));
    assert.match(answer.headers['cache-control'], /no-store/);
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    const [mark] = answer.setCookies.filter((line) => line.startsWith(`${site.loginCookie}=`));
    assert.match(mark, /; Max-Age=10;/, 'the login cookie gives way to a mark that lives 10 seconds');
});

test('a planted session cookie is replaced by another value at login', async () => {
    const attacker = site.browser();
    await login(attacker, site.url('/'));
    const planted = attacker.cookie(site.sessionCookie, site.url());
    const victim = site.browser();
    const start = await victim.navigate(site.url('/'));
    victim.setCookie(site.sessionCookie, planted, site.url());
    await victim.visit(start.location);
    assert.notEqual(victim.cookie(site.sessionCookie, site.url()), planted);
});

test('a provider error at the callback is explained in words, not echoed, and starts no loop', async () => {
    const broken = await startSite({ provider, server: 'scalekit_organization_id org_333;' });
    const last = await broken.browser().visit(broken.url('/'));
    assert.ok(last.status >= 400 && last.status < 600, `status ${last.status}`);
    assert.match(last.headers['content-type'], /text\/html/);
    assert.match(last.headers['content-security-policy'], /frame-ancestors 'none'/);
    assert.match(last.headers['cache-control'], /no-store/);
    assert.doesNotMatch(
        last.text,
        /the organization has no active connection/,
        'error_description is not echoed',
    );
    assert.equal(broken.nginx.refusals().at(-1).reason, 'provider_error');
    assert.ok(
        last.text.includes(broken.nginx.refusals().at(-1).ref),
        'the page shows the reference of the log',
    );
});

test('in a single process without a master a login works too', async () => {
    const single = await startSite({ provider, workers: 0 });
    assert.equal((await login(single.browser(), single.url('/x'))).url, '/x');
});

test('the sign-in lands whatever the site rewrites', async () => {
    const sites = {
        'a front controller': {
            locations: (it) => `location / { root /nonexistent;
                if (!-e $request_filename) { rewrite ^ /index.php?page=$uri last; } }
                location ~ \\.php$ { ${it.proxyPass} }`,
        },
        'a rewrite of the server': {
            server: 'scalekit_organization_id org_111; rewrite ^/(.*)$ /app/$1? last;',
        },
        'a rewrite that stays': {
            locations: (it) => `location / { rewrite ^/(.*)$ /app/$1 break; ${it.proxyPass} }`,
        },
        'a slash at the end of every path, rewritten': {
            server: 'scalekit_organization_id org_111; rewrite ^([^.]*[^/])$ $1/ last;',
        },
        'a slash at the end of every path, redirected': {
            server: 'scalekit_organization_id org_111; rewrite ^([^.]*[^/])$ $1/ permanent;',
        },
    };
    for (const [what, options] of Object.entries(sites)) {
        const rewriting = await startSite({ provider, ...options });
        const browser = rewriting.browser();
        const last = await browser.visit(rewriting.url('/page/'));
        assert.equal(last.status, 200, `${what}: ${last.status} ${last.text.slice(0, 300)}`);
        assert.ok(last.steps.length > 2, what);
        assert.equal(new URL(last.url).pathname, '/page/', what);
    }
});

test('a callback that is redirected elsewhere is refused with its path, and does not go round', async () => {
    const elsewhere = await startSite({
        provider,
        server: 'scalekit_organization_id org_111; rewrite ^/auth/callback$ /done permanent;',
    });
    const last = await elsewhere.browser().visit(elsewhere.url('/page'));
    assert.deepEqual([last.status, new URL(last.url).pathname], [500, '/done']);
    assert.equal(elsewhere.nginx.refusals().at(-1).reason, 'callback_misplaced');
    assert.match(elsewhere.nginx.log, /sent the browser to "\/done", where \/auth\/callback was to be called/);
});

test('behind a proxy that strips a prefix, the browser sees the site below it', async () => {
    const portal = http.createServer((request, response) => {
        const { method, headers } = request;
        const options = { port: behind.port, path: request.url.replace('/app', ''), method, headers };
        const passed = http.request({ ...options, headers: { ...headers, host: 'app.localhost' } });
        passed.on('response', (answer) => {
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
        });
        request.pipe(passed);
    });
    await new Promise((resolve) => portal.listen(0, '127.0.0.1', resolve));
    atEnd(() => portal.close());
    const origin = `http://portal.localhost:${portal.address().port}`;
    const behind = await startSite({ provider, settings: { base_url: `${origin}/app` } });
    const browser = behind.browser();
    const seen = await login(browser, `${origin}/app/reports?y=1`);
    assert.equal(seen.url, '/reports?y=1');
    const { json } = await behind.browser().script(`${origin}/app/x`);
    assert.match(json.login, /^\/app\/auth\/login/);
});
