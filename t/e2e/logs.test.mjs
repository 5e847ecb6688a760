// What the logs give away: nothing. Every secret of a login is looked for in the debug log.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { decode } from '../op/jwt.mjs';
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
        ['info', 'state_invalid', 'acme'],
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
