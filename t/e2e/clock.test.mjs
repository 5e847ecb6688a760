// Clocks: sessions end by them, and a time of day that jumps does no harm.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mintAccessToken } from '../op/access_tokens.mjs';
import { startHostile } from '../op/hostile.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { hours, minutes, startClock } from './clock.mjs';
import { assertNoSession, hostileLogin, startSite } from './site.mjs';
import { slack, timed } from './timing.mjs';

async function start(options) {
    const clock = startClock();
    const hostile = await startHostile({ alg: 'ES256' });
    atEnd(() => hostile.close());
    const site = await startSite({
        provider: hostile,
        wrap: clock.wrap,
        locations: (it) => `
        location / { ${it.proxyPass} }
        location /api { scalekit_bearer only; ${it.proxyPass} }`,
        ...options,
    });
    const times = () => {
        const now = Math.floor(clock.now() / 1_000);
        return { iat: now, nbf: now, exp: now + 300 };
    };
    const login = (browser = site.browser()) =>
        hostileLogin(site, browser, { claims: (claims) => ({ ...claims, ...times() }) });
    const signedIn = async () => {
        const browser = site.browser();
        assert.equal((await login(browser)).status, 302);
        assert.equal(await verdictOf(browser, site), 200);
        return browser;
    };
    const token = () => mintAccessToken(hostile, times());
    const api = async (text) => {
        const headers = { authorization: `Bearer ${text}` };
        return (await send(site.url('/api'), { headers })).status;
    };
    return { clock, hostile, site, login, signedIn, token, api };
}

// What a script of the page gets: 200, or why not.
async function verdictOf(browser, site) {
    const { status, json } = await browser.script(site.url('/'));
    return status === 200 ? status : json.reason;
}

test('a session ends when it was idle for its hour, and not before', async () => {
    const { clock, site, signedIn } = await start();
    const [idle, busy] = [await signedIn(), await signedIn()];
    clock.forward(59 * minutes);
    assert.equal(await verdictOf(busy, site), 200);
    clock.forward(2 * minutes);
    assert.equal(await verdictOf(idle, site), 'session_idle');
    assert.equal(await verdictOf(busy, site), 200);
});

test('a session that is never idle ends after its eight hours', async () => {
    const { clock, site, signedIn } = await start();
    const browser = await signedIn();
    for (let passed = 30; passed < 8 * 60; passed += 30) {
        clock.forward(30 * minutes);
        assert.equal(await verdictOf(browser, site), 200, `after ${passed} minutes`);
    }
    clock.forward(30 * minutes);
    assert.equal(await verdictOf(browser, site), 'session_expired');
    assert.equal((await browser.navigate(site.url('/'))).status, 302, 'to the login again');
});

test('a session made while the clock was an hour ahead is none when it is right again', async () => {
    const { clock, site, signedIn } = await start();
    clock.set(1 * hours);
    const early = await signedIn();
    clock.set(-1 * hours);
    assert.equal(await verdictOf(early, site), 'unauthenticated');
    const ordinary = await signedIn();
    clock.set(-1 * hours);
    assert.equal(await verdictOf(ordinary, site), 'unauthenticated');
    clock.set(1 * hours);
    assert.equal(await verdictOf(ordinary, site), 200);
    clock.forward(10 * hours);
    assert.equal(await verdictOf(early, site), 'session_expired');
    assert.equal(await verdictOf(ordinary, site), 'session_expired');
});

test('a clock that is set during a login ends the login, and the next one works', async () => {
    for (const jump of [1 * hours, -1 * hours]) {
        const { clock, hostile, site, login } = await start();
        const browser = site.browser();
        const begun = await browser.navigate(site.url('/page'));
        assert.equal(begun.status, 302);
        clock.set(jump);
        const response = await browser.navigate(hostile.authorize(begun.location));
        assertNoSession(site, response);
        assert.ok([302, 400].includes(response.status), `status ${response.status}`);
        assert.equal((await login()).status, 302);
    }
});

test('tokens are judged by the time of day, also those that were let in before', async () => {
    const { clock, token, api } = await start();
    const now = token();
    assert.equal(await api(now), 200);
    clock.set(-1 * hours);
    assert.equal(await api(token()), 200);
    clock.set(2 * hours);
    assert.equal(await api(now), 401);
    assert.equal(await api(token()), 200);
    clock.set(-1 * hours);
    assert.equal(await api(now), 200);
    clock.forward(6 * minutes);
    assert.equal(await api(now), 401);
    assert.equal(await api(token()), 200);
});

test('keys and cool-downs go by a clock that nobody sets', async () => {
    const { clock, hostile, token, api } = await start();
    assert.equal(await api(token()), 200);
    const unknown = () => {
        const now = Math.floor(clock.now() / 1_000);
        const stranger = { ...hostile, key: signingKey('ES256') };
        return api(mintAccessToken(stranger, { iat: now, nbf: now, exp: now + 300 }));
    };
    assert.equal(await unknown(), 401);
    assert.equal(hostile.counts.keys, 2);
    for (const jump of [1 * hours, -2 * hours, 30 * hours, -29 * hours]) {
        clock.set(jump);
        const [status, elapsed] = await timed(() => api(token()));
        assert.equal(status, 200);
        assert.ok(elapsed < slack, `it took ${Math.round(elapsed)} ms`);
        assert.equal(await unknown(), 401);
    }
    assert.equal(hostile.counts.keys, 2, 'neither a refresh nor a second cool-down');
    assert.equal(hostile.counts.discovery, 1);
});
