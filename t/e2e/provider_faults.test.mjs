// A provider that fails in every way it can: a clear answer within the timeout, and nobody else
// notices.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { certificates } from '../op/certificates.mjs';
import * as faults from '../op/faults.mjs';
import { client, startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { freePort, until } from './harness.mjs';
import { assertNoSession, hostileLogin, startSite } from './site.mjs';
import { slack, timed } from './timing.mjs';

const timeout = 1_000;
const hostile = await startHostile();
atEnd(() => hostile.close());
const open = (it) =>
    `location / { ${it.proxyPass} } location /open { scalekit_auth off; ${it.proxyPass} }`;
const site = await startSite({ provider: hostile, locations: open });

const failed =
    /^(token_request_failed|provider_timeout|token_response_invalid|provider_unavailable)$/;
const invalid = /^(token_response_invalid|token_request_refused|token_request_failed)$/;

const tokenFaults = {
    'is silent': [faults.silent(), failed],
    'sends headers and then nothing': [faults.headersThenSilent(), failed],
    'drips a byte at a time for ever': [faults.drip(), failed],
    'resets the connection': [faults.reset(), failed],
    'resets the connection in the middle of the body': [faults.resetMidBody(), failed],
    'ends too early': [faults.earlyFin(), failed],
    'speaks something that is not HTTP': [faults.garbage(), failed],
    'sends a broken chunk': [faults.badChunk(), failed],
    'answers 500': [faults.answer(500), invalid],
    'answers 502 with HTML': [faults.html(502), invalid],
    'answers 200 with HTML': [faults.html(), invalid],
    'answers 200 with nothing': [faults.empty(), invalid],
    'answers 204': [faults.empty(204), invalid],
    'answers with a JSON array': [faults.answer(200, []), invalid],
    'answers with deeply nested JSON': [faults.deep(), invalid],
    'answers with 10 MB': [faults.huge(), invalid],
    'answers with gzip that nobody asked for': [faults.gzip({ access_token: 'a' }), invalid],
    'answers 302': [(...args) => faults.redirect(`${hostile.url}/elsewhere`)(...args), invalid],
    'answers 307': [
        (...args) => faults.redirect(`${hostile.url}/elsewhere`, 307)(...args),
        invalid,
    ],
    'answers invalid_grant': [faults.oauthError('invalid_grant'), /^token_request_refused$/],
    'answers invalid_client': [
        faults.oauthError('invalid_client', 401, { 'www-authenticate': 'Basic' }),
        /^token_request_refused$/,
    ],
    'answers 429': [faults.tooManyRequests(), /^token_request_refused$/],
};

for (const [what, [fault, reason]] of Object.entries(tokenFaults)) {
    test(`a token endpoint that ${what} ends in a clear answer within the timeout`, async () => {
        const browser = site.browser();
        const start = await browser.navigate(site.url('/page'));
        const callback = hostile.authorize(start.location);
        hostile.answers.token = fault;
        const count = site.nginx.refusals().length;
        const pending = timed(() => browser.navigate(callback));
        for (let round = 0; round < 5; round += 1) {
            const [other, elapsed] = await timed(() => send(site.url('/open')));
            assert.equal(other.status, 200);
            assert.ok(elapsed < slack, `another request took ${elapsed} ms`);
        }
        const [response, elapsed] = await pending;
        hostile.honest();
        assert.ok(elapsed < timeout + slack, `the answer took ${Math.round(elapsed)} ms`);
        assert.ok([400, 502, 503, 504].includes(response.status), `status ${response.status}`);
        assertNoSession(site, response);
        assert.match(response.headers['content-type'], /text\/html/);
        assert.match(response.text, /<a [^>]*href="\//, 'there is a link to try again');
        assert.match(await site.nginx.reasonAfter(count), reason);
        assert.ok(
            response.text.includes(site.nginx.refusals()[count].ref),
            'the reference of the log',
        );
        const calls = hostile.counts.token;
        const again = await browser.navigate(callback);
        assert.equal(again.status, response.status, 'the same login fails in the same way');
        assert.equal(hostile.counts.token, calls, 'without a second call');
        assert.equal(
            (await hostileLogin(site, site.browser())).status,
            302,
            'the next login works',
        );
    });
}

test('redirects of the provider are not followed', () => {
    assert.equal(hostile.counts.other ?? 0, 0);
});

test('proxy settings of the process environment are ignored', async () => {
    const port = await freePort();
    const env = `http://127.0.0.1:${port}`;
    process.env.http_proxy = env;
    process.env.ALL_PROXY = env;
    const other = await startSite({ provider: hostile, main: 'env http_proxy; env ALL_PROXY;' });
    delete process.env.http_proxy;
    delete process.env.ALL_PROXY;
    assert.equal((await hostileLogin(other, other.browser())).status, 302);
});

test('clients that leave while their login is pending do no harm', async () => {
    hostile.answers.token = faults.delayed(300, faults.answer(500));
    for (let round = 0; round < 20; round += 1) {
        const browser = site.browser();
        const callback = hostile.authorize((await browser.navigate(site.url('/'))).location);
        await assert.rejects(browser.navigate(callback, { timeout: 20 + round * 10 }), /no answer/);
    }
    hostile.honest();
    assert.equal((await hostileLogin(site, site.browser())).status, 302);
});

test('a request pipelined behind a pending callback is answered after it', async () => {
    const browser = site.browser();
    const callback = new URL(hostile.authorize((await browser.navigate(site.url('/'))).location));
    hostile.answers.token = faults.delayed(200, faults.answer(500));
    const text = await new Promise((resolve, reject) => {
        const socket = net.connect(site.port, '127.0.0.1', () =>
            socket.write(
                `GET ${callback.pathname}${callback.search} HTTP/1.1\r\nHost: ${callback.host}\r\nAccept: text/html\r\nCookie: ${browser.cookieHeader(callback)}\r\n\r\n` +
                    `GET /open HTTP/1.1\r\nHost: ${callback.host}\r\nConnection: close\r\n\r\n`,
            ),
        );
        let all = '';
        socket
            .on('data', (chunk) => {
                all += chunk;
            })
            .on('close', () => resolve(all))
            .on('error', reject);
    });
    hostile.honest();
    assert.match(text, /^HTTP\/1\.1 502 [\s\S]*HTTP\/1\.1 200 /);
});

const keyFaults = {
    'is silent': faults.silent(),
    'resets the connection': faults.reset(),
    'answers 500': faults.answer(500),
    'answers with HTML': faults.html(),
    'answers with nothing': faults.empty(),
    'answers with 10 MB': faults.huge(),
    'answers with a JSON array': faults.answer(200, []),
    'answers without keys': faults.answer(200, { keys: [] }),
    'answers 302': faults.redirect('/keys2'),
};

for (const [what, fault] of Object.entries(keyFaults)) {
    test(`a key endpoint that ${what} at the start lets nobody in, and heals`, async () => {
        const provider = await startHostile();
        atEnd(() => provider.close());
        provider.answers.keys = fault;
        const cold = await startSite({ provider });
        const browser = cold.browser();
        const [response, elapsed] = await timed(async () => {
            const start = await browser.navigate(cold.url('/'));
            return start.status === 302
                ? browser.navigate(provider.authorize(start.location))
                : start;
        });
        assert.ok([502, 503, 504].includes(response.status), `status ${response.status}`);
        assertNoSession(cold, response);
        assert.ok(elapsed < 2 * timeout + slack, `it took ${Math.round(elapsed)} ms`);
        provider.honest();
        await until(
            async () => (await hostileLogin(cold, cold.browser())).status === 302,
            'people sign in again',
            20_000,
        );
    });
}

for (const [what, tls] of [
    ['has expired', 'expired'],
    ['is for another name', 'wrongName'],
    ['comes from an unknown authority', 'unknownAuthority'],
]) {
    test(`a provider whose certificate ${what} is not talked to`, async () => {
        const provider = await startHostile({ tls });
        atEnd(() => provider.close());
        const secure = await startSite({ provider });
        const [response, elapsed] = await timed(() => secure.browser().navigate(secure.url('/')));
        assert.equal(response.status, 503);
        assert.ok(elapsed < timeout + slack, `it took ${Math.round(elapsed)} ms`);
        assert.deepEqual(provider.counts, {}, 'not one request got through');
    });
}

test('a provider with a good certificate works, and only with its authority trusted', async () => {
    const provider = await startHostile({ tls: 'good' });
    atEnd(() => provider.close());
    const secure = await startSite({ provider, settings: { allow_http: 'on' } });
    assert.equal((await hostileLogin(secure, secure.browser())).status, 302);
    const distrustful = await startSite({
        provider,
        settings: { allow_http: 'on', trusted_certificate: null },
    });
    assert.equal((await distrustful.browser().navigate(distrustful.url('/'))).status, 503);
});

test('workers need not be able to read the trusted certificate: nginx has read it for them', async () => {
    const provider = await startHostile({ tls: 'good' });
    atEnd(() => provider.close());
    const folder = mkdtempSync(join(tmpdir(), 'scalekit-trusted-'));
    atEnd(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'authority.pem');
    copyFileSync(certificates().caFile, file);
    const settings = { allow_http: 'on', trusted_certificate: file };
    const secure = await startSite({ provider, settings });
    rmSync(file);
    assert.equal((await hostileLogin(secure, secure.browser())).status, 302);
});

test('a provider whose certificate is of an RSA key works', async () => {
    const provider = await startHostile({ tls: 'rsa' });
    atEnd(() => provider.close());
    const secure = await startSite({ provider, settings: { allow_http: 'on' } });
    assert.equal((await hostileLogin(secure, secure.browser())).status, 302);
});

test('a provider that speaks plain HTTP where TLS is expected is refused', async () => {
    const plain = await startHostile();
    atEnd(() => plain.close());
    const provider = { issuer: plain.issuer.replace('http:', 'https:'), client };
    const secure = await startSite({ provider, settings: { allow_http: 'on' } });
    assert.equal((await secure.browser().navigate(secure.url('/'))).status, 503);
});
