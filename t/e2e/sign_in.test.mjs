// Signing in through the certified provider: what is sent there, what comes back, what the upstream
// learns.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startProvider } from '../op/provider.mjs';
import { parseSetCookie, send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { login, startSite } from './site.mjs';

const provider = await startProvider();
atEnd(() => provider.close());
const secureProvider = await startProvider({ tls: true });
atEnd(() => secureProvider.close());

const site = await startSite({ provider });
const secureSite = await startSite({ provider: secureProvider, tls: true });
const routed = await startSite({
    provider,
    server: `
    scalekit_connection_id conn_hooli;
    scalekit_organization_id $arg_org optional;
    scalekit_domain hooli.example;
    scalekit_provider $arg_provider;
    scalekit_login_hint $cookie_hint;
    scalekit_prompt select_account;
    scalekit_authorize_param ui_locales "de en";
    scalekit_authorize_param theme $arg_theme;`,
});

const authorizeParams = (response) => Object.fromEntries(new URL(response.location).searchParams);

test('a navigation without a session gets a 302 to the provider with all that a login needs', async () => {
    const response = await site.browser().navigate(site.url('/'));
    assert.equal(response.status, 302);
    const location = new URL(response.location);
    assert.equal(location.origin + location.pathname, `${provider.url}/oauth/authorize`);
    const { state, nonce, code_challenge: challenge, ...rest } = authorizeParams(response);
    assert.deepEqual(rest, {
        response_type: 'code',
        client_id: 'skc_1001',
        redirect_uri: site.url('/auth/callback'),
        scope: 'openid profile email',
        code_challenge_method: 'S256',
        organization_id: 'org_111',
    });
    assert.match(nonce, /^[\w-]{22}$/);
    assert.match(challenge, /^[\w-]{43}$/);
    assert.ok(state.length > 60, 'the state is a sealed record');
    assert.match(response.headers['cache-control'], /no-store/);
});

test('every routing parameter that is set is sent, percent-encoded, and an empty one is not', async () => {
    const browser = routed.browser();
    browser.setCookie('hint', 'gavin+x&prompt=none@hooli.example', routed.url());
    const response = await browser.navigate(routed.url('/?theme=a%26b&provider=go%20ogle'));
    const params = authorizeParams(response);
    const sent = Object.fromEntries(
        [
            'connection_id',
            'organization_id',
            'domain',
            'domain_hint',
            'provider',
            'login_hint',
            'prompt',
            'ui_locales',
            'theme',
        ].map((name) => [name, params[name]]),
    );
    assert.deepEqual(sent, {
        connection_id: 'conn_hooli',
        organization_id: undefined,
        domain: 'hooli.example',
        domain_hint: 'hooli.example',
        provider: 'go%20ogle',
        login_hint: 'gavin+x&prompt=none@hooli.example',
        prompt: 'select_account',
        ui_locales: 'de en',
        theme: 'a%26b',
    });
    for (const name of new Set(Object.keys(params))) {
        assert.equal(
            new URL(response.location).searchParams.getAll(name).length,
            1,
            `${name} is sent once`,
        );
    }
});

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

test('non-ASCII names and commas reach the upstream percent-encoded', async () => {
    const other = await startSite({
        provider,
        server: `scalekit_organization_id org_111;
        scalekit_login_hint denpok@hooli.example;`,
    });
    const identity = identityOf(await login(other.browser(), other.url('/')));
    assert.equal(identity.name, 'D%C3%A9npok Singh, Jr.');
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

test('over https both cookies are __Host-, Secure, HttpOnly, SameSite=Lax, Path=/ and without Domain', async () => {
    const { steps } = await login(secureSite.browser(), secureSite.url('/'));
    const cookies = steps
        .flatMap((step) => (step.url.startsWith(secureSite.url('')) ? step.setCookies : []))
        .map(parseSetCookie);
    for (const name of ['__Host-sk_login', '__Host-sk_session']) {
        const { attributes } = cookies.find((cookie) => cookie.name === name && cookie.value);
        assert.ok(attributes.secure && attributes.httponly, name);
        assert.equal(attributes.path, '/', name);
        assert.match(attributes.samesite, /^lax$/i, name);
        assert.equal(attributes.domain, undefined, name);
    }
    assert.equal(
        cookies.find(({ name }) => name === '__Host-sk_login').attributes['max-age'],
        '600',
    );
});

test('over plain http under allow_http the cookies lose the prefix and Secure, and nothing else', async () => {
    const { steps } = await login(site.browser(), site.url('/'));
    const cookies = steps
        .flatMap((step) => (step.url.startsWith(site.url('')) ? step.setCookies : []))
        .map(parseSetCookie);
    for (const name of ['sk_login', 'sk_session']) {
        const { attributes } = cookies.find((cookie) => cookie.name === name && cookie.value);
        assert.equal(attributes.secure, undefined, name);
        assert.ok(
            attributes.httponly && attributes.path === '/' && /^lax$/i.test(attributes.samesite),
            name,
        );
    }
});

test('keys replaced at the provider just before signing are fetched within the same login', async () => {
    await login(site.browser(), site.url('/'));
    provider.control.rotateKeys('replace');
    await login(site.browser(), site.url('/after-rotation'));
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

test('a HEAD navigation is answered like a GET one', async () => {
    const response = await site.browser().navigate(site.url('/'), { method: 'HEAD' });
    assert.equal(response.status, 302);
    assert.equal(
        (await send(site.url('/'), { headers: { accept: 'text/html' } })).status,
        302,
        'a browser without Sec-Fetch headers is recognised by Accept',
    );
});
