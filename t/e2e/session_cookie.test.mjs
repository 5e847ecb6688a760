// The session cookie as a sign-in makes it. What such a cookie opens, and what does not, is in
// t/session_cookie.t.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { hostileLogin, startSite } from './site.mjs';

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
