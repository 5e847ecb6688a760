// One callback that comes several times, at whichever worker: its code is exchanged once, and all get
// what came of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import * as faults from '../op/faults.mjs';
import { startProvider } from '../op/provider.mjs';
import { atEnd } from './cleanup.mjs';
import { startClock } from './clock.mjs';
import { until } from './harness.mjs';
import { begin, hold } from './pending.mjs';
import { assertNoSession, hostileProvider, startSite } from './site.mjs';
import { slack, timed } from './timing.mjs';
import { browsersOfWorkers } from './workers.mjs';

const timeout = 1_000;
const lease = timeout + 1_000; // of an exchange

async function start(options = {}) {
    const hostile = await hostileProvider();
    const site = await startSite({ provider: hostile, workers: 2, ...options });
    const [first, second] = await browsersOfWorkers(site);
    return { hostile, site, first, second };
}

// Copies of a browser that has begun a login, each at a worker.
const copiesAt = (browser, ...workers) =>
    workers.map(({ browser: { agent } }) => Object.assign(browser.clone(), { agent }));

async function assertSameSession(site, ...browsers) {
    const sessions = await Promise.all(
        browsers.map((browser) => browser.script(site.url('/auth/session'))),
    );
    assert.equal(sessions[0].status, 200);
    sessions.forEach(({ text }) => assert.equal(text, sessions[0].text, 'to the second'));
}

const leadsToProvider = (answer, { issuer }) =>
    answer.status === 302 && new URL(answer.location).origin === issuer;

test('copies of a callback of a certified provider at two workers make one token call and get one session', async () => {
    const provider = await startProvider();
    atEnd(() => provider.close());
    const site = await startSite({ provider, workers: 2, settings: { timeout: '5s' } });
    const workers = await browsersOfWorkers(site);
    const browser = site.browser();
    const { next } = await browser.visit(site.url('/page?x=1'), {
        until: (url) => url.startsWith(site.url('/auth/callback')),
    });
    provider.control.delay('/oauth/token', 400);
    const copies = copiesAt(browser, ...workers, ...workers);
    const answers = await Promise.all(copies.map((copy) => copy.navigate(next)));
    for (const answer of answers) {
        assert.equal(answer.status, 302);
        assert.equal(new URL(answer.location, next).href, site.url('/page?x=1'));
    }
    assert.equal(provider.journal.count('/oauth/token'), 1);
    await assertSameSession(site, ...copies);
});

test('a callback that another worker completed gets that very session, and none once it was ended', async () => {
    const { hostile, site, first, second } = await start();
    const { browser, callback } = await begin(site);
    const [one, two, three] = copiesAt(browser, first, second, second);
    assert.equal((await one.navigate(callback)).status, 302);
    assert.equal((await two.navigate(callback)).status, 302);
    await assertSameSession(site, one, two);

    await two.script(site.url('/auth/logout'), { method: 'POST' });
    const count = site.nginx.refusals().length;
    const again = await three.navigate(callback);
    assert.equal(again.status, 400);
    assertNoSession(site, again);
    assert.equal(await site.nginx.reasonAfter(count), 'login_spent');
    assert.equal(hostile.counts.token, 1);
});

test('a login that fails at one worker fails at the other for the same reason', async () => {
    const { hostile, site, first, second } = await start();
    const { browser, callback } = await begin(site);
    const token = hold(hostile);
    const [one, two, late] = copiesAt(browser, first, second, second);
    const answers = [one, two].map((each) => each.navigate(callback));
    await token.asked();
    await sleep(100);
    hostile.answers.token = faults.oauthError('invalid_grant');
    token.waiting.splice(0).forEach((pair) => hostile.answers.token(...pair));
    answers.push(late.navigate(callback));
    for (const answer of await Promise.all(answers)) {
        assert.equal(answer.status, 502);
        assertNoSession(site, answer);
    }
    const reasons = site.nginx.refusals().map(({ reason }) => reason);
    assert.deepEqual(reasons, Array(3).fill('token_request_refused'));
    assert.equal(hostile.counts.token, 1);
});

test('another code for a login that another worker completes is refused as spent', async () => {
    const { hostile, site, first, second } = await start();
    const { browser, callback } = await begin(site);
    const token = hold(hostile);
    const [one, two] = copiesAt(browser, first, second);
    const honest = one.navigate(callback);
    await token.asked();
    const other = new URL(callback);
    other.searchParams.set('code', 'another');
    const refused = two.navigate(other);
    await sleep(100);
    token.release();
    assert.equal((await honest).status, 302);
    assert.equal((await refused).status, 400);
    assertNoSession(site, await refused);
    assert.equal(site.nginx.refusals().at(-1).reason, 'login_spent');
    assert.equal(hostile.counts.token, 1);
});

test('after a minute the outcome of a login is forgotten, and the login is spent', async () => {
    const clock = startClock();
    const { hostile, site, first, second } = await start({ wrap: clock.wrap });
    const { browser, callback } = await begin(site);
    const [one, two, three] = copiesAt(browser, first, second, second);
    await one.navigate(callback);
    clock.forward(50_000);
    await site.browser().navigate(site.url('/'));
    assert.equal((await two.navigate(callback)).status, 302);
    clock.forward(11_000);
    await site.browser().navigate(site.url('/'));
    const answer = await three.navigate(callback);
    assert.equal(answer.status, 400);
    assertNoSession(site, answer);
    assert.equal(hostile.counts.token, 1);
});

test('a worker that is killed while it exchanges a code: who waits elsewhere begins one new login', async () => {
    const { hostile, site, first, second } = await start({ expected: /exited on signal 9/ });
    const { browser, callback } = await begin(site);
    const token = hold(hostile);
    const [one, two, late] = copiesAt(browser, first, second, second);
    const lost = one.navigate(callback).catch((error) => error.code);
    await token.asked();
    const waiting = timed(() => two.navigate(callback));
    process.kill(first.pid, 'SIGKILL');
    assert.equal(await lost, 'ECONNRESET');

    const [answer, elapsed] = await waiting;
    assert.ok(leadsToProvider(answer, hostile), `${answer.status} ${answer.location}`);
    assertNoSession(site, answer);
    assert.ok(elapsed < lease + slack, `it took ${Math.round(elapsed)} ms`);
    assert.ok(leadsToProvider(await late.navigate(callback), hostile), 'and nobody waits twice');
    assert.equal(hostile.counts.token, 1, 'the code is not sent again');

    token.release();
    assert.equal((await two.navigate(hostile.authorize(answer.location))).status, 302);
    assert.equal((await two.script(site.url('/'))).status, 200);
});

test('a worker that was frozen while it exchanged a code comes too late to change anything', async () => {
    const { hostile, site, first, second } = await start();
    const { browser, callback } = await begin(site);
    const token = hold(hostile);
    const [one, two, late] = copiesAt(browser, first, second, second);
    const frozen = one.navigate(callback);
    await token.asked();
    process.kill(first.pid, 'SIGSTOP');
    try {
        assert.ok(leadsToProvider(await two.navigate(callback), hostile));
        token.release();
        await sleep(100);
    } finally {
        process.kill(first.pid, 'SIGCONT');
    }
    assert.match(String((await frozen).status), /^(302|504)$/, 'its own client is answered');
    assert.ok(leadsToProvider(await late.navigate(callback), hostile));
    assertNoSession(site, await late.navigate(callback));
    assert.equal(hostile.counts.token, 1);
});

test('a callback that is repeated after a reload waits for the old worker', async () => {
    const { hostile, site, first } = await start({ settings: { timeout: '5s' } });
    const { browser, callback } = await begin(site);
    const token = hold(hostile);
    const [one] = copiesAt(browser, first);
    const honest = one.navigate(callback);
    await token.asked();
    await site.nginx.reload();
    const two = browser.clone();
    const repeated = two.navigate(callback);
    await sleep(200);
    token.release();
    assert.deepEqual([(await honest).status, (await repeated).status], [302, 302]);
    await assertSameSession(site, Object.assign(one, { agent: undefined }), two);
    assert.equal(hostile.counts.token, 1);
});

test('nginx that is told to quit answers who waits for another worker first', async () => {
    const { hostile, site, first, second } = await start({ settings: { timeout: '5s' } });
    const { browser, callback } = await begin(site);
    const token = hold(hostile);
    const answers = copiesAt(browser, first, second).map((copy) => copy.navigate(callback));
    await token.asked();
    await sleep(100);
    site.nginx.workerPids();
    site.nginx.child.kill('SIGQUIT');
    await sleep(200);
    token.release();
    assert.deepEqual(
        (await Promise.all(answers)).map(({ status }) => status),
        [302, 302],
    );
    await until(() => site.nginx.exit, 'nginx ends');
});
