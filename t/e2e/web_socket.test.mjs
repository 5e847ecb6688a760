// Web sockets through nginx: opened with a session or a token, and with nothing else.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { mintAccessToken } from '../op/access_tokens.mjs';
import { startHostile } from '../op/hostile.mjs';
import { withFlippedBit } from '../op/jwt.mjs';
import { bearer } from './api.mjs';
import { atEnd } from './cleanup.mjs';
import { hostileLogin, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());

const site = await startSite({
    provider: hostile,
    locations: (it) => `
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection Upgrade;
        proxy_set_header Host $http_host;
        location / { proxy_pass http://127.0.0.1:${it.upstream.port}; }
        location /api { scalekit_bearer on; proxy_pass http://127.0.0.1:${it.upstream.port}; }`,
});

// The status of an upgrade request.
const upgrade = (path, headers) =>
    new Promise((resolve, reject) => {
        http.get({
            host: '127.0.0.1',
            port: site.port,
            path,
            agent: false,
            headers: {
                host: 'app.localhost',
                connection: 'Upgrade',
                upgrade: 'websocket',
                ...headers,
            },
        })
            .on('upgrade', (response, socket) => {
                socket.destroy();
                resolve(response.statusCode);
            })
            .on('response', (response) => {
                response.resume();
                resolve(response.statusCode);
            })
            .on('error', reject);
    });

const reached = () => site.upstream.requests.length;

test('a web socket is opened with a session, and not without', async () => {
    const browser = site.browser();
    assert.equal((await hostileLogin(site, browser)).status, 302);
    const before = reached();
    assert.equal(await upgrade('/socket', {}), 401);
    assert.equal(await upgrade('/socket', { cookie: `${site.sessionCookie}=AAAA` }), 401);
    assert.equal(reached(), before);
    assert.equal(await upgrade('/socket', { cookie: browser.cookieHeader(site.url()) }), 101);
    const { headers } = site.upstream.requests.at(-1);
    assert.equal(headers['x-scalekit-sub'], 'conn_hooli;gavin');
});

test('a web socket is opened with a good token, and with no other', async () => {
    const token = mintAccessToken(hostile);
    const before = reached();
    assert.equal(await upgrade('/api', {}), 401);
    assert.equal(await upgrade('/api', bearer(withFlippedBit(token, 7))), 401);
    assert.equal(await upgrade('/api', bearer('')), 400);
    assert.equal(reached(), before);
    assert.equal(await upgrade('/api', bearer(token)), 101);
    assert.equal(site.upstream.requests.at(-1).headers['x-scalekit-sub'], 'usr_1');
});
