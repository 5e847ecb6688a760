// The session cookie as a sign-in makes it. What such a cookie opens, and what does not, is in
// t/session_cookie.t.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { hostileLogin, startSite } from './site.mjs';
import { browsersOfWorkers } from './workers.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const site = await startSite({ provider: hostile });
const name = site.sessionCookie;

async function signIn(lies = {}) {
    const browser = site.browser();
    const response = await hostileLogin(site, browser, lies);
    assert.equal(response.status, 302, response.text.slice(0, 300));
    return browser;
}

const session = (await signIn()).cookie(name, site.url());

test('a login cookie is no session, and a session no login cookie', async () => {
    const browser = site.browser();
    await browser.navigate(site.url('/'));
    const binding = browser.cookie(site.loginCookie, site.url());
    assert.ok(binding);
    for (const cookie of [`${name}=${binding}`, `${site.loginCookie}=${session}`]) {
        const response = await send(site.url('/'), { headers: { accept: 'text/plain', cookie } });
        assert.equal(response.status, 401);
    }
});

test('the same person signed in twice has two different cookies', async () => {
    assert.notEqual((await signIn()).cookie(name, site.url()), session);
});

test('sessions round the size of a chunk work, and one that is too big is refused once and clearly', async () => {
    const small = Buffer.from(session, 'base64url').length;
    const chunk = 2_850; // bytes, which are 3,800 characters
    const sizes = Array.from({ length: 26 }, (_, step) => chunk - small - 60 + step * 4);
    sizes.push(4_000, 4_800); // 7 KB are the limit of all chunks together
    let most = 0;
    for (const size of sizes) {
        const browser = await signIn({
            claims: (claims) => ({ ...claims, filler: 'f'.repeat(size) }),
        });
        const response = await browser.script(site.url('/'));
        assert.equal(response.status, 200, `filler of ${size} bytes`);
        assert.equal(response.json.headers.cookie, undefined, 'no chunk reaches the upstream');
        most = Math.max(most, browser.cookieHeader(site.url()).length);
    }
    assert.ok(most > 3_900 && most < 7_400, `the largest cookie header has ${most} bytes`);

    const browser = site.browser();
    const count = site.nginx.refusals().length;
    const response = await hostileLogin(site, browser, {
        claims: (claims) => ({ ...claims, filler: 'f'.repeat(9_000) }),
    });
    assert.ok(response.status >= 400, `status ${response.status}`);
    assert.equal(response.location, undefined, 'no loop');
    assert.equal(await site.nginx.reasonAfter(count), 'session_too_large');
});

test('who signs in in a browser ends the session of another person there, not one of their own', async () => {
    const free = await startSite({ provider: hostile, server: '' });
    const signInBy = async (browser, query, sub) => {
        const start = await browser.navigate(free.url(`/auth/login?${query}`));
        const lies = { claims: (claims) => ({ ...claims, sub }) };
        const before = browser.clone();
        const answer = await browser.navigate(hostile.authorize(start.location, lies));
        assert.equal(answer.status, 302, answer.text.slice(0, 300));
        return before;
    };
    const seen = (browser) => browser.script(free.url('/auth/session'));

    const browser = free.browser();
    await signInBy(browser, 'organization_id=org_111', 'usr_1');
    const same = await signInBy(browser, 'connection_id=conn_b', 'usr_1');
    assert.equal((await seen(same)).status, 200, 'other tabs of the person go on');
    const former = await signInBy(browser, 'connection_id=conn_c', 'usr_2');
    assert.equal((await seen(former)).json.reason, 'session_ended');
    assert.equal((await seen(browser)).json.user.id, 'usr_2');
    const elsewhere = await signInBy(browser, 'organization_id=org_222', 'usr_2');
    assert.equal((await seen(elsewhere)).json.reason, 'session_ended');
    assert.equal((await seen(browser)).json.organization, 'org_222');
});

test('a session that one worker ended opens nothing at another, which knew it already', async () => {
    const two = await startSite({ provider: hostile, workers: 2 });
    const workers = await browsersOfWorkers(two);
    const person = two.browser();
    await hostileLogin(two, person, {});
    const [first, second] = workers.map(({ browser: { agent } }) =>
        Object.assign(person.clone(), { agent }),
    );
    const copy = Object.assign(second.clone(), { agent: second.agent });
    assert.equal((await first.script(two.url('/'))).status, 200);
    assert.equal((await second.script(two.url('/'))).status, 200);
    assert.equal((await first.script(two.url('/auth/logout'), { method: 'POST' })).status, 200);
    for (let round = 0; round < 2; round += 1) {
        const answer = await copy.script(two.url('/'));
        assert.deepEqual([answer.status, answer.json.reason], [401, 'session_ended']);
    }
});

test('an answer that is slow brings no session back that was replaced in the browser meanwhile', async () => {
    const held = [];
    const slow = http.createServer((request, response) => held.push(response));
    await new Promise((resolve) => slow.listen(0, '127.0.0.1', resolve));
    atEnd(async () => slow.close());
    const open = await startSite({
        provider: hostile,
        server: '',
        settings: { session_idle: '8s' }, // renewed after one second
        locations: (own) => `location / { ${own.proxyPass} }
            location /slow { proxy_pass http://127.0.0.1:${slow.address().port}; }`,
    });
    const signInAs = async (browser, sub, query) => {
        const start = await browser.navigate(open.url(`/auth/login?${query}`));
        const lies = { claims: (claims) => ({ ...claims, sub }) };
        assert.equal(
            (await browser.navigate(hostile.authorize(start.location, lies))).status,
            302,
        );
    };
    for (const sub of ['usr_2', 'usr_1']) {
        const browser = open.browser();
        await signInAs(browser, 'usr_1', 'organization_id=org_111');
        await sleep(1_100);
        const answer = browser.clone().script(open.url('/slow'));
        while (held.length === 0) {
            await sleep(10);
        }
        await signInAs(browser, sub, 'connection_id=conn_b');
        held.pop().end('late');
        assert.deepEqual((await answer).setCookies, [], sub);
    }
});
