// Subrequests and caches for two people: SSI, auth_request, slices beside a mirror, background
// updates. Whoever is let in is shown as themselves, and no byte of the one reaches the other.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { mintAccessToken } from '../op/access_tokens.mjs';
import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { bearer } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { hostileLogin, startSite } from './site.mjs';
import { slow } from './timing.mjs';

const size = 55; // bytes of a file

// An application that says in each answer for whom it is: by the header that the administrator
// sets from a variable, and by the module's own. `seen` has [path, one, other] of each request.
async function startApplication() {
    const application = { seen: [], version: 1 };
    const server = http.createServer((request, response) => {
        const { 'x-who': who = '', 'x-scalekit-sub': sub = '', range } = request.headers;
        const path = request.url;
        application.seen.push([path, who, sub]);
        response.setHeader('x-checked', `${who}/${sub}`);
        if (path === '/file') {
            const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [0, 0, size - 1];
            const bytes = `${who}/${sub} `.repeat(size).slice(0, size);
            const end = Math.min(Number(last), size - 1);
            response.setHeader('content-range', `bytes ${first}-${end}/${size}`);
            response.writeHead(206, { 'content-type': 'text/plain', etag: '"1"' });
            response.end(bytes.slice(Number(first), end + 1));
            return;
        }
        response.setHeader('content-type', 'text/html');
        if (path.startsWith('/including/')) {
            const part = path.slice('/including'.length);
            response.end(`before <!--# include virtual="${part}" --> after`);
            return;
        }
        if (path === '/stale') {
            response.setHeader('cache-control', 'max-age=1');
        }
        response.end(`version ${application.version} for ${who}/${sub}`);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(
        () =>
            new Promise((resolve) => {
                server.close(resolve);
                server.closeAllConnections();
            }),
    );
    application.to = (path = '') =>
        `proxy_pass http://127.0.0.1:${server.address().port}${path}; proxy_set_header X-Who $scalekit_sub;`;
    return application;
}

const application = await startApplication();
const folder = mkdtempSync(join(tmpdir(), 'scalekit-cache-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const hostile = await startHostile();
atEnd(() => hostile.close());

const cached = (key = '$scalekit_sub|$uri') =>
    `proxy_cache cache; proxy_cache_valid 200 206 10m; proxy_cache_key ${key};`;
const sliced = `slice 10; ${cached('$scalekit_sub|$uri|$slice_range')}
    proxy_set_header Range $slice_range;`;

const site = await startSite({
    provider: hostile,
    workers: 1,
    http: `proxy_cache_path ${folder} keys_zone=cache:1m use_temp_path=off;
    map $scalekit_sub $bucket { default $scalekit_sub; }`,
    server: 'scalekit_organization_id org_111; scalekit_bearer on;',
    locations: () => `
        location / { ${application.to()} }
        location /including/ { ssi on; ${application.to()} }
        location /open/ { scalekit_auth off; ssi on; ${application.to('/including/')} }

        location = /fragment { ${cached()} ${application.to()} }
        location = /early { set $who $scalekit_sub; ${cached('$who|$uri')} ${application.to()} }
        location = /mapped { ${cached('$bucket|$uri')} ${application.to()} }
        location = /prefixed { scalekit_identity_headers on prefix=X-Other-; ${application.to()} }
        location = /bare { scalekit_auth off; scalekit_identity_headers off; ${application.to()} }
        location = /stranger { scalekit_unauthenticated pass; scalekit_organization_id $arg_none;
            ${application.to()} }
        location /passing/ { scalekit_unauthenticated pass; ssi on; ${application.to('/including/')} }
        location = /rule { scalekit_require sub $arg_none usr_ada; ${application.to()} }

        location = /check { internal; ${cached()} ${application.to('/check')} }
        location = /checked { auth_request /check; auth_request_set $checked $upstream_http_x_checked;
            add_header X-Said $checked; ${application.to()} }
        location = /checked-open { scalekit_auth off; auth_request /check; ${application.to()} }

        location = /mirror { internal; set $mirrored $bucket; ${application.to('/mirror')} }
        location = /mirror-other { internal; scalekit_bearer off; set $mirrored $bucket$scalekit_sub;
            ${application.to('/mirror-other')} }
        location = /mirror-token { internal; scalekit_bearer only; set $mirrored $bucket$scalekit_sub;
            ${application.to('/mirror-token')} }
        location = /sliced { mirror /mirror; ${sliced} ${application.to('/file')} }
        location = /sliced-other { mirror /mirror-other; mirror /mirror-token;
            slice 10; ${cached('$bucket|$uri|$slice_range')} proxy_set_header Range $slice_range;
            ${application.to('/file')} }

        location = /stale { ${cached()} proxy_cache_use_stale updating; proxy_cache_background_update on;
            ${application.to()} }`,
});

// Requests of a person, who is known by a session or by a token.
async function person(sub, how) {
    if (how === 'a token') {
        const token = mintAccessToken(hostile, { sub, oid: 'org_111' });
        return (path, headers = {}) =>
            send(site.url(path), { headers: { ...bearer(token), ...headers } });
    }
    const browser = site.browser();
    await hostileLogin(site, browser, { claims: (claims) => ({ ...claims, sub }) });
    return (path, headers = {}) => browser.script(site.url(path), { headers });
}

const own = (sub) => `${sub}/${sub}`;
const assertOwn = (response, sub) => {
    assert.equal(response.status, 200, response.text);
    const other = sub === 'usr_ada' ? 'usr_bob' : 'usr_ada';
    assert.ok(response.text.includes(own(sub)), `${sub} gets: ${response.text}`);
    assert.ok(!response.text.includes(other), `${sub} gets: ${response.text}`);
};

for (const how of ['a session', 'a token']) {
    describe(`two people, each with ${how}`, () => {
        let [ada, bob] = [];

        before(async () => {
            [ada, bob] = [await person('usr_ada', how), await person('usr_bob', how)];
        });
        beforeEach(() => {
            application.seen.length = 0;
        });
        // everything that went upstream for somebody was said to be for one and the same
        const assertExact = () => {
            for (const [path, who, sub] of application.seen) {
                assert.equal(who, sub, `${path} was asked for by ${who} and by ${sub}`);
                assert.notEqual(who, '', `${path} was asked for by nobody`);
            }
        };

        for (const part of ['fragment', 'early', 'mapped']) {
            test(`a cached fragment of a guarded page: ${part}`, async () => {
                for (const _ of [1, 2]) {
                    assertOwn(await ada(`/including/${part}`), 'usr_ada');
                    assertOwn(await bob(`/including/${part}`), 'usr_bob');
                }
                assertExact();
            });
        }

        test('a cached fragment of an open page is refused to everybody', async () => {
            for (const part of ['fragment', 'early', 'mapped']) {
                for (const someone of [ada, bob]) {
                    const count = site.nginx.refusals().length;
                    const { text } = await someone(`/open/${part}`);
                    assert.match(text, /^before [^]*403[^]* after$/);
                    assert.doesNotMatch(text, /usr_|version/);
                    assert.equal(await site.nginx.reasonAfter(count), 'subrequest_identity');
                }
            }
            assert.deepEqual(
                application.seen.map(([path]) => path).filter((path) => !path.startsWith('/incl')),
                [],
            );
        });

        test('a cached auth_request: each is asked about as themselves', async () => {
            for (const _ of [1, 2]) {
                for (const [someone, sub] of [
                    [ada, 'usr_ada'],
                    [bob, 'usr_bob'],
                ]) {
                    const response = await someone('/checked');
                    assertOwn(response, sub);
                    assert.equal(response.headers['x-said'], own(sub));
                }
            }
            assertExact();
        });

        test('a cached auth_request of an open page is refused with 401', async () => {
            for (const someone of [ada, bob]) {
                const count = site.nginx.refusals().length;
                assert.equal((await someone('/checked-open')).status, 401);
                assert.equal(await site.nginx.reasonAfter(count), 'subrequest_identity');
            }
            assert.deepEqual(application.seen, []);
        });

        for (const path of ['/sliced', '/sliced-other']) {
            test(`slices beside a mirror, and after a cache hit: ${path}`, async () => {
                const whole = (sub) => `${own(sub)} `.repeat(size).slice(0, size);
                for (const range of ['bytes=0-4', 'bytes=12-30', undefined, undefined]) {
                    for (const [someone, sub] of [
                        [ada, 'usr_ada'],
                        [bob, 'usr_bob'],
                    ]) {
                        const response = await someone(path, range ? { range } : {});
                        const [, first, last] = /(\d+)-(\d+)/.exec(range) ?? [0, 0, size - 1];
                        assert.equal(
                            response.text,
                            whole(sub).slice(Number(first), Number(last) + 1),
                        );
                    }
                }
                assertExact();
            });
        }

        for (const path of ['/stale', '/including/stale']) {
            test(`a background update goes upstream as who is served: ${path}`, async () => {
                const served = (version) =>
                    until(async () => {
                        const response = await ada(path);
                        assertOwn(response, 'usr_ada');
                        return response.text.includes(`version ${version} `);
                    }, `version ${version} is served`);
                await served(application.version);
                assertOwn(await bob(path), 'usr_bob');

                application.version += 1;
                await sleep(2_100); // the cache counts in seconds
                application.seen.length = 0;
                const { text } = await ada(path);
                assert.ok(text.includes(`version ${application.version - 1} for ${own('usr_ada')}`));
                await until(
                    () => application.seen.some(([url]) => url === '/stale'),
                    'the update goes upstream',
                );
                await served(application.version);
                assertOwn(await bob(path), 'usr_bob');
                assertExact();
            });
        }

        test('the headers of a part are those that its own place says', async () => {
            await ada('/including/prefixed');
            const [path, who, sub] = application.seen.at(-1);
            assert.deepEqual([path, who, sub], ['/prefixed', 'usr_ada', '']);
        });

        test('a part without identity headers gets none, also where it is open', async () => {
            await ada('/including/bare');
            const [path, , sub] = application.seen.at(-1);
            assert.deepEqual([path, sub], ['/bare', '']);
        });

        test('a part whose tenant is unknown is refused, also in a page for everybody', async () => {
            for (const someone of [ada, (path) => send(site.url(path))]) {
                const { text } = await someone('/passing/stranger');
                assert.match(text, /before [^]*403[^]* after/);
            }
        });

        test('a rule of the part holds for who is shown', async () => {
            assertOwn(await ada('/including/rule'), 'usr_ada');
            assert.match((await bob('/including/rule')).text, /before [^]*403[^]* after/);
        });
    });
}

test('a part for tokens in a page for sessions: never the one beside the other', async () => {
    const session = await person('usr_ada', 'a session');
    const token = mintAccessToken(hostile, { sub: 'usr_bob', oid: 'org_111' });
    const response = await session('/sliced-other', bearer(token));
    assert.ok(response.text.startsWith(own('usr_bob')), 'the token decides');
    for (const [, who, sub] of application.seen.slice(-3)) {
        assert.equal(who, sub);
    }
});

test('a page whose key was needed before the keys were there is not served, and not cached', async () => {
    const late = await startHostile();
    atEnd(() => late.close());
    const held = faults.held();
    late.answers.keys = held;
    const cold = await startSite({
        provider: late,
        settings: { timeout: '8s' },
        http: `proxy_cache_path ${folder}/cold keys_zone=cold:1m use_temp_path=off;
        map $scalekit_sub $bucket { default $scalekit_sub; }`,
        server: 'scalekit_bearer on;',
        locations: () => `
            location /set { set $who $scalekit_sub; proxy_cache cold; proxy_cache_valid 10m;
                proxy_cache_key $who$uri; ${application.to()} }
            location /map { set $unused $bucket; proxy_cache cold; proxy_cache_valid 10m;
                proxy_cache_key $bucket$uri; ${application.to()} }
            location / { ${application.to()} }`,
    });
    const as = (sub, path) =>
        send(cold.url(path), { headers: bearer(mintAccessToken(late, { sub })) });
    await until(() => held.waiting.length > 0, 'the keys are asked for');
    const early = ['/set', '/map', '/'].map((path) => as('usr_ada', path));
    await sleep(300 * slow);
    delete late.answers.keys;
    held.release(late.honestly.keys);
    assert.deepEqual(
        (await Promise.all(early)).map(({ status }) => status),
        [503, 503, 200],
    );
    for (const path of ['/set', '/map']) {
        assertOwn(await as('usr_bob', path), 'usr_bob');
        assertOwn(await as('usr_ada', path), 'usr_ada');
    }
});

test('so it is where the whole server sets the key', async () => {
    const late = await startHostile();
    atEnd(() => late.close());
    const held = faults.held();
    late.answers.keys = held;
    const cold = await startSite({
        provider: late,
        settings: { timeout: '8s' },
        http: `proxy_cache_path ${folder}/early keys_zone=early:1m use_temp_path=off;`,
        server: 'scalekit_bearer on; set $who $scalekit_sub;',
        locations: () => `location / { proxy_cache early; proxy_cache_valid 10m;
            proxy_cache_key $who$uri; ${application.to()} }`,
    });
    const as = (sub) => send(cold.url('/'), { headers: bearer(mintAccessToken(late, { sub })) });
    await until(() => held.waiting.length > 0, 'the keys are asked for');
    const early = as('usr_ada');
    await sleep(300 * slow);
    delete late.answers.keys;
    held.release(late.honestly.keys);
    assert.equal((await early).status, 503);
    assertOwn(await as('usr_bob'), 'usr_bob');
    assertOwn(await as('usr_ada'), 'usr_ada');
});

test('an error line says which places to guard alike', async () => {
    const ada = await person('usr_ada', 'a session');
    await ada('/open/fragment');
    assert.match(
        site.nginx.log,
        /\[error\].*reason=subrequest_identity environment=acme ref=[0-9a-f]{12} \(subrequest \/fragment of \/open\/fragment, which has another identity or none: guard both locations alike\)/,
    );
});
