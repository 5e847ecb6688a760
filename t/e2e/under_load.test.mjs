// Measured while many sign in: nobody else waits, answers that come as the timeout does are no harm,
// descriptors and memory stay flat. This file has the machine for itself.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import * as faults from '../op/faults.mjs';
import { send } from './browser.mjs';
import { until } from './harness.mjs';
import { beginMany, hold, loginWorks, outcome } from './pending.mjs';
import { hostileLogin, hostileProvider, startSite } from './site.mjs';
import { aloneSlack as slack, slow, timed } from './timing.mjs';

const hostile = await hostileProvider();
const open = (it) =>
    `location / { ${it.proxyPass} } location /open { scalekit_auth off; ${it.proxyPass} }`;

test('with accept_mutex and multi_accept on, logins complete, also when answers come as the timeout does', async () => {
    const limit = 300;
    const site = await startSite({
        provider: hostile,
        workers: 3,
        events: 'accept_mutex on; accept_mutex_delay 1ms; multi_accept on;',
        settings: { timeout: `${limit}ms` },
    });
    // Events are queued while a worker has the mutex, and timers run before the queue does. So
    // connections come and go, and answers arrive at once or round the time limit.
    let turn = 0;
    hostile.answers.token = (request, response) => {
        turn += 1;
        response.setHeader('connection', 'close');
        const late = turn % 3 === 0 ? limit - 20 + (turn % 8) * 4 : 0;
        faults.delayed(late, hostile.honestly.token)(request, response);
    };
    const statuses = [];
    const end = performance.now() + 3_000;
    const visitor = async () => {
        while (performance.now() < end) {
            statuses.push((await hostileLogin(site, site.browser())).status);
        }
    };
    await Promise.all(Array.from({ length: 80 }, visitor));
    hostile.honest();
    const complete = statuses.filter((status) => status === 302).length;
    assert.ok(complete > 50 / slow, `${complete} of ${statuses.length} logins completed`);
    assert.deepEqual(
        statuses.filter((status) => status !== 302 && status !== 504),
        [],
    );
    assert.doesNotMatch(site.nginx.log, /exited on signal/);
    assert.equal((await hostileLogin(site, site.browser())).status, 302);
});

test('while 1,000 logins hang on a silent provider, other requests take at most twice as long', async () => {
    const site = await startSite({
        provider: hostile,
        locations: open,
        main: 'worker_rlimit_nofile 4096;',
        connections: 4_096,
        settings: { timeout: '6s' },
    });
    const agent = new http.Agent({ keepAlive: true });
    const p99 = async () => {
        const times = [];
        for (let index = 0; index < 300; index += 1) {
            const [answer, elapsed] = await timed(() => send(site.url('/open'), { agent }));
            assert.equal(answer.status, 200);
            times.push(elapsed);
        }
        return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)];
    };
    const crowd = new http.Agent({ keepAlive: true, maxSockets: 50 });
    const logins = await beginMany(site, 1_000, crowd);
    crowd.destroy();
    logins.forEach(({ browser }) => delete browser.agent);
    await p99(); // warms everything up
    const idle = await p99();

    const tokens = hold(hostile);
    const pending = Promise.all(logins.map(({ finish }) => outcome(finish())));
    await tokens.asked(200);
    await until(() => site.nginx.fds()[0] > 1_000, 'the logins are hanging');
    const hanging = await p99();
    assert.ok(site.nginx.fds()[0] > 1_000, 'the logins are still hanging');
    const outcomes = await pending;
    hostile.honest();
    agent.destroy();
    assert.deepEqual([...new Set(outcomes)], [504]);
    assert.ok(
        hanging < 2 * idle + slack / 2,
        `p99 was ${idle.toFixed(1)} ms before and ${hanging.toFixed(1)} ms while they hung`,
    );
    assert.ok(await loginWorks(site), 'a login completes afterwards');
});

test('clients that hang up while very many logins hang leave nothing behind', async () => {
    const site = await startSite({
        provider: hostile,
        main: 'worker_rlimit_nofile 4096;',
        connections: 4_096,
        settings: { timeout: '20s' },
    });
    const logins = await beginMany(site, 400); // more than a worker keeps the outcomes of
    const tokens = hold(hostile);
    const agent = new http.Agent();
    logins.forEach(({ browser }) => Object.assign(browser, { agent }));
    const pending = Promise.all(logins.map(({ finish }) => outcome(finish())));
    await tokens.asked(200);
    await until(() => site.nginx.fds()[0] > 400, 'the logins are hanging');
    agent.destroy();
    assert.deepEqual([...new Set(await pending)], ['ECONNRESET']);
    tokens.release();
    hostile.honest();
    assert.ok(await loginWorks(site), 'a login completes afterwards');
    assert.doesNotMatch(site.nginx.log, /exited on signal|\[alert\]/);
});

test('descriptors and memory stay flat over 300 logins and 20 reloads', async () => {
    const provider = await hostileProvider();
    const site = await startSite({ provider, workers: 2, locations: open });
    // Logins that succeed, that are refused and that the provider fails.
    const logIn = async (count) => {
        for (let index = 0; index < count; index += 1) {
            const lies = index % 5 === 1 ? { claims: (it) => ({ ...it, aud: 'other' }) } : {};
            provider.answers.token = index % 5 === 2 ? faults.reset() : provider.honestly.token;
            const { status } = await hostileLogin(site, site.browser(), lies);
            assert.equal(status === 302, index % 5 !== 1 && index % 5 !== 2);
        }
        provider.honest();
    };
    const rest = async () => {
        await site.nginx.reload({ old: 'gone' });
        await logIn(20);
        return { fds: site.nginx.fds(), memory: site.nginx.memory() };
    };
    const flat = (before, after, what) => {
        const spread = Math.max(...after.fds) - Math.max(...before.fds);
        assert.ok(spread <= 1, `descriptors ${what}: ${before.fds} before, ${after.fds} after`);
        const growth = after.memory - before.memory;
        assert.ok(growth < 3_072 * slow, `the processes grew by ${growth} KB ${what}`);
    };
    await rest();
    const fresh = await rest();
    await logIn(300);
    const used = { fds: site.nginx.fds(), memory: site.nginx.memory() };
    flat(fresh, used, 'over 300 logins');
    for (let round = 0; round < 20; round += 1) {
        await site.nginx.reload({ old: 'gone' });
    }
    const reloaded = await rest();
    flat(fresh, reloaded, 'over 20 reloads');
});
