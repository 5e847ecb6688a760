// The first requests after a start, while nothing is known of the provider yet: all are answered,
// none waits for ever.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { mintAccessToken } from '../op/access_tokens.mjs';
import * as faults from '../op/faults.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { environment } from './conf.mjs';
import { freePort, until } from './harness.mjs';
import { hostileLogin, hostileProvider, startSite } from './site.mjs';
import { slack, slow, timed } from './timing.mjs';

const hundred = (site, host) => {
    const agent = new http.Agent({ keepAlive: true });
    atEnd(() => agent.destroy());
    return timed(() =>
        Promise.all(
            Array.from({ length: 100 }, (_, index) =>
                site.browser({ agent }).navigate(site.url(`/${index}`, host)),
            ),
        ),
    );
};

const statuses = (answers) => [...new Set(answers.map((answer) => answer.status))];

const byHand = ({ url }) => ({
    endpoint: `authorize ${url}/oauth/authorize; endpoint token ${url}/oauth/token; endpoint jwks ${url}/keys`,
});

// An endpoint that answers as always, but late.
function late(milliseconds, hostile, name) {
    hostile.answers[name] = faults.delayed(milliseconds, hostile.honestly[name]);
}

for (const workers of [1, 2]) {
    test(`100 first requests with ${workers} worker(s) and a provider that takes a second are all redirected`, async () => {
        const hostile = await hostileProvider();
        late(1_000, hostile, 'discovery');
        const site = await startSite({ provider: hostile, workers, settings: { timeout: '5s' } });
        const [answers, elapsed] = await hundred(site);
        assert.deepEqual(statuses(answers), [302]);
        assert.ok(elapsed < 1_000 + 3_000 * slow, `it took ${Math.round(elapsed)} ms`);
        assert.equal(hostile.counts.discovery, 1, 'one fetch for all workers');
    });
}

// Answers as always, once it is let go.
function held(hostile, name) {
    const gate = Promise.withResolvers();
    hostile.answers[name] = async (request, response) => {
        await gate.promise;
        return hostile.honestly[name](request, response);
    };
    return gate.resolve;
}

for (const workers of [1, 2]) {
    test(`people are redirected while the keys are still on their way, and their login waits for them: ${workers} worker(s)`, async () => {
        const hostile = await hostileProvider();
        const release = held(hostile, 'keys');
        const site = await startSite({ provider: hostile, workers, settings: { timeout: '20s' } });
        const [answers] = await hundred(site);
        assert.deepEqual(statuses(answers), [302]);

        const login = hostileLogin(site, site.browser());
        await until(() => hostile.counts.token === 1, 'the code is exchanged meanwhile');
        assert.deepEqual([hostile.counts.discovery, hostile.counts.keys], [1, 1]);
        release();
        assert.equal((await login).status, 302);
        assert.deepEqual([hostile.counts.discovery, hostile.counts.keys], [1, 1]);
    });
}

test('a bearer token that arrives while the keys are still on their way waits for them', async () => {
    const hostile = await hostileProvider();
    const release = held(hostile, 'keys');
    const site = await startSite({
        provider: hostile,
        settings: { timeout: '20s' },
        locations: (it) => `location / { scalekit_bearer on; ${it.proxyPass} }`,
    });
    await until(() => hostile.counts.keys === 1, 'the keys are asked for');
    const answer = send(site.url('/'), {
        headers: { authorization: `Bearer ${mintAccessToken(hostile)}` },
    });
    const redirect = await site.browser().navigate(site.url('/'));
    assert.equal(redirect.status, 302);
    release();
    assert.equal((await answer).status, 200);
});

test('endpoints set by hand redirect people before anything was fetched', async () => {
    const hostile = await hostileProvider();
    hostile.answers.keys = faults.silent();
    const site = await startSite({ provider: hostile, settings: byHand(hostile) });
    assert.equal((await site.browser().navigate(site.url('/'))).status, 302);
    assert.equal(hostile.counts.discovery, undefined);
});

test('100 first requests with a provider that is silent all get 503 within the timeout', async () => {
    const hostile = await hostileProvider();
    hostile.answers.discovery = faults.silent();
    const site = await startSite({ provider: hostile, settings: { timeout: '1s' } });
    const [answers, elapsed] = await hundred(site);
    assert.deepEqual(statuses(answers), [503]);
    assert.ok(
        elapsed < 1_000 + 2 * slack,
        `the last of 100 came after ${Math.round(elapsed)} ms`,
    );
    assert.match(answers[0].text, /<a [^>]*href="/, 'the page has a link to try again');
    assert.match(site.nginx.refusals().at(-1).reason, /^provider_(timeout|unavailable)$/);

    hostile.honest();
    await until(
        async () => (await site.browser().navigate(site.url('/'))).status === 302,
        'the provider is found again',
    );
});

test('100 first requests with a provider that is not there all get 503 at once', async () => {
    const port = await freePort();
    const absent = { issuer: `http://127.0.0.1:${port}` };
    const site = await startSite({ provider: absent, settings: { timeout: '2s' } });
    const [answers, elapsed] = await hundred(site);
    assert.deepEqual(statuses(answers), [503]);
    assert.ok(elapsed < 2_000 + slack, `it took ${Math.round(elapsed)} ms`);
    const hostile = await hostileProvider({ port });
    await until(
        async () => (await site.browser().navigate(site.url('/'))).status === 302,
        'the provider is found',
    );
    assert.ok(hostile.counts.discovery >= 1);
});

test('while the provider is away, what needs no login is served as ever', async () => {
    const hostile = await hostileProvider();
    hostile.answers.discovery = faults.silent();
    const site = await startSite({
        provider: hostile,
        settings: { timeout: '3s' },
        locations: (it) => `
        location / { ${it.proxyPass} } location /open { scalekit_auth off; ${it.proxyPass} }`,
    });
    const waiting = site.browser().navigate(site.url('/'));
    const [open, elapsed] = await timed(() => site.browser().navigate(site.url('/open')));
    assert.equal(open.status, 200);
    assert.ok(elapsed < slack, `it took ${elapsed} ms`);
    assert.equal(
        (await site.browser().script(site.url('/'))).status,
        401,
        'a 401 needs no provider either',
    );
    assert.equal((await waiting).status, 503);
});

test('a discovery document of another issuer, even by a slash, makes no login', async () => {
    const bends = {
        'another issuer': { issuer: 'https://elsewhere.example' },
        'a slash at the end': (document) => ({ ...document, issuer: `${document.issuer}/` }),
        'no issuer': { issuer: undefined },
        'an array for an issuer': (document) => ({ ...document, issuer: [document.issuer] }),
        'no document': () => '[]',
    };
    for (const [what, bend] of Object.entries(bends)) {
        const hostile = await hostileProvider();
        hostile.bend.discovery = (document) =>
            typeof bend === 'function' ? bend(document) : { ...document, ...bend };
        const site = await startSite({ provider: hostile });
        const response = await site.browser().navigate(site.url('/'));
        assert.ok([502, 503].includes(response.status), `${what}: ${response.status}`);
        assert.match(
            site.nginx.refusals()[0].reason,
            /^(discovery_issuer_mismatch|discovery_invalid|provider_unavailable)$/,
        );
    }
});

test('endpoints set by hand need no discovery', async () => {
    const hostile = await hostileProvider();
    hostile.answers.discovery = faults.answer(404, 'none');
    const site = await startSite({ provider: hostile, settings: byHand(hostile) });
    assert.equal((await hostileLogin(site, site.browser())).status, 302);
});

test('many environments are fetched one after the other, the one that a request needs at once', async () => {
    const [hostile, wanted] = [await hostileProvider(), await hostileProvider()];
    const many = Array.from({ length: 1_000 }, (_, index) =>
        environment(
            index < 999 ? { issuer: `${hostile.url}/${index}` } : wanted,
            { base_path: `/auth${index}`, session_cookie: `session${index}` },
            `e${index}`,
        ),
    );
    const site = await startSite({
        provider: hostile,
        http: many.join('\n'),
        locations: (it) => `location / { ${it.proxyPass} }
            location /last { scalekit_auth e999; ${it.proxyPass} }
            location /auth999 { scalekit_auth e999; }`,
    });
    assert.equal((await site.browser().navigate(site.url('/last'))).status, 302);
    const fetched = hostile.counts.other ?? 0;
    assert.ok(fetched < 900, `${fetched} of 1,000 were fetched before`);
    await until(() => (hostile.counts.other ?? 0) > fetched + 20, 'the others follow');
});
