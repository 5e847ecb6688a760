// The session cookie: nothing but the exact value in its own place is a session, and all failures
// look the same.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { environment, sessionKey } from './conf.mjs';
import { until } from './harness.mjs';
import { hostileLogin, startSite } from './site.mjs';
import { slow } from './timing.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
atEnd(() => agent.destroy());

const site = await startSite({
    provider: hostile,
    http: `${environment(hostile, {}, 'other')}
    ${environment(hostile, { session_cookie: 'own_name', base_path: '/own' }, 'named')}`,
    locations: (it) => `location / { ${it.proxyPass} }`,
    servers: (it) =>
        ['other', 'named']
            .map(
                (name) => `server { listen 127.0.0.1:${it.port}; server_name ${name}.localhost;
        scalekit_auth ${name}; scalekit_organization_id org_111; location / { ${it.proxyPass} } }`,
            )
            .join('\n'),
});
const name = site.sessionCookie;

async function signIn(target = site, lies = {}) {
    const browser = target.browser();
    const response = await hostileLogin(target, browser, lies);
    assert.equal(response.status, 302, response.text.slice(0, 300));
    return browser;
}

const session = (await signIn()).cookie(name, site.url());

// An answer with the parts that differ by nature taken out.
function essence(response) {
    const {
        date,
        connection,
        'keep-alive': _,
        'content-length': length,
        ...headers
    } = response.headers;
    return JSON.stringify([
        response.status,
        headers,
        response.text.replace(/[0-9a-f]{12}/g, 'REF'),
    ]);
}

const ask = (cookie, headers = {}, host = undefined) =>
    send(site.url('/', host), {
        agent,
        headers: {
            accept: 'application/json',
            ...(cookie !== undefined && { cookie }),
            ...headers,
        },
    });

const nobody = essence(await ask());

async function allAreNobody(cookies, host) {
    let next = 0;
    const worker = async () => {
        while (next < cookies.length) {
            const cookie = cookies[next];
            next += 1;
            assert.equal(essence(await ask(cookie, {}, host)), nobody, cookie.slice(0, 200));
        }
    };
    const before = site.upstream.requests.length;
    await Promise.all(Array.from({ length: 8 }, worker));
    assert.equal(site.upstream.requests.length, before);
}

test('the cookie as it was set is a session', async () => {
    assert.equal((await ask(`${name}=${session}`)).status, 200);
    assert.match(nobody, /^\[401,/);
});

test('every single bit of the cookie, turned over, is no session, with identical answers', async () => {
    const bytes = Buffer.from(session, 'base64url');
    const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
        const copy = Buffer.from(bytes);
        copy[bit >> 3] ^= 0x80 >> (bit & 7);
        return `${name}=${copy.toString('base64url')}`;
    });
    await allAreNobody(flipped);
});

test('every bit of every character of the cookie likewise', async () => {
    const flipped = [];
    for (let index = 0; index < session.length; index += 1) {
        for (let bit = 0; bit < 7; bit += 1) {
            const character = String.fromCharCode(session.charCodeAt(index) ^ (1 << bit));
            if (/[\x21-\x7e]/.test(character) && character !== ';') {
                flipped.push(
                    `${name}=${session.slice(0, index)}${character}${session.slice(index + 1)}`,
                );
            }
        }
    }
    await allAreNobody(flipped);
});

test('every truncation, and the cookie with something added, is no session', async () => {
    const values = Array.from({ length: session.length }, (_, size) => session.slice(0, size));
    values.push(
        ...['A', 'AA', 'AAAA', '=', '==', '.', '.1', '%20', '"'].map((tail) => session + tail),
        `A${session}`,
        `"${session}"`,
    );
    await allAreNobody(values.map((value) => `${name}=${value}`));
});

test('bytes removed from the middle or the end of the sealed record are no session', async () => {
    const bytes = Buffer.from(session, 'base64url');
    const values = [];
    for (let count = 1; count <= 40; count += 1) {
        values.push(
            bytes.subarray(0, bytes.length - count),
            Buffer.concat([bytes.subarray(0, 20), bytes.subarray(20 + count)]),
            Buffer.concat([bytes, Buffer.alloc(count)]),
            Buffer.alloc(count),
        );
    }
    await allAreNobody(values.map((value) => `${name}=${value.toString('base64url')}`));
});

test('moved to another environment or another cookie name it is no session', async () => {
    assert.equal((await ask(`${name}=${session}`, {}, 'other.localhost')).status, 401);
    assert.equal((await ask(`own_name=${session}`, {}, 'named.localhost')).status, 401);
    assert.equal((await ask(`${name}=${session}`, {}, 'named.localhost')).status, 401);
    await allAreNobody([
        `own_name=${session}`,
        `__Host-${name}=${session}`,
        `${name}.1=${session}`,
    ]);
});

test('a login cookie is no session, and a session no login cookie', async () => {
    const browser = site.browser();
    await browser.navigate(site.url('/'));
    const binding = browser.cookie(site.loginCookie, site.url());
    assert.ok(binding);
    await allAreNobody([`${name}=${binding}`, `${site.loginCookie}=${session}`]);
});

test('the same person signed in twice has two different cookies', async () => {
    assert.notEqual((await signIn()).cookie(name, site.url()), session);
});

test('impossible numbers of chunks are refused quickly', async () => {
    const counts = [
        '10000000000',
        '-1',
        '0',
        '1',
        '5',
        '1e9',
        '',
        '99999999999999999999999',
        '2',
        '3',
        '4',
        '02',
        '+2',
        ' 2',
    ];
    const values = counts.flatMap((count) => [
        `${name}=${count}.${session}`,
        `${name}=${count}.`,
        `${name}=${count}.${session}; ${name}.1=${session}`,
    ]);
    const start = performance.now();
    await allAreNobody(values);
    assert.ok(performance.now() - start < 2_000 * slow);
});

test('sessions round the size of a chunk work, and one that is too big is refused once and clearly', async () => {
    const small = Buffer.from(session, 'base64url').length;
    const chunk = 2_850; // bytes, which are 3,800 characters
    const sizes = Array.from({ length: 26 }, (_, step) => chunk - small - 60 + step * 4);
    sizes.push(4_000, 4_800); // 7 KB are the limit of all chunks together
    let most = 0;
    for (const size of sizes) {
        const browser = await signIn(site, {
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

test('chunks that are missing, swapped or of two sessions are no session', async () => {
    const big = { claims: (claims) => ({ ...claims, filler: 'f'.repeat(4_000) }) };
    const [one, two] = [await signIn(site, big), await signIn(site, big)].map((browser) =>
        [name, `${name}.1`].map((chunk) => browser.cookie(chunk, site.url())),
    );
    assert.ok(one[1] && two[1], 'the session has two chunks');
    const pair = (first, second) => `${name}=${first}; ${name}.1=${second}`;
    assert.equal((await ask(pair(...one))).status, 200);
    assert.equal((await ask(`${name}.1=${one[1]}; ${name}=${one[0]}`)).status, 200, 'in any order');
    await allAreNobody([
        `${name}=${one[0]}`,
        `${name}.1=${one[1]}`,
        pair(one[0], two[1]),
        pair(two[0], one[1]),
        pair(one[1], one[0]),
        pair(one[0], ''),
        pair(one[0], one[1].slice(0, -1)),
        `${name}=${one[0]}; ${name}.2=${one[1]}`,
    ]);
});

test('a smaller session after a bigger one is not disturbed by leftover chunks', async () => {
    const browser = await signIn(site, {
        claims: (claims) => ({ ...claims, filler: 'f'.repeat(4_000) }),
    });
    const leftover = browser.cookie(`${name}.1`, site.url());
    assert.equal((await ask(`${name}=${session}; ${name}.1=${leftover}`)).status, 200);
});

test("the cookie's name is matched exactly, and duplicates never loop", async () => {
    const upper = name.toUpperCase();
    await allAreNobody([
        `${upper}=${session}`,
        `x${name}=${session}`,
        `${name}x=${session}`,
        `"${name}"=${session}`,
        `${name} =${session}`,
        `a=b ${name}=${session}`,
        `a="; ${name.toUpperCase()}=${session}"`,
    ]);
    assert.equal((await ask(`a=b; ${name}=${session}; c`)).status, 200);
    assert.equal(
        (await ask(`;;; =; ${name}=${session};;`)).status,
        200,
        'oddities round it do not matter',
    );
    for (const cookie of [`${name}=AAAA; ${name}=${session}`, `${name}=${session}; ${name}=AAAA`]) {
        assert.ok([200, 401].includes((await ask(cookie)).status), 'either one, but an answer');
    }
    const planted = site.browser();
    const start = await planted.navigate(site.url('/'), {
        headers: { cookie: `${name}=AAAA; ${name}=BBBB` },
    });
    assert.equal(start.status, 302);
    assert.equal((await planted.visit(hostile.authorize(start.location))).status, 200);
});

test('malformed Cookie headers are harmless', async () => {
    await allAreNobody([
        '',
        ';',
        ';;',
        '=',
        '= ',
        ' = ; ',
        name,
        `${name}=`,
        `${name}`,
        `${name}.`,
        `=${session}`,
        'a'.repeat(7_000),
        ';'.repeat(7_000),
    ]);
});

test('the absolute limit holds from inside the cookie, also while it is used', async () => {
    const short = await startSite({
        provider: hostile,
        settings: { session_lifetime: '3s', session_idle: '1h', clock_skew: '0' },
    });
    const browser = await signIn(short);
    const stolen = `${name}=${browser.cookie(name, short.url())}`;
    const script = (cookie) =>
        send(short.url('/'), { headers: { accept: 'application/json', cookie } });
    assert.equal((await script(stolen)).status, 200);
    await until(async () => (await script(stolen)).status === 401, 'the session ended', 6_000);
    assert.equal((await browser.script(short.url('/'))).status, 401);
});

test('the idle limit holds from inside the cookie, and use moves it', async () => {
    const short = await startSite({
        provider: hostile,
        settings: { session_lifetime: '1h', session_idle: '3s', clock_skew: '0' },
    });
    const browser = await signIn(short);
    const first = `${name}=${browser.cookie(name, short.url())}`;
    const end = Date.now() + 4_500;
    await until(async () => {
        assert.equal(
            (await browser.script(short.url('/'))).status,
            200,
            'a session in use goes on',
        );
        return Date.now() > end;
    }, 'the first cookie is old');
    assert.notEqual(`${name}=${browser.cookie(name, short.url())}`, first, 'it was sealed anew');
    const response = await send(short.url('/'), {
        headers: { accept: 'application/json', cookie: first },
    });
    assert.equal(response.status, 401, 'the value from the beginning is too old');
});

test('a new first key keeps the sessions, and removing their key ends them', async () => {
    const rotating = await startSite({
        provider: hostile,
        settings: { session_keys: 'file:@FOLDER@/keys' },
        files: { keys: `${sessionKey}\n` },
    });
    const rewrite = async (...list) => {
        writeFileSync(`${rotating.nginx.folder}/keys`, `${list.join('\n')}\n`);
        await rotating.nginx.reload({ old: 'gone' });
    };
    const second = 'e2eSecond7Rb3Wd9Kq5Zt2Vx8Lm4Hs1Nc6Jp0Gy';
    const browser = await signIn(rotating);
    await rewrite(second, sessionKey);
    assert.equal((await browser.script(rotating.url('/'))).status, 200);
    const later = await signIn(rotating);
    await rewrite(second);
    assert.equal((await browser.script(rotating.url('/'))).status, 401);
    assert.equal((await later.script(rotating.url('/'))).status, 200);
});
