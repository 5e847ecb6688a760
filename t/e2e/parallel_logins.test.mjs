// Many logins at once: each ends on its own page, and the cookies stay small. The tabs of a real browser
// are in t/browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { startProvider } from '../op/provider.mjs';
import { atEnd } from './cleanup.mjs';
import { startSite } from './site.mjs';

const provider = await startProvider();
atEnd(() => provider.close());
const hostile = await startHostile();
atEnd(() => hostile.close());
const site = await startSite({ provider, workers: 2, settings: { timeout: '10s' } });
const quick = await startSite({ provider: hostile, workers: 2 });

test('two tabs that begin one after the other complete in either order with one login cookie', async () => {
    for (const order of [
        [0, 1],
        [1, 0],
    ]) {
        const browser = quick.browser();
        const callbacks = [];
        for (const path of ['/first?1', '/second?2']) {
            callbacks.push(hostile.authorize((await browser.navigate(quick.url(path))).location));
        }
        assert.equal(browser.cookies.length, 1, 'the login cookie is shared');
        for (const tab of order) {
            const answer = await browser.navigate(callbacks[tab]);
            assert.equal(
                new URL(answer.location, callbacks[tab]).href,
                quick.url(['/first?1', '/second?2'][tab]),
            );
        }
    }
});

test('100 starts leave one small cookie, and any of them still completes', async () => {
    const browser = quick.browser();
    const starts = [];
    for (let tab = 0; tab < 100; tab += 1) {
        starts.push(await browser.navigate(quick.url(`/tab/${tab}`)));
    }
    assert.ok(starts.every((start) => start.status === 302));
    assert.ok(browser.cookieHeader(quick.url()).length < 1024);
    for (const tab of [0, 57, 99]) {
        const answer = await browser.navigate(hostile.authorize(starts[tab].location));
        assert.deepEqual(
            [answer.status, new URL(answer.location, quick.url()).pathname],
            [302, `/tab/${tab}`],
        );
    }
});

test('logins of many browsers at once all end with the right organization', async () => {
    const ends = await Promise.all(
        Array.from({ length: 40 }, (_, index) => site.browser().visit(site.url(`/b/${index}`))),
    );
    assert.ok(
        ends.every(
            (end, index) =>
                end.status === 200 &&
                end.json.url === `/b/${index}` &&
                end.json.headers['x-scalekit-org-id'] === 'org_111',
        ),
    );
});
