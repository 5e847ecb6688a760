// The callback: what comes back from the provider is untrusted, completes once, and only in the
// browser that began.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { assertNoSession, hostileLogin, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const site = await startSite({ provider: hostile });
const callback = site.url('/auth/callback');

// A browser that has begun a login, and the callback that would complete it.
async function begun(path = '/page', lies = {}) {
    const browser = site.browser();
    const start = await browser.navigate(site.url(path));
    return { browser, url: hostile.authorize(start.location, lies), start };
}

const tokenCalls = () => hostile.counts.token ?? 0;

test('a replayed callback makes no second token call; with a session it goes to its page', async () => {
    const { browser, url } = await begun('/page?x=1');
    const before = tokenCalls();
    assert.equal((await browser.navigate(url)).status, 302);
    const again = await browser.navigate(url);
    assert.deepEqual(
        [again.status, new URL(again.location, url).href],
        [302, site.url('/page?x=1')],
    );
    assert.equal(tokenCalls(), before + 1);
});

test('a repeated callback whose first answer was lost gets that very session, without a second token call', async () => {
    const { browser, url } = await begun('/page?x=1');
    const copy = browser.clone();
    const before = tokenCalls();
    await browser.navigate(url);
    const again = await copy.navigate(url);
    assert.deepEqual(
        [again.status, new URL(again.location, url).href],
        [302, site.url('/page?x=1')],
    );
    assert.equal(tokenCalls(), before + 1);
    const sessions = await Promise.all(
        [browser, copy].map((each) => each.script(site.url('/auth/session'))),
    );
    assert.equal(sessions[0].status, 200);
    assert.equal(sessions[0].text, sessions[1].text, 'with the same end, to the second');
});

test('a repeated callback does not bring back a session that was ended', async () => {
    const { browser, url } = await begun();
    const copy = browser.clone();
    await browser.navigate(url);
    await browser.script(site.url('/auth/logout'), { method: 'POST' });
    const count = site.nginx.refusals().length;
    const again = await copy.navigate(url);
    assert.equal(again.status, 400);
    assertNoSession(site, again);
    assert.equal(await site.nginx.reasonAfter(count), 'login_spent');
});

test('copies of a callback at the same moment make one token call and get one session', async () => {
    const { browser, url } = await begun('/page?x=1');
    const before = tokenCalls();
    const answers = await Promise.all(
        [browser, browser.clone(), browser.clone()].map((each) => each.navigate(url)),
    );
    assert.equal(tokenCalls(), before + 1);
    for (const answer of answers) {
        assert.equal(answer.status, 302);
        assert.equal(new URL(answer.location, url).href, site.url('/page?x=1'));
        assert.ok(answer.setCookies.some((line) => line.startsWith(`${site.sessionCookie}=`)));
    }
});

test('another code for a login that was completed is refused as spent', async () => {
    const { browser, url } = await begun();
    const copy = browser.clone();
    const before = tokenCalls();
    await browser.navigate(url);
    const other = new URL(url);
    other.searchParams.set('code', `${other.searchParams.get('code')}x`);
    const count = site.nginx.refusals().length;
    const again = await copy.navigate(other.href);
    assert.equal(again.status, 400);
    assertNoSession(site, again);
    assert.equal(await site.nginx.reasonAfter(count), 'login_spent');
    assert.equal(tokenCalls(), before + 1);
});

test('a login that failed at the token endpoint fails once more, without a second token call', async () => {
    const { browser, url } = await begun('/page', { tokens: () => '[]' });
    const before = tokenCalls();
    assert.equal((await browser.navigate(url)).status, 502);
    assert.equal((await browser.navigate(url)).status, 502);
    assert.equal(tokenCalls(), before + 1);
});

test('a callback in another browser makes no session and no token call, and begins anew only once', async () => {
    const { url } = await begun('/page?x=1');
    const before = tokenCalls();
    const victim = site.browser();
    const first = await victim.navigate(url);
    assertNoSession(site, first);
    assert.equal(first.status, 302, "a fresh login of the victim's own");
    assert.equal(new URL(first.location).origin, hostile.issuer);
    assert.equal(tokenCalls(), before);

    const stranger = site.browser();
    const second = await stranger.navigate(hostile.authorize(first.location));
    assert.equal(second.status, 400, 'not a second time');
    assertNoSession(site, second);
    assert.equal(site.nginx.refusals().at(-1).reason, 'login_cookie_missing');
    assert.equal(tokenCalls(), before);
});

test('a browser that keeps no cookies ends on a page that says so, not in a loop', async () => {
    let url = site.url('/page');
    for (let round = 0; round < 2; round += 1) {
        const start = await send(url, { headers: { accept: 'text/html' } });
        assert.equal(start.status, 302);
        url = hostile.authorize(start.location);
    }
    const last = await send(url, { headers: { accept: 'text/html' } });
    assert.equal(last.status, 400);
    assert.match(last.text, /cookie/i);
    assert.match(last.text, /<a [^>]*href="\//, 'there is a link to try again');
});

test('a callback with the login cookie of another login of the same kind is refused', async () => {
    const mine = await begun();
    const theirs = await begun();
    theirs.browser.cookies = mine.browser.cookies;
    const before = tokenCalls();
    assertNoSession(site, await theirs.browser.navigate(theirs.url));
    assert.equal(tokenCalls(), before);
});

test('iss of the response wrong, doubled or absent is refused before any token call', async () => {
    const cases = [
        [(query) => query.set('iss', 'https://elsewhere.example'), 'response_issuer_mismatch'],
        [(query) => query.set('iss', `${hostile.issuer}/`), 'response_issuer_mismatch'],
        [(query) => query.set('iss', ''), /response_issuer_m(ismatch|issing)/],
        [(query) => query.delete('iss'), 'response_issuer_missing'],
        [(query) => query.append('iss', hostile.issuer), 'request_malformed'],
    ];
    for (const [response, reason] of cases) {
        const { browser, url } = await begun('/page', { response });
        const before = tokenCalls();
        const count = site.nginx.refusals().length;
        const answer = await browser.navigate(url);
        assert.ok(answer.status >= 400 && answer.status < 500, `status ${answer.status}`);
        assert.match(
            await site.nginx.reasonAfter(count),
            new RegExp(`^${reason.source ?? reason}$`),
        );
        assert.equal(tokenCalls(), before);
    }
});

test('every bit of the state, turned over, is refused without redirect', async () => {
    const { browser, url } = await begun();
    const state = Buffer.from(new URL(url).searchParams.get('state'), 'base64url');
    const before = tokenCalls();
    for (let bit = 0; bit < state.length * 8; bit += 3) {
        const copy = Buffer.from(state);
        copy[bit >> 3] ^= 0x80 >> (bit & 7);
        const forged = new URL(url);
        forged.searchParams.set('state', copy.toString('base64url'));
        const response = await browser.navigate(forged);
        assert.equal(response.status, 400, `bit ${bit}`);
        assert.equal(response.location, undefined);
    }
    assert.equal(tokenCalls(), before);
});

test('a callback that is refused does not spend the login: the right one completes it', async () => {
    const { browser, url } = await begun('/page?x=1');
    const changed = (change) => {
        const forged = new URL(url);
        change(forged.searchParams);
        return forged;
    };
    const other = await begun();
    const withCookies = (cookies) => Object.assign(site.browser(), { cookies });
    const attempts = {
        'without the login cookie': [site.browser(), url],
        'with the login cookie of another login': [withCookies(other.browser.cookies), url],
        'with a state that was changed': [
            browser.clone(),
            changed((query) => query.set('state', `${query.get('state')}AAAA`)),
        ],
        'with the issuer of another provider': [
            browser.clone(),
            changed((query) => query.set('iss', 'https://elsewhere.example')),
        ],
        'with two codes': [browser.clone(), changed((query) => query.append('code', 'x'))],
        'without a code': [browser.clone(), changed((query) => query.delete('code'))],
        'with an error': [
            browser.clone(),
            changed((query) => {
                query.delete('code');
                query.set('error', 'access_denied');
            }),
        ],
    };
    const before = tokenCalls();
    for (const [what, [client, target]] of Object.entries(attempts)) {
        const answer = await client.navigate(target);
        assertNoSession(site, answer);
        assert.ok(
            answer.status >= 400 || new URL(answer.location).origin === hostile.issuer,
            `${what}: ${answer.status}`,
        );
    }
    assert.equal(tokenCalls(), before);
    const answer = await browser.navigate(url);
    assert.equal(answer.status, 302, answer.text.slice(0, 300));
    assert.equal(new URL(answer.location, url).href, site.url('/page?x=1'));
    assert.equal((await browser.script(site.url('/auth/session'))).status, 200);
    assert.equal(tokenCalls(), before + 1);
});

test('prompt=none that failed is tried once more, with a page, and never a third time', async () => {
    const silent = await startSite({
        provider: hostile,
        server: 'scalekit_organization_id org_111; scalekit_prompt none;',
    });
    const browser = silent.browser();
    const failed = {
        response: (query) => {
            query.delete('code');
            query.set('error', 'login_required');
        },
    };
    const first = await browser.navigate(silent.url('/page'));
    assert.equal(new URL(first.location).searchParams.get('prompt'), 'none');
    const second = await browser.navigate(hostile.authorize(first.location, failed));
    assert.equal(second.status, 302);
    assert.notEqual(new URL(second.location).searchParams.get('prompt'), 'none');
    const third = await browser.navigate(hostile.authorize(second.location, failed));
    assert.ok(third.status >= 400, `status ${third.status}`);
});

test('the endpoint does not run for a login that never began here', async () => {
    const other = await startSite({
        provider: hostile,
        settings: { session_keys: '"literal:quite another key of at least 32 bytes"' },
    });
    const { url } = await begun();
    const moved = new URL(url);
    moved.port = other.port;
    const count = other.nginx.refusals().length;
    const response = await other.browser().navigate(moved);
    assert.equal(response.status, 400);
    assert.equal(await other.nginx.reasonAfter(count), 'state_invalid');
    assertNoSession(other, await hostileLogin(other, other.browser(), { claims: () => ({}) }));
});

test('a browser that never keeps the session is told so after three logins, instead of a loop', async () => {
    const sites = [
        site,
        await startSite({
            provider: hostile,
            server: `scalekit_organization_id org_111; scalekit_unauthenticated 401;
                error_page 401 = /auth/login;`,
        }),
    ];
    for (const it of sites) {
        const browser = it.browser();
        for (let round = 0; round < 3; round += 1) {
            const start = await browser.navigate(it.url('/page'));
            assert.equal(start.status, 302, `login ${round + 1} begins`);
            assert.equal((await browser.navigate(hostile.authorize(start.location))).status, 302);
            browser.cookies = browser.cookies.filter(({ name }) => name !== it.sessionCookie);
        }
        const count = it.nginx.refusals().length;
        const told = await browser.navigate(it.url('/page'));
        assert.equal(told.status, 400);
        assert.match(told.text, /did not keep the session/);
        await it.nginx.reasonAfter(count);
        assert.equal(it.nginx.refusals().at(-1).reason, 'session_lost');
    }
});

test('after signing out, signing in again at once is no loop', async () => {
    const browser = site.browser();
    for (let round = 0; round < 5; round += 1) {
        const start = await browser.navigate(site.url('/page'));
        assert.equal(start.status, 302, `login ${round + 1} begins`);
        await browser.navigate(hostile.authorize(start.location));
        await browser.navigate(site.url('/auth/logout'), { method: 'POST' });
    }
});
