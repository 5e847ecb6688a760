// nginx -s reload at any moment: logins complete, nothing leaks, nobody notices.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { startProvider } from '../op/provider.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { hostileLogin, startSite } from './site.mjs';
import { slow } from './timing.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const provider = await startProvider();
atEnd(() => provider.close());
const site = await startSite({ provider: hostile, workers: 2, settings: { timeout: '5s' } });

test('a reload before the callback: the login completes', async () => {
    const browser = site.browser();
    const start = await browser.navigate(site.url('/page?x=1'));
    await site.nginx.reload({ old: 'gone' });
    const response = await browser.navigate(hostile.authorize(start.location));
    assert.deepEqual(
        [response.status, new URL(response.location, site.url()).href],
        [302, site.url('/page?x=1')],
    );
});

test('a reload while the code is being exchanged: the login completes on the old worker', async () => {
    const browser = site.browser();
    const callback = hostile.authorize((await browser.navigate(site.url('/page'))).location);
    const honest = hostile.answers.token;
    let arrived;
    const asked = new Promise((resolve) => {
        arrived = resolve;
    });
    let go;
    const released = new Promise((resolve) => {
        go = resolve;
    });
    hostile.answers.token = async (request, response) => {
        arrived();
        await released;
        hostile.answers.token = honest;
        hostile.honestly.token(request, response);
    };
    const pending = browser.navigate(callback);
    await asked;
    await site.nginx.reload();
    go();
    assert.equal((await pending).status, 302);
    assert.equal(
        (await browser.script(site.url('/'))).status,
        200,
        'the new worker knows the session',
    );
});

test('a reload after the login: the session goes on', async () => {
    const browser = site.browser();
    await hostileLogin(site, browser);
    await site.nginx.reload({ old: 'gone' });
    assert.equal((await browser.script(site.url('/'))).status, 200);
});

test('a login that was spent before a reload stays spent, and its session is that of before', async () => {
    const browser = site.browser();
    const callback = hostile.authorize((await browser.navigate(site.url('/'))).location);
    const copy = browser.clone();
    await browser.navigate(callback);
    const before = hostile.counts.token;
    await site.nginx.reload({ old: 'gone' });
    const other = new URL(callback);
    other.searchParams.set('code', 'another');
    assert.equal((await copy.clone().navigate(other)).status, 400);
    assert.equal((await copy.navigate(callback)).status, 302);
    assert.equal(hostile.counts.token, before);
    const [first, second] = await Promise.all(
        [browser, copy].map((each) => each.script(site.url('/auth/session'))),
    );
    assert.deepEqual([first.status, second.text], [200, first.text]);
});

test('a reload while the provider is silent does not keep the old workers', async () => {
    hostile.answers.token = faults.silent();
    const browser = site.browser();
    const callback = hostile.authorize((await browser.navigate(site.url('/'))).location);
    const pending = browser.navigate(callback);
    await until(() => hostile.journal.count('/oauth/token') > 0, 'the exchange has begun');
    await site.nginx.reload({ old: 'gone' });
    assert.ok([502, 504].includes((await pending).status));
    hostile.honest();
});

test('a reload with a broken configuration leaves the running one in place', async () => {
    const http = site.conf();
    site.nginx.write({ http: http.replace('client_id skc_1001;', '') });
    site.nginx.child.kill('SIGHUP');
    await until(() => /\[emerg\].*client_id/.test(site.nginx.log), 'the mistake is in the log');
    site.nginx.write({ http });
    const browser = site.browser();
    assert.equal((await hostileLogin(site, browser)).status, 302);
    site.options.expected = /\[emerg\].*client_id/;
});

test('20 reloads under load: every request answered, descriptors and memory flat', async () => {
    const busy = await startSite({ provider, workers: 2, settings: { timeout: '10s' } });
    const settle = async () => {
        await busy.nginx.reload({ old: 'gone' });
        return until(
            async () => (await busy.browser().visit(busy.url('/'))).status === 200,
            'the site answers',
        );
    };
    for (let round = 0; round < 3; round += 1) {
        await settle();
    }
    const before = { fds: busy.nginx.fds(), memory: busy.nginx.memory() };

    let running = true;
    const wrong = [];
    const load = async (index) => {
        let browser = busy.browser();
        for (let round = 0; running; round += 1) {
            if (round % 20 === 0) {
                browser = busy.browser();
            }
            const path = `/load/${index}/${round}`;
            const last = await browser
                .visit(busy.url(path))
                .catch((error) => ({ status: error.message }));
            if (last.status !== 200 || last.json.url !== path) {
                wrong.push([last.status, last.url]);
            }
        }
    };
    const loads = Promise.all([0, 1, 2, 3].map(load));
    for (let round = 0; round < 20; round += 1) {
        await busy.nginx.reload();
    }
    running = false;
    await loads;
    await settle();
    assert.deepEqual(wrong, []);
    const spread = Math.max(...busy.nginx.fds()) - Math.max(...before.fds);
    assert.ok(spread <= 1, `descriptors: ${before.fds} before, ${busy.nginx.fds()} after`);
    const growth = busy.nginx.memory() - before.memory;
    assert.ok(growth < 4_096 * slow, `the processes grew by ${growth} KB`);
});
