// The official MCP SDK's client against conf-examples/mcp-server.conf: it has to find its way from
// the first 401 to the answer of a tool.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';

import { mcp, mintAccessToken, now } from '../op/access_tokens.mjs';
import { startProvider } from '../op/provider.mjs';
import { machineClient, publicClient } from '../op/resources.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { connect, Person } from './mcp_client.mjs';
import {
    assertAccepted,
    assertRefused,
    challenge,
    post,
    resource,
    startMcpSite,
} from './mcp_site.mjs';
import { slow } from './timing.mjs';

const provider = await startProvider({ mode: 'full-stack', accessTokens: 'scalekit' });
atEnd(() => provider.close());
const site = await startMcpSite(provider, `${provider.issuer}/resources/${resource}`);

const standard = await startProvider({ mode: 'full-stack' });
atEnd(() => standard.close());
const elsewhere = await startMcpSite(standard);

test('a client discovers, registers, signs in and calls a tool', async () => {
    provider.journal.clear();
    site.server.requests.length = 0;
    const person = new Person();
    const { call, client } = await connect(site.url, person);

    assert.deepEqual(person.discovered.resourceMetadata.authorization_servers, [
        `${provider.issuer}/resources/${resource}`,
    ]);
    assert.match(person.client.client_id, /^m2m_\d+$/);
    assert.equal(provider.journal.count(`/api/v1/resources/${resource}/clients:register`), 1);
    assert.deepEqual(
        person.asked.map((params) => [params.client_id, params.resource, params.scope]),
        [[person.client.client_id, site.url, 'mcp:read mcp:write']],
    );

    const seen = JSON.parse(await call('whoami'));
    const { 'session-id': session, ...identity } = identityOf({ headers: seen });
    assert.ok(session);
    assert.deepEqual(identity, {
        sub: 'conn_hooli;gavin',
        'org-id': 'org_111',
        'client-id': person.client.client_id,
        scopes: 'mcp:read,mcp:write',
        roles: 'admin',
    });
    assert.equal(seen.authorization, undefined, 'the token stays with nginx');
    await client.close();

    assert.ok(site.server.requests.length > 0);
    for (const { headers } of site.server.requests) {
        assert.equal(headers.authorization, undefined);
        assert.equal(headers['x-scalekit-sub'], 'conn_hooli;gavin');
    }
    const log = readFileSync(`${site.nginx.folder}/mcp.log`, 'utf8');
    assert.match(
        log,
        new RegExp(
            `POST /mcp 200 sub=conn_hooli;gavin client=${person.client.client_id} ` +
                'scopes=mcp:read,mcp:write error=',
        ),
    );
    for (const text of [log, site.nginx.log]) {
        assert.ok(!text.includes(person.kept.access_token.split('.')[2]), 'no log has the token');
    }
});

test('a client that was registered beforehand is used as it is', async () => {
    provider.journal.clear();
    const person = new Person({ client: { client_id: publicClient.id } });
    const { call, client } = await connect(site.url, person);
    assert.equal(JSON.parse(await call('whoami'))['x-scalekit-client-id'], publicClient.id);
    assert.equal(provider.journal.count(`/api/v1/resources/${resource}/clients:register`), 0);
    await client.close();
});

test('events go through nginx one by one', async () => {
    const { call, client } = await connect(site.url, new Person());
    let progress;
    const half = new Promise((done) => {
        progress = done;
    });
    const whole = call('slowly', { onprogress: progress, timeout: 10_000 });
    assert.deepEqual(await Promise.race([half, whole]), { progress: 1, total: 2 });
    site.server.hold.release();
    assert.equal(await whole, 'whole');
    await client.close();
});

test('a machine calls with a token of its own', async () => {
    const authProvider = new ClientCredentialsProvider({
        clientId: machineClient.id,
        clientSecret: machineClient.secret,
        expectedIssuer: `${provider.issuer}/resources/${resource}`,
        scope: 'mcp:read',
    });
    const { call, client } = await connect(site.url, authProvider);
    assert.deepEqual(identityOf({ headers: JSON.parse(await call('whoami')) }), {
        sub: machineClient.id,
        'client-id': machineClient.id,
        'org-id': machineClient.organization,
        scopes: 'mcp:read',
    });
    await client.close();
});

test('any authorization server with tokens of RFC 9068 will do', async () => {
    const person = new Person();
    const { call, client } = await connect(elsewhere.url, person);
    assert.equal(person.discovered.authorizationServerUrl, standard.issuer);
    assert.deepEqual(identityOf({ headers: JSON.parse(await call('whoami')) }), {
        sub: 'conn_hooli;gavin',
        'client-id': person.client.client_id,
        scopes: 'mcp:read,mcp:write',
    });
    await client.close();
    await assertRefused(elsewhere.url, site.token(), 401, 'invalid_token');
});

test('tokens of either issuer bring a client in while Scalekit migrates', async () => {
    for (const form of ['environment', 'resource']) {
        provider.control.issuerForm(form);
        const { call, client } = await connect(site.url, new Person());
        assert.equal(JSON.parse(await call('whoami'))['x-scalekit-sub'], 'conn_hooli;gavin');
        await client.close();
    }
});

test('a resource may be a whole host', async () => {
    const { root } = elsewhere;
    const document = (await send(`${root}/.well-known/oauth-protected-resource`)).json;
    assert.equal(document.resource, root);
    assert.deepEqual(document.authorization_servers, [standard.issuer]);
    const { call, client } = await connect(root, new Person());
    assert.equal(JSON.parse(await call('whoami'))['x-scalekit-sub'], 'conn_hooli;gavin');
    await client.close();
    for (const aud of [root, `${root}/`]) {
        await assertAccepted(root, mintAccessToken(standard, mcp(root, 'res_x', { aud })));
    }
    for (const aud of [`${root}/mcp`, elsewhere.url, 'res_x', 'res_1002']) {
        const foreign = mintAccessToken(standard, mcp(root, 'res_x', { aud }));
        await assertRefused(root, foreign, 401, 'invalid_token');
    }
});

test('a missing scope is named, and the client asks for it', async () => {
    const small = site.token({ scope: 'mcp:list', scopes: ['mcp:list'] });
    const response = await assertRefused(site.url, small, 403, 'insufficient_scope');
    assert.equal(challenge(response).scope, 'mcp:read');
    assert.equal(challenge(response).resource_metadata, site.metadataUrl);
    assert.equal(response.json.scope, 'mcp:read');
    for (const claims of [
        { scope: 'mcp:read', scopes: undefined },
        { scope: undefined, scopes: ['mcp:read'] },
        { scope: 'x mcp:read', scopes: ['x'] },
    ]) {
        await assertAccepted(site.url, site.token(claims));
    }

    const person = new Person({ tokens: { access_token: small, token_type: 'Bearer' } });
    const { call, client } = await connect(site.url, person);
    assert.equal(person.asked[0].scope, 'mcp:read');
    assert.equal(JSON.parse(await call('whoami'))['x-scalekit-scopes'], 'mcp:read');
    await client.close();
});

test('a token that expires is refused as such, and the client signs in anew', async () => {
    const old = site.token({ iat: now() - 400, nbf: now() - 400, exp: now() - 100 });
    const refused = await assertRefused(site.url, old, 401, 'invalid_token');
    assert.equal(refused.json.error, 'invalid_token');
    assert.equal(refused.json.reason, 'token_expired');

    provider.control.accessTokenLife(2 * slow);
    const person = new Person();
    const { call, client, transport } = await connect(site.url, person);
    await call('whoami');
    const first = person.kept.access_token;
    await sleep(2_500 * slow);
    provider.control.accessTokenLife(300);
    await assert.rejects(call('whoami'), UnauthorizedError);
    await transport.finishAuth(person.code);
    assert.equal(JSON.parse(await call('whoami'))['x-scalekit-sub'], 'conn_hooli;gavin');
    assert.notEqual(person.kept.access_token, first);
    assert.equal(person.asked.length, 2);
    await client.close();
});

test("a page's script may ask, call, and read the challenge", async () => {
    const origin = 'https://page.example';
    const before = site.server.requests.length;
    const asked = await send(site.url, {
        method: 'OPTIONS',
        headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization,content-type,mcp-session-id',
        },
    });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers['access-control-allow-origin'], '*');
    assert.match(asked.headers['access-control-allow-methods'], /POST/);
    for (const name of ['authorization', 'content-type', 'mcp-session-id']) {
        assert.match(asked.headers['access-control-allow-headers'].toLowerCase(), RegExp(name));
    }
    assert.equal(site.server.requests.length, before, 'the server was not asked');

    const refused = await post(site.url, undefined, { headers: { origin } });
    assert.equal(refused.headers['access-control-allow-origin'], '*');
    assert.match(refused.headers['access-control-expose-headers'], /WWW-Authenticate/);
    const called = await post(site.url, site.token(), { headers: { origin } });
    assert.equal(called.headers['access-control-allow-origin'], '*');
    assert.match(called.headers['access-control-expose-headers'], /Mcp-Session-Id/);
    assert.ok(called.headers['mcp-session-id']);
});
