// What the logs give away: nothing. Every secret of a login, and every access token, is looked for in
// them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { mcp, mintAccessToken, now } from '../op/access_tokens.mjs';
import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { decode, withFlippedBit } from '../op/jwt.mjs';
import { call } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { sessionKey } from './conf.mjs';
import { until } from './harness.mjs';
import { startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

// A login whose secrets are all written down.
async function observedLogin(site) {
    const secrets = {};
    const token = hostile.honestly.token;
    hostile.answers.token = (request, response) => {
        let body = '';
        request
            .on('data', (chunk) => {
                body += chunk;
            })
            .on('end', () => {
                secrets.code_verifier = new URLSearchParams(body).get('code_verifier');
            });
        return token(request, response);
    };
    const browser = site.browser();
    const start = await browser.navigate(site.url('/page'));
    const callback = hostile.authorize(start.location, {
        token: (text) => {
            secrets.id_token = text;
            return text;
        },
        tokens: (answer) => {
            secrets.access_token = answer.access_token;
            return { ...answer, refresh_token: 'refresh_token_of_the_test' };
        },
    });
    secrets.code = new URL(callback).searchParams.get('code');
    secrets.state = new URL(callback).searchParams.get('state');
    secrets.binding = browser.cookie(site.loginCookie, site.url());
    assert.equal((await browser.navigate(callback)).status, 302);
    secrets.session = browser.cookie(site.sessionCookie, site.url());
    assert.equal((await browser.navigate(site.url('/after'))).status, 200);
    hostile.honest();
    return {
        ...secrets,
        refresh_token: 'refresh_token_of_the_test',
        client_secret: hostile.client.secret,
        session_key: sessionKey,
        nonce: decode(secrets.id_token).claims.nonce,
    };
}

function assertNoneIn(text, secrets, where) {
    for (const [name, value] of Object.entries(secrets)) {
        assert.ok(value, `${name} is known`);
        const line = text.split('\n').find((candidate) => candidate.includes(value));
        assert.equal(line?.slice(0, 160), undefined, `${name} in ${where}`);
    }
}

test('at debug level no line of the module holds a code, token, verifier, cookie or secret', async () => {
    const site = await startSite({ provider: hostile, level: 'debug' });
    const secrets = await observedLogin(site);
    const { log } = site.nginx;
    assertNoneIn(
        log
            .split('\n')
            .filter((line) => /scalekit/.test(line))
            .join('\n'),
        secrets,
        "the module's own lines",
    );
    // nginx itself writes the request line and the headers of both sides at this level; what it
    // never sees must not be there.
    const { code, state, binding, session, nonce, ...hidden } = secrets;
    assertNoneIn(log, hidden, 'the whole log');
    assertNoneIn(
        log
            .split('\n')
            .filter((line) => /http proxy header|http script (copy|var)/.test(line))
            .join('\n'),
        { code, state, binding, session, nonce },
        'what went to the upstream',
    );
});

test('at info level nothing of a login is in the log at all, also when it fails', async () => {
    const site = await startSite({ provider: hostile, level: 'info' });
    const secrets = await observedLogin(site);
    const browser = site.browser();
    const start = await browser.navigate(site.url('/page'));
    const callback = hostile.authorize(start.location, {
        claims: (claims) => ({ ...claims, aud: 'other' }),
    });
    await browser.navigate(callback);
    hostile.answers.token = faults.reset();
    const second = hostile.authorize((await browser.navigate(site.url('/page'))).location);
    await browser.navigate(second);
    hostile.honest();
    const failed = (url) => ({
        code: new URL(url).searchParams.get('code'),
        state: new URL(url).searchParams.get('state'),
    });
    assert.ok(site.nginx.refusals().length >= 2, 'the refusals are in the log');
    for (const each of [secrets, failed(callback), failed(second)]) {
        assertNoneIn(site.nginx.log, each, 'the log');
    }
});

test('a sign-in and a sign-out leave a line each, and logs know who it was', async () => {
    const site = await startSite({
        provider: hostile,
        level: 'info',
        http: `log_format who '$scalekit_event|$scalekit_error|$scalekit_reference|$scalekit_log_sub|$scalekit_log_org_id|$scalekit_sub';`,
        server: `scalekit_organization_id org_111;
            access_log @FOLDER@/who.log who if=$scalekit_event;`,
    });
    const browser = site.browser();
    const login = async (how) =>
        browser.navigate(
            hostile.authorize((await browser.navigate(site.url('/page?q=1'))).location, how),
        );
    assert.equal((await login()).status, 302);
    assert.equal((await browser.navigate(site.url('/page'))).status, 200);
    await send(site.url('/auth/logout'), {
        method: 'POST',
        headers: { cookie: `${site.sessionCookie}=${browser.cookie(site.sessionCookie, site.url())}` },
    });
    const stranger = site.browser();
    const start = await stranger.navigate(site.url('/page'));
    const callback = hostile.authorize(start.location, {
        claims: (claims) => ({ ...claims, oid: 'org_666' }),
    });
    assert.equal((await stranger.navigate(callback)).status, 403);

    const { log } = site.nginx;
    const lines = ['signed in', 'signed out'].map((what) =>
        log.split('\n').filter((line) => line.includes(`scalekit: ${what}:`)),
    );
    assert.deepEqual(
        lines.map((found) => found.length),
        [1, 1],
    );
    const [[signedIn], [signedOut]] = lines;
    const session = /session=([0-9a-f]{8}),/.exec(signedIn)?.[1];
    assert.match(signedIn, /\[info\].* environment=acme .*host: "app\.localhost", path: "\/auth\/callback", sub: "[^"]+", organization: "org_111"$/);
    assert.ok(session && signedOut.includes(`session=${session},`), signedOut);
    assert.match(
        log,
        /reason=organization_mismatch .*\(organization: expected "org_111", found "org_666"\), .*sub: "[^"]+", organization: "org_666"/,
    );
    const told = await until(() => {
        const text = readFileSync(`${site.nginx.folder}/who.log`, 'utf8').trim().split('\n');
        return text.length >= 3 ? text : undefined;
    }, 'the access log has its lines');
    assert.match(told[0], /^signed_in\|\|\|[^|]+\|org_111\|$/);
    assert.match(told[1], /^signed_out\|\|\|[^|]+\|org_111\|/);
    assert.match(told[2], /^refused\|organization_mismatch\|[0-9a-f]{12}\|[^|]+\|org_666\|$/);
    assert.equal(told.length, 3, 'the page that was shown is not among them');
});

test('a refused token request says its status and error, a refused ID token what was found', async () => {
    const site = await startSite({ provider: hostile });
    const browser = site.browser();
    const fail = async (how) => {
        const count = site.nginx.refusals().length;
        const start = await browser.navigate(site.url('/'));
        await browser.navigate(hostile.authorize(start.location, how));
        hostile.honest();
        await site.nginx.reasonAfter(count);
        return site.nginx.log.split('\n').filter((line) => /refused: /.test(line))[count];
    };
    hostile.answers.token = faults.answer(401, { error: 'invalid_client\n', error_description: 'x' });
    assert.match(
        await fail(),
        /\[error\].*=token_request_refused .*\(HTTP status 401, error "invalid_client\\x0A"\)/,
    );
    hostile.answers.token = faults.answer(503, '<html>');
    assert.match(await fail(), /=token_request_refused .*\(HTTP status 503\)/);
    assert.match(
        await fail({ claims: (claims) => ({ ...claims, aud: 'other' }) }),
        /=audience_mismatch .*\(aud: expected "[^"]+", found "other"\)/,
    );
    assert.match(
        await fail({ claims: (claims) => ({ ...claims, iss: 'https://evil.example' }) }),
        /=issuer_mismatch .*\(iss: expected "[^"]+", found "https:\/\/evil.example"\)/,
    );
});

test('a refusal says its reason, environment and reference in one line, at the level it deserves', async () => {
    const site = await startSite({ provider: hostile });
    const browser = site.browser();
    await browser.navigate(site.url('/auth/callback?code=a&state=b'));
    hostile.answers.token = faults.answer(500);
    await browser.navigate(hostile.authorize((await browser.navigate(site.url('/'))).location));
    hostile.honest();
    const [clients, providers] = site.nginx.refusals();
    assert.deepEqual(
        [clients.level, clients.reason, clients.environment],
        ['error', 'state_invalid', 'acme'],
    );
    assert.deepEqual([providers.level, providers.environment], ['error', 'acme']);
    assert.notEqual(clients.ref, providers.ref);
});

test('the configured secrets are not in the log of a start, a reload or a mistake in the configuration', async () => {
    const site = await startSite({ provider: hostile, level: 'debug', expected: /\[emerg\]/ });
    const http = site.conf();
    site.nginx.write({ http: http.replace('client_id skc_1001;', '') });
    site.nginx.child.kill('SIGHUP');
    await until(() => /\[emerg\]/.test(site.nginx.log), 'the mistake is found');
    site.nginx.write({ http });
    await site.nginx.reload({ old: 'gone' });
    const log = readFileSync(`${site.nginx.folder}/error.log`, 'utf8') + site.nginx.output;
    assertNoneIn(log, { client_secret: hostile.client.secret, session_key: sessionKey }, 'the log');
});

// Pieces of a token that alone would give it away.
const pieces = (token) => [
    token,
    token.split('.')[1].slice(0, 40),
    token.split('.')[2].slice(0, 40),
];

test('of access tokens the module writes nothing at debug level, and nobody does at info level', async () => {
    const tokens = {
        good: mintAccessToken(hostile),
        bad: withFlippedBit(mintAccessToken(hostile), 9),
        expired: mintAccessToken(hostile, { exp: now() - 99 }),
        unknown: mintAccessToken(hostile, {}, { kid: 'nobody' }),
        elsewhere: mintAccessToken(hostile, { oid: 'org_222' }),
        poor: mintAccessToken(
            hostile,
            mcp('https://a.example', 'res_1', { aud: [hostile.client.id] }),
        ),
        query: mintAccessToken(hostile),
    };
    for (const level of ['debug', 'info']) {
        const site = await startSite({
            provider: hostile,
            level,
            server: 'scalekit_bearer on; scalekit_organization_id org_111;',
            locations: (it) => `
                location / { ${it.proxyPass} }
                location /cookie { scalekit_token $cookie_t; ${it.proxyPass} }
                location /role { scalekit_require roles owner; ${it.proxyPass} }`,
        });
        for (const token of Object.values(tokens)) {
            for (const path of ['/', '/role']) {
                await call(site, token, { path });
            }
            await send(site.url('/cookie'), { headers: { cookie: `t=${token}` } });
            await call(site, `${token} ${token}`);
        }
        await call(site, tokens.good, { path: `/?access_token=${tokens.query}` });
        const { log } = site.nginx;
        const lines = log.split('\n').filter((line) => level === 'info' || /scalekit:/.test(line));
        assert.ok(
            lines.filter((line) => /reason=/.test(line)).length >= 20,
            'the refusals are there',
        );
        for (const piece of [...Object.values(tokens).flatMap(pieces), hostile.client.secret]) {
            const line = lines.find((candidate) => candidate.includes(piece));
            assert.equal(line?.slice(0, 200), undefined, `${level}: ${piece.slice(0, 20)}`);
        }
    }
});
