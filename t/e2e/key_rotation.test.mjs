// The rotation of keys. The provider's signing keys: replaced at any moment, removed, refreshed in the
// background, away for a while, away for too long. The session keys of the configuration: a new one in
// front of the old one, the old one removed.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { mintAccessToken } from '../op/access_tokens.mjs';
import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { startProvider } from '../op/provider.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { hours, minutes, startClock } from './clock.mjs';
import { sessionKey } from './conf.mjs';
import { until } from './harness.mjs';
import { assertNoSession, hostileLogin, startSite } from './site.mjs';
import { slack, slow, timed } from './timing.mjs';

const timeout = 1_000;
const coolDown = 10_000;
const refresh = 10 * minutes;

// A site with pages and an API, whose clocks can be moved.
async function start({ provider, ...options } = {}) {
    const clock = startClock();
    const hostile = provider ?? (await startHostile({ alg: 'ES256' }));
    if (!provider) {
        atEnd(() => hostile.close());
    }
    const site = await startSite({
        provider: hostile,
        wrap: clock.wrap,
        locations: (it) => `
        location / { ${it.proxyPass} }
        location /api { scalekit_bearer only; ${it.proxyPass} }
        location /open { scalekit_auth off; ${it.proxyPass} }`,
        ...options,
    });
    const api = (token) =>
        send(site.url('/api'), { headers: { authorization: `Bearer ${token}` }, agent: false });
    // Tokens are fresh by nginx's clock, and signed by the provider's key unless told otherwise.
    const times = () => {
        const now = Math.floor(clock.now() / 1_000);
        return { iat: now, nbf: now, exp: now + 300 };
    };
    const token = (key = hostile.key) =>
        mintAccessToken({ ...hostile, key, client: hostile.client }, times());
    const login = (key = hostile.key, browser = site.browser()) =>
        hostileLogin(site, browser, signedBy(key, times()));
    // Time passes, and nginx wakes up to see it.
    const later = async (milliseconds) => {
        clock.forward(milliseconds);
        for (let round = 0; round < 8; round += 1) {
            assert.equal((await send(site.url('/open'))).status, 200);
        }
    };
    await until(async () => (await api(token())).status === 200, 'a good token is let in');
    return { hostile, site, api, token, login, later };
}

function replaceKey(hostile, kid) {
    const old = hostile.key;
    hostile.key = signingKey('ES256', kid);
    hostile.publish(hostile.key.publicJwk);
    return old;
}

const statusOf = async (promise) => (await promise).status;
const verdict = async (promise) => {
    const { status, json } = await promise;
    return `${status} ${json.reason}`;
};

// What a hostile provider is told, so that an ID token is signed by this key.
const signedBy = ({ kid, alg, privateKey }, times) => ({
    header: () => ({ kid, alg, typ: 'JWT' }),
    claims: (claims) => ({ ...claims, ...times }),
    by: { alg, key: privateKey },
});

test('keys replaced just before signing: that login and that token are good', async () => {
    for (const way of ['login', 'bearer']) {
        const { hostile, site, api, token } = await start();
        const browser = site.browser();
        const begun = await browser.navigate(site.url('/page'));
        replaceKey(hostile);
        const response =
            way === 'login'
                ? await browser.navigate(hostile.authorize(begun.location))
                : await api(token());
        assert.equal(response.status, way === 'login' ? 302 : 200, `${way}: ${response.text}`);
        assert.equal(hostile.counts.keys, 2, 'the keys were fetched once more');
    }
});

test('keys replaced right after a scheduled refresh: that login and that token are good', async () => {
    const { hostile, site, api, token, login, later } = await start();
    await later(refresh + 1_000);
    await until(() => hostile.counts.keys === 2, 'the keys are refreshed');
    replaceKey(hostile);
    assert.equal(await statusOf(api(token())), 200);
    assert.equal(await statusOf(login()), 302);
    assert.equal(hostile.counts.keys, 3);
});

test('a login is not kept from the new keys by strangers with made-up tokens', async () => {
    const { hostile, site, api } = await start();
    const browser = site.browser();
    const begun = await browser.navigate(site.url('/page'));
    const bogus = mintAccessToken(hostile, {}, { kid: 'made-up' });
    assert.equal((await api(bogus)).status, 401);
    assert.equal(hostile.counts.keys, 2, 'the fetch that tokens may cause is used up');
    replaceKey(hostile);
    assert.equal((await api(bogus)).status, 401);
    assert.equal((await browser.navigate(hostile.authorize(begun.location))).status, 302);
    assert.equal(hostile.counts.keys, 3);
});

test('keys replaced while a scheduled refresh is on its way: that token is good', async () => {
    const { hostile, api, token, later } = await start();
    const [before, held] = [hostile.published, faults.held()];
    hostile.answers.keys = held;
    await later(refresh + 1_000);
    await until(() => held.waiting.length > 0, 'the keys are asked for');
    replaceKey(hostile);
    const pending = api(token());
    await sleep(100 * slow); // now it waits
    hostile.honest();
    hostile.publish(hostile.key.publicJwk);
    held.release(faults.answer(200, { keys: before }));
    assert.equal(await statusOf(pending), 200);
});

test('the certified provider replaces its keys in the middle of a login', async () => {
    const provider = await startProvider();
    atEnd(() => provider.close());
    const { site } = await start({ provider });
    const browser = site.browser();
    const back = await browser.visit(site.url('/page'), {
        until: (url) => url.includes('/oauth/authorize'),
    });
    provider.control.rotateKeys('replace');
    const last = await browser.visit(back.next);
    assert.deepEqual([last.status, last.json.url], [200, '/page']);
});

test('the same kid with a new key works, for logins and for tokens', async () => {
    for (const way of ['login', 'bearer']) {
        const { hostile, site, api, token, login } = await start();
        const old = replaceKey(hostile, hostile.key.kid);
        assert.equal(
            await statusOf(way === 'login' ? login() : api(token())),
            way === 'login' ? 302 : 200,
        );
        assert.equal(await verdict(api(token(old))), '401 signature_invalid');
        assertNoSession(site, await login(old));
    }
});

test('a removed key is refused once the keys were fetched anew, also for a token let in before', async () => {
    const { hostile, site, api, token, login } = await start({ workers: 2 });
    const seen = token();
    const twenty = async () =>
        new Set(await Promise.all(Array.from({ length: 20 }, () => statusOf(api(seen)))));
    assert.deepEqual(await twenty(), new Set([200]));
    const old = replaceKey(hostile);
    assert.deepEqual(await twenty(), new Set([200]), 'nobody knows yet');
    assert.equal(await statusOf(api(token())), 200, 'a token of the new key has the keys fetched');
    assert.deepEqual(await twenty(), new Set([401]));
    assert.equal(await verdict(api(token(old))), '401 key_unknown');
    assertNoSession(site, await login(old));
});

test('the refresh after ten minutes brings new keys to all workers, before anything needs them', async () => {
    const { hostile, api, token, later } = await start({ workers: 2 });
    await later(refresh - 5_000);
    assert.equal(hostile.counts.keys, 1, 'not before its time');
    const old = replaceKey(hostile);
    await later(6_000);
    await until(() => hostile.counts.keys === 2, 'the keys are refreshed');
    await sleep(200 * slow);
    hostile.answers.keys = faults.silent();
    for (let round = 0; round < 10; round += 1) {
        const [{ status }, elapsed] = await timed(() => api(token()));
        assert.equal(status, 200);
        assert.ok(elapsed < slack, `it took ${Math.round(elapsed)} ms`);
    }
    assert.equal(hostile.counts.keys, 2);
    assert.equal(hostile.counts.discovery, 2, 'the metadata is refreshed with them');
    hostile.honest();
    hostile.publish(hostile.key.publicJwk);
    assert.equal(await verdict(api(token(old))), '401 key_unknown');
});

test('the 24 hours in which old keys are used begin anew with each refresh, for all workers, also if it brings the same keys', async () => {
    const { hostile, api, token, later } = await start({ workers: 2 });
    await later(23 * hours);
    await until(() => hostile.counts.keys === 2, 'the keys are refreshed');
    await sleep(200 * slow);
    hostile.answers.keys = faults.answer(500);
    await later(23 * hours);
    for (let round = 0; round < 20; round += 1) {
        assert.equal(await statusOf(api(token())), 200);
    }
    await later(1 * hours);
    assert.equal(await verdict(api(token())), '503 provider_unavailable');
});

// What may become of the endpoint of the keys.
const troubles = {
    'answer 500': faults.answer(500),
    'are HTML': faults.html(),
    'are an empty set': faults.answer(200, { keys: [] }),
    'are 10 MB': faults.huge(),
    'are no key set': faults.answer(200, []),
    'are only of unknown kinds': faults.answer(200, { keys: [{ kty: 'XYZ', kid: 'snk_1' }] }),
    'lead elsewhere': faults.redirect('/keys2'),
    'do not come': faults.silent(),
};

for (const [what, fault] of Object.entries(troubles)) {
    test(`keys that ${what}: the last good ones for 24 hours, then 503, then all is well again`, async () => {
        const { hostile, site, api, token, login, later } = await start();
        const stranger = () => api(token(signingKey('ES256')));
        hostile.answers.keys = fault;

        await later(refresh + 1_000);
        await until(() => /keys not to be had/.test(site.nginx.log), 'the refresh has failed');
        assert.equal(await statusOf(api(token())), 200);
        assert.equal(await statusOf(login()), 302);
        assert.equal(await verdict(stranger()), '401 key_unknown');

        await later(24 * hours - 30 * minutes);
        assert.equal(await statusOf(api(token())), 200, 'not too old yet');

        await later(1 * hours);
        const [refused, elapsed] = await timed(() => api(token()));
        assert.deepEqual([refused.status, refused.json.reason], [503, 'provider_unavailable']);
        assert.equal(refused.headers['www-authenticate'], undefined);
        assert.ok(elapsed < timeout + slack, `it took ${Math.round(elapsed)} ms`);
        assert.equal(await verdict(stranger()), '503 provider_unavailable');
        assert.equal(await statusOf(site.browser().navigate(site.url('/'))), 503);

        hostile.honest();
        await later(coolDown + 1_000);
        await until(async () => (await api(token())).status === 200, 'tokens are let in again');
        assert.equal(await statusOf(login()), 302);
    });
}

test('a provider that cannot be reached: the last good keys for 24 hours, then 503, then all is well again', async () => {
    const first = await startHostile({ alg: 'ES256' });
    const { site, api, token, later } = await start({ provider: first });
    await first.close();
    await later(refresh + 1_000);
    assert.equal(await statusOf(api(token())), 200);
    await later(24 * hours);
    assert.equal(await verdict(api(token())), '503 provider_unavailable');
    assert.equal(await statusOf(site.browser().navigate(site.url('/'))), 503);

    const second = await startHostile({ alg: 'ES256', port: Number(new URL(first.url).port) });
    atEnd(() => second.close());
    await later(coolDown + 1_000);
    await until(async () => (await api(token(second.key))).status === 200, 'tokens are let in');
    assert.equal(await verdict(api(token(first.key))), '401 key_unknown');
});

test('unknown, private and symmetric keys in the set are not used; the good one beside them is', async () => {
    const { hostile, site, api, token, login, later } = await start();
    const priv = signingKey('ES256', 'private');
    const rsa = signingKey('RS256', 'private-rsa');
    const encryption = signingKey('ES256', 'encryption');
    const secret = createHash('sha256').update('known to everybody').digest();
    hostile.publish(
        { kty: 'XYZ', kid: hostile.key.kid, alg: 'ES256', x: 'AA' },
        { kty: 'oct', kid: 'symmetric', alg: 'HS256', k: secret.toString('base64url') },
        { kty: 'oct', kid: 'unnamed', k: secret.toString('base64url') },
        priv.privateJwk,
        rsa.privateJwk,
        { ...encryption.publicJwk, use: 'enc' },
        hostile.key.publicJwk,
    );
    await later(refresh + 1_000);
    await until(() => hostile.counts.keys === 2, 'the keys are refreshed');

    assert.equal(await statusOf(api(token())), 200);
    assert.equal(await statusOf(login()), 302);
    for (const key of [priv, rsa, encryption]) {
        assert.equal(await verdict(api(token(key))), '401 key_unknown', key.kid);
        assertNoSession(site, await login(key));
    }
    for (const kid of ['symmetric', 'unnamed', hostile.key.kid]) {
        const symmetric = { alg: 'HS256', kid, privateKey: secret };
        const answer = await api(token(symmetric));
        assert.equal(answer.status, 401, `${kid}: ${answer.text}`);
        assertNoSession(site, await login(symmetric));
    }
});

test('a set without one usable key lets nobody in, whatever stood there before', async () => {
    const hostile = await startHostile({ alg: 'ES256' });
    atEnd(() => hostile.close());
    const secret = Buffer.alloc(32, 'k');
    const sets = [
        [],
        [hostile.key.privateJwk],
        [{ kty: 'oct', kid: 'o', alg: 'HS256', k: secret.toString('base64url') }],
    ];
    for (const keys of sets) {
        hostile.publish(...keys);
        const site = await startSite({
            provider: hostile,
            settings: { timeout: '1s' },
            locations: (it) => `scalekit_bearer on; location / { ${it.proxyPass} }`,
        });
        const tokens = [
            mintAccessToken(hostile),
            mintAccessToken(hostile, {}, { alg: 'HS256', kid: 'o' }, { alg: 'HS256', key: secret }),
            mintAccessToken(hostile, {}, { alg: 'none', kid: undefined }, { alg: 'none' }),
        ];
        for (const token of tokens) {
            const { status, headers } = await send(site.url('/'), {
                headers: { authorization: `Bearer ${token}` },
            });
            // whoever does not even name an algorithm that keys are for need not wait for keys
            assert.ok(token === tokens[0] ? status === 503 : [401, 503].includes(status));
            assert.equal(headers['x-upstream'], undefined);
        }
        const response = await hostileLogin(site, site.browser());
        assert.equal(response.status, 503);
        assertNoSession(site, response);
    }
});

test('a new first session key keeps the sessions, and removing their key ends them', async () => {
    const hostile = await startHostile();
    atEnd(() => hostile.close());
    const site = await startSite({
        provider: hostile,
        settings: { session_keys: 'file:@FOLDER@/keys' },
        files: { keys: `${sessionKey}\n` },
    });
    const rewrite = async (...list) => {
        writeFileSync(`${site.nginx.folder}/keys`, `${list.join('\n')}\n`);
        await site.nginx.reload({ old: 'gone' });
    };
    const second = 'e2eSecond7Rb3Wd9Kq5Zt2Vx8Lm4Hs1Nc6Jp0Gy';
    const signIn = async () => {
        const browser = site.browser();
        assert.equal((await hostileLogin(site, browser)).status, 302);
        return browser;
    };
    const browser = await signIn();
    await rewrite(second, sessionKey);
    assert.equal((await browser.script(site.url('/'))).status, 200);
    const later = await signIn();
    await rewrite(second);
    assert.equal((await browser.script(site.url('/'))).status, 401);
    assert.equal((await later.script(site.url('/'))).status, 200);
});
