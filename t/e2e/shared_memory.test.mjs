// More logins than the shared memory has room for.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { atEnd } from './cleanup.mjs';
import { minutes, startClock } from './clock.mjs';
import { hostileLogin, startSite } from './site.mjs';

const room = Math.floor(((2 ** 20 / 4) * 0.75 - 64) / 60); // spent logins in a zone of 1m

test('logins that are spent by the thousand cost a warning, and no session that was ended', async () => {
    const provider = await startHostile();
    atEnd(() => provider.close());
    const clock = startClock();
    const site = await startSite({
        provider,
        wrap: clock.wrap,
        settings: { timeout: '10s' },
        http: 'scalekit_zone 1m; keepalive_requests 100000;',
    });
    const warnings = () => [...site.nginx.log.matchAll(/\[warn\].*too many completed logins/g)];

    const ended = site.browser();
    assert.equal((await hostileLogin(site, ended)).status, 302);
    const copy = ended.clone();
    const other = site.browser();
    assert.equal((await hostileLogin(site, other)).status, 302);
    assert.equal((await ended.script(site.url('/auth/logout'), { method: 'POST' })).status, 200);

    const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
    atEnd(async () => agent.destroy());
    provider.answers.token = faults.oauthError('invalid_grant');
    const browser = site.browser({ agent });
    await browser.navigate(site.url('/'));
    const spend = async () => {
        const start = await browser.navigate(site.url('/'));
        const answer = await browser.navigate(provider.authorize(start.location));
        assert.equal(answer.status, 502);
    };
    const spendMany = async (count) => {
        let left = count;
        await Promise.all(
            Array.from({ length: 16 }, async () => {
                while (left > 0) {
                    left -= 1;
                    await spend();
                }
            }),
        );
    };
    await spendMany(room - 2);
    assert.equal(warnings().length, 0, 'there is room for so many');
    await spendMany(20);
    assert.equal(warnings().length, 1, 'one warning, and not one for each');

    provider.honest();
    clock.forward(8 * minutes);
    await site.browser().navigate(site.url('/'));
    assert.equal((await other.script(site.url('/'))).setCookies.length, 1, 'others are renewed');
    const answer = await copy.script(site.url('/'));
    assert.equal(answer.status, 401, 'the session that was ended is remembered');
    assert.equal(answer.json.reason, 'session_ended');
});
