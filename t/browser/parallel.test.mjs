// Many tabs of one browser at once: what HTTP clients cannot show is how a real browser sends its
// cookies while their answers cross.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { atEnd } from '../e2e/cleanup.mjs';
import { startSite } from '../e2e/site.mjs';
import { startProvider } from '../op/provider.mjs';
import { launch } from './chromium.mjs';

const provider = await startProvider({ login: 'auto' });
atEnd(() => provider.close());
const browser = await launch();
atEnd(() => browser.close());
const site = await startSite({
    provider,
    server: 'scalekit_organization_id org_111;',
    settings: { timeout: '10s' },
});

test('30 tabs opened at once without cookies all end on their own URL', async () => {
    const context = await browser.newContext();
    const longest = { size: 0 };
    context.on('request', async (request) => {
        const headers = await request.allHeaders().catch(() => ({}));
        const session = headers.cookie?.includes(site.sessionCookie);
        if (request.url().startsWith(site.url('/')) && headers.cookie && !session) {
            longest.size = Math.max(longest.size, headers.cookie.length);
        }
    });
    const tabs = await Promise.all(Array.from({ length: 30 }, () => context.newPage()));
    const urls = tabs.map((_, index) => site.url(`/tab/${index}?q=${index}`));
    await Promise.all(tabs.map((tab, index) => tab.goto(urls[index])));

    assert.deepEqual(tabs.map((tab) => tab.url()), urls);
    for (const [index, tab] of tabs.entries()) {
        const seen = JSON.parse(await tab.locator('body').innerText());
        assert.equal(seen.url, `/tab/${index}?q=${index}`);
        assert.ok(seen.headers['x-scalekit-sub'], 'somebody is signed in');
    }
    assert.ok(longest.size > 0, 'a login cookie was sent');
    assert.ok(longest.size < 1024, `the cookie header before a session has ${longest.size} bytes`);
    await context.close();
});
