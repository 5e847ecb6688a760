// Access tokens where a provider, time or memory is needed: an ID token of a real login is none, one of
// them makes no session, its verdict ends in time, the keys that it points to are not asked for, a
// megabyte of it costs nothing. All the rules that a token has to keep are in t/unit and
// t/bearer_tokens.t.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { machine, mintAccessToken, now } from '../op/access_tokens.mjs';
import { certificates } from '../op/certificates.mjs';
import { startHostile } from '../op/hostile.mjs';
import { compact, decode, encode, withFlippedBit } from '../op/jwt.mjs';
import { startProvider } from '../op/provider.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { assertAccepted, assertRefusal, assertRefused, bearer, call } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { until } from './harness.mjs';
import { assertNoSession, hostileLogin, login, startSite } from './site.mjs';
import { startTap } from './tap.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const open = (it) => `
    location / { scalekit_bearer on; ${it.proxyPass} }
    location /any { scalekit_bearer only; scalekit_audience off; ${it.proxyPass} }`;
const site = await startSite({ provider: hostile, server: '', locations: open });

for (const mode of ['modular', 'full-stack']) {
    for (const accessTokens of ['standard', 'scalekit']) {
        test(`the ID token of a real login is no access token (${mode}, ${accessTokens})`, async () => {
            const provider = await startProvider({ mode, accessTokens });
            atEnd(() => provider.close());
            const tap = await startTap(provider);
            atEnd(() => tap.close());
            const own = await startSite({
                provider,
                settings: { endpoint: tap.endpoint },
                server: mode === 'modular' ? 'scalekit_organization_id org_111;' : '',
                locations: open,
            });
            const browser = own.browser();
            const { headers } = await login(browser, own.url('/page'));
            assert.equal(headers['x-scalekit-sub'], 'conn_hooli;gavin');
            const [tokens] = tap.answers;
            assert.equal(decode(tokens.id_token).claims.sub, 'conn_hooli;gavin');
            for (const path of ['/', '/any']) {
                await assertRefused(own, tokens.id_token, 'token_type_mismatch', { path });
                const cookie = browser.cookieHeader(own.url());
                const options = { path, headers: { cookie } };
                await assertRefused(own, tokens.id_token, 'token_type_mismatch', options);
            }
            if (accessTokens === 'scalekit') {
                await assertAccepted(own, tokens.access_token);
            } else {
                await assertRefused(own, tokens.access_token, 'token_malformed', {
                    what: 'opaque',
                });
            }
        });
    }
}

// What other tokens of the provider say.
const logout = {
    iss: hostile.issuer,
    aud: hostile.client.id,
    iat: now(),
    exp: now() + 120,
    jti: 'a logout',
    sub: 'usr_1',
    sid: 'ses_1',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
};
const invitation = {
    iss: hostile.issuer,
    aud: hostile.client.id,
    iat: now(),
    exp: now() + 300,
    connection_id: 'conn_hooli',
    organization_id: 'org_111',
    login_hint: 'gavin@hooli.example',
    relay_state: 'https://app.example/',
};
const signed = (claims, header = {}) => {
    const { alg, kid, privateKey } = hostile.key;
    return compact({ alg, kid, typ: 'JWT', ...header }, claims, { alg, key: privateKey });
};

test('access tokens and logout tokens where an ID token belongs make no session', async () => {
    const own = (claims, header) => () => mintAccessToken(hostile, claims, header);
    const nonce = (login) => ({ nonce: login.nonce });
    const lies = {
        'an access token': own(),
        'an access token of RFC 9068': own({}, { typ: 'at+jwt' }),
        'one of RFC 9068 with the nonce': (text, login) =>
            mintAccessToken(hostile, nonce(login), { typ: 'at+jwt' }),
        'one of RFC 9068 with the nonce, in capitals': (text, login) =>
            mintAccessToken(hostile, nonce(login), { typ: 'application/AT+JWT' }),
        "a machine's access token": own(machine()),
        'a logout token': () => signed(logout, { typ: 'logout+jwt' }),
        'a logout token of type JWT with the nonce': (text, login) =>
            signed({ ...logout, ...nonce(login) }),
        'an invitation to sign in': () => signed(invitation),
    };
    for (const [what, token] of Object.entries(lies)) {
        const count = site.nginx.refusals().length;
        const response = await hostileLogin(site, site.browser(), { token });
        assert.equal(response.status, 502, what);
        assertNoSession(site, response);
        assert.match(
            await site.nginx.reasonAfter(count),
            /^(token_type_mismatch|nonce_mismatch|audience_mismatch)$/,
            what,
        );
    }
    assert.equal((await hostileLogin(site, site.browser())).status, 302, 'an ID token does');
});

const startApi = (provider, options) =>
    startSite({
        provider,
        settings: { client_secret: null, session_keys: null, clock_skew: '0s' },
        server: 'scalekit_bearer only; large_client_header_buffers 4 2m; keepalive_requests 100000;',
        locations: (it) => `location / { ${it.proxyPass} proxy_set_header Authorization ""; }`,
        ...options,
    });
const api = await startApi(hostile);
const accepted = (token, what) => assertAccepted(api, token, { what });
const refused = (token, reason, what) => assertRefused(api, token, reason, { what });

test('what is only nearly a token that was accepted is judged by itself', async () => {
    const token = mintAccessToken(hostile);
    for (let round = 0; round < 3; round += 1) {
        await accepted(token);
        for (const near of [
            `${token}=`,
            token.slice(0, -1),
            `${token}A`,
            token.replace(/^./, 'f'),
        ]) {
            await refused(near, /token_malformed|signature_invalid|header_invalid/);
        }
        await assertRefused(api, `${token} `.repeat(2).trim(), 'request_malformed', {
            status: 400,
        });
    }
});

test('four workers, the same tokens again and again: each is who it says, and bad ones fetch keys once', async () => {
    const provider = await startHostile();
    atEnd(() => provider.close());
    const own = await startApi(provider, { workers: 4 });
    const tokens = Array.from({ length: 20 }, (_, index) =>
        mintAccessToken(provider, { sub: `usr_${index}` }),
    );
    await assertAccepted(own, tokens[0]);
    const before = provider.counts.keys;
    for (let round = 0; round < 5; round += 1) {
        await Promise.all(
            tokens.map(async (token, index) => {
                const seen = await assertAccepted(own, token);
                assert.equal(identityOf(seen).sub, `usr_${index}`);
                const flipped = await call(own, withFlippedBit(token, round * 50));
                assertRefusal(flipped, 'signature_invalid');
            }),
        );
    }
    assert.equal(provider.counts.keys, before + 1, 'bad signatures ask for the keys once');
});

test('a verdict that is remembered ends with the token', async () => {
    const token = mintAccessToken(hostile, { exp: now() + 2 });
    const { exp } = decode(token).claims;
    let refusal;
    while (!refusal) {
        const asked = now();
        const response = await call(api, token);
        if (response.status !== 200) {
            assert.ok(now() >= exp, 'not before its time');
            refusal = response;
        } else {
            assert.ok(asked < exp, `accepted ${asked - exp} seconds too late`);
        }
        await sleep(20);
    }
    assertRefusal(refusal, 'token_expired');
    await refused(token, 'token_expired');
});

test('a token too large to be remembered is the same caller in a subrequest, also seconds later', async () => {
    const slowly = http.createServer((request, response) => {
        setTimeout(() => {
            response.setHeader('Content-Type', 'text/html');
            response.end('[<!--#include virtual="/included" -->]');
        }, 1_100);
    });
    slowly.listen(0, '127.0.0.1');
    await once(slowly, 'listening');
    atEnd(() => slowly.close());
    const pages = await startSite({
        provider: hostile,
        server: 'scalekit_bearer on; large_client_header_buffers 4 32k;',
        locations: (it) => `
            location /page { ssi on; proxy_pass http://127.0.0.1:${slowly.address().port}; }
            location /included { ${it.proxyPass} }
            location /auth/ { }`,
    });
    const token = mintAccessToken(hostile, { pad: 'x'.repeat(5_000) });
    const response = await call(pages, token, { path: '/page' });
    assert.equal(response.status, 200);
    assert.match(response.text, /"x-scalekit-sub":"usr_1"/, response.text.slice(0, 200));
});

// Something that listens, and counts who comes.
async function startListener() {
    const listener = net.createServer((socket) => {
        listener.visits += 1;
        socket.destroy();
    });
    listener.visits = 0;
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    atEnd(() => new Promise((resolve) => listener.close(resolve)));
    return listener;
}

// The base64 of a certificate of an RSA key, made by the openssl program.
function certificateOf(key) {
    const file = join(certificates().folder, 'attacker.key');
    writeFileSync(file, key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const pem = execFileSync('openssl', ['req', '-x509', '-key', file, '-subj', '/CN=attacker']);
    rmSync(file);
    return String(pem).replace(/-----[^-]+-----|\s/g, '');
}

test('a key that the token brings or points to is not used, and nobody is asked for it', async () => {
    const listener = await startListener();
    const there = `//127.0.0.1:${listener.address().port}`;
    const thief = signingKey('RS256');
    const { kid } = hostile.key;
    const x5c = [certificateOf(thief)];
    const headers = {
        jwk: { jwk: thief.publicJwk },
        'jwk with our kid': { jwk: { ...thief.publicJwk, kid } },
        'private jwk': { jwk: thief.privateJwk },
        jku: { jku: `http:${there}/keys` },
        'jku over TLS': { jku: `https:${there}/keys` },
        'jku with the address of the provider in it': { jku: `${hostile.url}@${there.slice(2)}/` },
        'jku of a file': { jku: 'file:///etc/hostname' },
        x5u: { x5u: `http:${there}/certificate`, 'x5t#S256': 'AAAA' },
        'x5u over TLS': { x5u: `https:${there}/certificate` },
        x5c: { x5c },
        'all at once': { jwk: thief.publicJwk, jku: `http:${there}/`, x5u: `http:${there}/`, x5c },
        'kid of a URL': { kid: `http:${there}/keys` },
        'iss of the header': { iss: `http:${there}`, url: `http:${there}` },
    };
    const by = { alg: 'RS256', key: thief.privateKey };
    const unknown = /key_unknown|signature_invalid/;
    for (const [what, header] of Object.entries(headers)) {
        for (const kid of [{}, { kid: thief.kid }, { kid: undefined }]) {
            await refused(mintAccessToken(hostile, {}, { ...header, ...kid }, by), unknown, what);
        }
        const iss = `http:${there}`;
        await refused(mintAccessToken(hostile, { iss }, header, by), unknown, what);
        if (!header.kid) {
            await accepted(mintAccessToken(hostile, {}, header), `${what}, but by the right key`);
        }
    }
    await refused(mintAccessToken(hostile, { iss: `http:${there}` }), 'issuer_mismatch', 'iss');
    assert.equal(listener.visits, 0, 'nobody came');
    assert.equal(hostile.counts.other, undefined, 'nor to any other place of the provider');
});

test('a token whose algorithm is none or symmetric makes nobody fetch keys', async () => {
    const provider = await startHostile();
    atEnd(() => provider.close());
    const own = await startApi(provider);
    await assertAccepted(own, mintAccessToken(provider));
    const { claims } = decode(mintAccessToken(provider));
    for (const alg of ['none', 'HS256', 'HS512', 'rs256', 'RSA-OAEP']) {
        for (const kid of [provider.key.kid, 'unknown', undefined]) {
            const by = { alg: 'HS256', key: JSON.stringify(provider.key.publicJwk) };
            const token = compact({ alg, kid, typ: 'JWT' }, claims, by);
            await assertRefused(own, token, 'algorithm_not_allowed', { what: `${alg} ${kid}` });
        }
    }
    assert.equal(provider.counts.keys, 1);
    const unknown = mintAccessToken(provider, {}, { kid: 'unknown' });
    await assertRefused(own, unknown, 'key_unknown');
    assert.equal(provider.counts.keys, 2, 'as an unknown key does');
});

test('a megabyte of token is refused, and the worker does not grow', async () => {
    const token = mintAccessToken(hostile);
    const [header, payload, signature] = token.split('.');
    const half = randomBytes(375_000).toString('base64url');
    const huge = {
        'a million dots': '.'.repeat(1_000_000),
        'a million dots round a token': `${token}${'.'.repeat(1_000_000)}`,
        'a megabyte of one part': 'A'.repeat(1_000_000),
        'a megabyte of header': `${half}${half}.${payload}.${signature}`,
        'a megabyte of claims': `${header}.${half}${half}.${signature}`,
        'a megabyte of signature': `${header}.${payload}.${half}${half}`,
        'a megabyte of brackets': `${header}.${encode('['.repeat(700_000))}.${signature}`,
        '16 KB of signature': `${header}.${payload}.${randomBytes(16_384).toString('base64url')}`,
        '16 KB of kid': mintAccessToken(hostile, {}, { kid: 'a'.repeat(16_384) }),
        '16 KB of claims that are signed': mintAccessToken(hostile, { text: 'a'.repeat(16_384) }),
    };
    const round = async () => {
        for (const [what, text] of Object.entries(huge)) {
            await refused(text, /token_too_large|token_malformed/, what);
        }
        await accepted(token, 'afterwards');
    };
    await round();
    const before = api.nginx.memory();
    for (let count = 0; count < 10; count += 1) {
        await round();
    }
    const grown = api.nginx.memory() - before;
    assert.ok(grown < 4_096, `the processes grew by ${grown} KB`);
    await Promise.all(
        Array.from({ length: 20 }, () =>
            send(api.url('/'), { headers: bearer('.'.repeat(1_000_000)) }),
        ),
    );
    await until(
        () => api.nginx.memory() - before < 16_384,
        'the memory of many at once is given back',
    );
});

test('the largest token that is read: 16 KB less a few bytes', async () => {
    const size = mintAccessToken(hostile, { text: '' }).length;
    const text = 'a'.repeat(Math.floor(((16_384 - size) * 3) / 4) - 3);
    const token = mintAccessToken(hostile, { text });
    assert.ok(token.length > 16_370 && token.length <= 16_384, `${token.length} bytes`);
    const response = await call(api, token);
    assert.deepEqual([response.status, response.json.headers['x-scalekit-sub']], [200, 'usr_1']);
});
