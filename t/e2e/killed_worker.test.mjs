// A worker is killed while it has the lock of the shared memory, at each place where it takes it: the
// others go on at once, and nothing that was answered is forgotten.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { atEnd } from './cleanup.mjs';
import { minutes, startClock } from './clock.mjs';
import { holdWorker } from './debugger.mjs';
import { until } from './harness.mjs';
import { outcome } from './pending.mjs';
import { hostileLogin, startSite } from './site.mjs';
import { slow } from './timing.mjs';
import { browsersOfWorkers } from './workers.mjs';

const provider = await startHostile();
atEnd(() => provider.close());
const clock = startClock();
const site = await startSite({
    provider,
    workers: 2,
    wrap: clock.wrap,
    http: 'keepalive_timeout 30d; keepalive_time 30d;',
    // a worker waits for another one meanwhile, and its exchange must not end before
    settings: { session_lifetime: '30d', session_idle: '8h', timeout: `${2 * slow}s` },
    expected: /exited on signal 9|shared memory zone "ngx_http_scalekit" was locked by/,
});
const renewal = 61 * minutes; // an eighth of session_idle

const now = () => Math.floor(clock.now() / 1_000);
const lies = {
    claims: (claims) => ({ ...claims, iat: now(), auth_time: now(), exp: now() + 300 }),
};
const login = (browser = site.browser()) => hostileLogin(site, browser, lies);

// A login up to the callback.
async function begin(browser) {
    const start = await browser.navigate(site.url('/page'));
    return provider.authorize(start.location, lies);
}

const locked = () => site.nginx.log.split('zone "ngx_http_scalekit" was locked by').length;

const sessionSet = ({ setCookies }) =>
    setCookies.some((line) => line.startsWith(`${site.sessionCookie}=`) && !/max-age=0/i.test(line));

// What was answered before, and has to stand afterwards.
async function answers() {
    const browser = site.browser();
    const callback = await begin(browser);
    const before = browser.clone();
    assert.equal((await browser.navigate(callback)).status, 302);

    const ended = site.browser();
    await login(ended);
    const copy = ended.clone();
    assert.equal((await ended.script(site.url('/auth/logout'), { method: 'POST' })).status, 200);
    return { callback, before, signedIn: browser, ended: copy };
}

async function assertStand({ callback, before, signedIn, ended }) {
    for (let round = 0; round < 4; round += 1) {
        const sent = provider.counts.token;
        await before.clone().navigate(callback);
        assert.equal(provider.counts.token, sent, 'a code is not sent twice');
        assert.equal((await login()).status, 302);
    }
    clock.forward(renewal);
    await site.browser().navigate(site.url('/'));
    assert.ok(sessionSet(await signedIn.clone().script(site.url('/'))), 'a session is renewed');
    for (let round = 0; round < 4; round += 1) {
        const answer = await ended.clone().script(site.url('/'));
        assert.ok(!sessionSet(answer), 'a session that was ended is not renewed');
    }
}

// What is to be done by the worker of a browser so that it comes to the place.
const completeLogin = async (browser) => {
    const callback = await begin(browser);
    return () => browser.navigate(callback);
};
const repeatLogin = async (browser) => {
    const callback = await begin(browser);
    const copy = browser.clone();
    await browser.navigate(callback);
    return () => copy.navigate(callback);
};
const signOut = async (browser) => {
    await login(browser);
    return () => browser.script(site.url('/auth/logout'), { method: 'POST' });
};
const renew = async (browser) => {
    await login(browser);
    clock.forward(renewal);
    await site.browser().navigate(site.url('/'));
    return () => browser.script(site.url('/'));
};
// The worker that wakes up first sees that it is time for another fetch.
const fetchAgain = (change) => async (browser) => {
    change();
    return () => {
        clock.forward(11 * minutes);
        return browser.navigate(site.url('/page'));
    };
};
let padding = 0;
const otherKeys = () => {
    padding += 1;
    provider.bend.keys = (document) => ({ ...document, padding: 'x'.repeat(1_000 * padding) });
};

const insert = 'shared::Table::insert';
const value = (atomic) => `*(unsigned*)&${atomic}`;

const places = {
    'asks whether a login is spent': [completeLogin, { from: 'spendLogin', locked: true }],
    'begins to note a spent login': [
        completeLogin,
        { from: 'spendLogin', at: insert, changes: value('this->changing_') },
    ],
    'has almost noted a spent login': [
        completeLogin,
        { from: 'spendLogin', at: insert, changes: 'this->used_' },
    ],
    'keeps the outcome of a login': [
        completeLogin,
        { from: 'landLogin', at: 'shared::FlightTable::land', changes: 'this->written_' },
    ],
    'looks for the outcome of a login': [
        repeatLogin,
        { from: 'findSpentLogin', at: 'shared::FlightTable::find' },
    ],
    'has almost noted an ended session': [
        signOut,
        { from: 'revokeSession', at: insert, changes: 'this->used_' },
    ],
    'looks for an ended session': [renew, { from: 'sessionRevoked', at: 'shared::Table::find' }],
    'begins a fetch': [fetchAgain(() => {}), { from: 'ProviderDocuments::beginFetch', locked: true }],
    'has made room for documents': [
        fetchAgain(otherKeys),
        { from: 'ProviderDocuments::store', at: 'shared::Arena::allocate', returns: true },
    ],
    'has replaced documents': [
        fetchAgain(otherKeys),
        { from: 'ProviderDocuments::store', changes: 'this->provider_->documents' },
    ],
    'notes that a fetch failed': [
        fetchAgain(() => {
            provider.answers.keys = faults.answer(500);
        }),
        { from: 'ProviderDocuments::fail', locked: true },
    ],
};

for (const [what, [prepare, place]] of Object.entries(places)) {
    test(`a worker is killed as it ${what}: the other one goes on, and what was answered stands`, async () => {
        const stand = await answers();
        const [victim, other] = await browsersOfWorkers(site);
        const act = await prepare(victim.browser);
        const before = locked();

        const worker = await holdWorker(victim.pid, place);
        const pending = outcome(act());
        await worker.held;
        let waiting = true;
        const blocked = outcome(
            begin(other.browser).then((callback) => other.browser.navigate(callback)),
        ).finally(() => {
            waiting = false;
        });
        await sleep(200 * slow);
        assert.ok(waiting, 'the other worker waits for the lock');
        worker.kill();
        assert.equal(await blocked, 302, 'and has it as soon as the first one is dead');
        assert.match(String(await pending), /ECONNRESET|302/);
        await until(() => locked() > before, 'nginx has opened the lock of the dead worker');
        provider.honest();

        await assertStand(stand);
        const fetches = provider.counts.keys;
        clock.forward(11 * minutes);
        await until(async () => {
            await site.browser().navigate(site.url('/'));
            return provider.counts.keys > fetches;
        }, 'the keys are fetched again');
        assert.equal((await login()).status, 302);
    });
}

test('a worker is killed as it reads new documents: the next one reads them', async () => {
    otherKeys();
    const [victim, other] = await browsersOfWorkers(site);
    const fetches = provider.counts.keys;
    clock.forward(11 * minutes);
    await other.browser.navigate(site.url('/'));
    await until(() => provider.counts.keys > fetches, 'the other worker fetches');
    const worker = await holdWorker(victim.pid, { from: 'ProviderDocuments::read', locked: true });
    const pending = outcome(victim.browser.navigate(site.url('/page')));
    await worker.held;
    worker.kill();
    assert.equal(await pending, 'ECONNRESET');
    for (let round = 0; round < 4; round += 1) {
        assert.equal((await login()).status, 302);
    }
});
