// What a protected resource (RFC 9728) says of itself, and which tokens it takes: as
// conf-examples/mcp-server.conf has it, and other arrangements.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { machine, mcp, mintAccessToken } from '../op/access_tokens.mjs';
import { client as loginClient, startProvider } from '../op/provider.mjs';
import { machineClient } from '../op/resources.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { environment, identityOf } from './conf.mjs';
import { freePort, startNginx } from './harness.mjs';
import {
    assertAccepted,
    assertRefused,
    challenge,
    post,
    resource,
    scopes,
    settings,
    startMcpSite,
} from './mcp_site.mjs';

const provider = await startProvider({ mode: 'full-stack', accessTokens: 'scalekit' });
atEnd(() => provider.close());
const site = await startMcpSite(provider, `${provider.issuer}/resources/${resource}`);

test('without a token the challenge says where to learn more, whatever Host says', async () => {
    const expected = `Bearer realm="acme", resource_metadata="${site.metadataUrl}"`;
    const lies = [
        {},
        { host: 'evil.example' },
        { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
        { forwarded: 'host=evil.example;proto=https' },
    ];
    for (const headers of lies) {
        for (const method of ['POST', 'GET', 'DELETE']) {
            const response = await post(site.url, undefined, { method, headers, body: undefined });
            assert.equal(response.status, 401);
            assert.equal(response.headers['www-authenticate'], expected);
            assert.equal(response.headers.location, undefined);
        }
    }
    const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate' };
    const page = await send(site.url, { headers: navigation });
    assert.deepEqual([page.status, page.headers.location], [401, undefined]);
    assert.equal(page.headers['www-authenticate'], expected);
    assert.equal(site.server.requests.length, 0, 'the server was not asked');
});

test('the metadata document is served at both places, for scripts of any page', async () => {
    const expected = {
        resource: site.url,
        authorization_servers: [`${provider.issuer}/resources/${resource}`],
        scopes_supported: scopes,
        bearer_methods_supported: ['header'],
    };
    for (const path of ['/mcp', '']) {
        const url = `${site.base}/.well-known/oauth-protected-resource${path}`;
        const got = await send(url, { headers: { host: 'evil.example' } });
        assert.equal(got.status, 200);
        assert.match(got.headers['content-type'], /^application\/json/);
        assert.equal(got.headers['access-control-allow-origin'], '*');
        assert.deepEqual(got.json, expected);

        const head = await send(url, { method: 'HEAD' });
        assert.deepEqual([head.status, head.text], [200, '']);
        assert.equal(head.headers['content-length'], got.headers['content-length']);
        assert.equal(head.headers['content-type'], got.headers['content-type']);

        const asked = await send(url, {
            method: 'OPTIONS',
            headers: {
                origin: 'https://page.example',
                'access-control-request-method': 'GET',
                'access-control-request-headers': 'mcp-protocol-version',
            },
        });
        assert.ok([200, 204].includes(asked.status), `OPTIONS: ${asked.status}`);
        assert.equal(asked.headers['access-control-allow-origin'], '*');
        assert.match(asked.headers['access-control-allow-headers'], /\*|mcp-protocol-version/i);

        for (const method of ['POST', 'PUT', 'DELETE']) {
            const refused = await send(url, { method });
            assert.equal(refused.status, 405, method);
            assert.match(refused.headers.allow ?? '', /GET/);
        }
    }
    for (const path of ['/mc', '/mcp/', '/mcp/x', '/']) {
        const { status } = await send(`${site.base}/.well-known/oauth-protected-resource${path}`);
        assert.notEqual(status, 200, path);
    }
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

test('an identity that the client brings along does not reach the server', async () => {
    site.server.requests.length = 0;
    await assertAccepted(site.url, site.token(), {
        headers: { 'X-Scalekit-Sub': 'usr_root', x_scalekit_email: 'root@hooli.example' },
    });
    const identity = identityOf(site.server.requests[0]);
    assert.deepEqual([identity.sub, identity.email], ['usr_1', undefined]);
});

test("the audience is the server's URL or Scalekit's id of it, and nothing else", async () => {
    for (const aud of [[site.url, resource], [site.url], [resource], site.url, resource]) {
        await assertAccepted(site.url, site.token({ aud }));
    }
    const strangers = [
        undefined,
        [],
        '',
        [loginClient.id],
        [`${site.url}/`],
        [`${site.url}/admin`],
        [site.base],
        ['res_1002', 'https://other.example/mcp'],
        [provider.issuer],
    ];
    for (const aud of strangers) {
        const response = await assertRefused(site.url, site.token({ aud }), 401, 'invalid_token');
        assert.equal(challenge(response).resource_metadata, site.metadataUrl);
    }
});

test("both forms of Scalekit's issuer are accepted while it migrates, and no third", async () => {
    const { issuer } = provider;
    for (const iss of [issuer, `${issuer}/resources/${resource}`]) {
        await assertAccepted(site.url, site.token({ iss }));
    }
    for (const iss of [
        `${issuer}/resources/res_1002`,
        `${issuer}/`,
        `${issuer}/resources/${resource}/`,
        'https://evil.example',
        undefined,
    ]) {
        await assertRefused(site.url, site.token({ iss }), 401, 'invalid_token');
    }
});

test('an API for machines, whose tokens have no audience, demands tenant and scope', async () => {
    const port = await freePort();
    const nginx = await startNginx({
        port,
        http: `
    ${environment(provider, settings)}
    server {
        listen 127.0.0.1:${port};
        scalekit_auth acme;
        scalekit_bearer only realm=machines;
        scalekit_audience off;
        scalekit_organization_id ${machineClient.organization};
        scalekit_require scope deploy:applications;
        location / { proxy_pass http://127.0.0.1:${site.server.port}; }
    }`,
    });
    atEnd(() => nginx.stop());
    const credentials = btoa(`${machineClient.id}:${machineClient.secret}`);
    const answer = await send(`${provider.url}/oauth/token`, {
        method: 'POST',
        headers: {
            authorization: `Basic ${credentials}`,
            'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
    });
    const url = `http://127.0.0.1:${port}/`;
    const status = async (token) => (await post(url, token)).status;
    assert.equal(await status(answer.json.access_token), 200);
    const own = { oid: machineClient.organization };
    assert.equal(await status(mintAccessToken(provider, machine(own))), 200);
    assert.equal(await status(mintAccessToken(provider, machine({ ...own, oid: 'org_111' }))), 403);
    const poor = mintAccessToken(provider, machine({ ...own, scopes: ['read:deployments'] }));
    const refused = await post(url, poor);
    assert.equal(refused.status, 403);
    assert.deepEqual(challenge(refused).scope, 'deploy:applications');
    assert.equal(challenge(refused).realm, 'machines');
    assert.equal(challenge(refused).resource_metadata, undefined);
});

test('two resources on one server have their own metadata, and their own tokens', async () => {
    const port = await freePort();
    const base = `http://127.0.0.1:${port}`;
    const place = (name) => `
        location /${name} {
            scalekit_resource ${base}/${name} scopes=${name}:read
                servers=${provider.issuer}/resources/res_${name};
            proxy_pass http://127.0.0.1:${site.server.port};
        }`;
    const nginx = await startNginx({
        port,
        http: `
    ${environment(provider, settings)}
    server {
        listen 127.0.0.1:${port};
        scalekit_auth acme;
        scalekit_bearer only;
        ${place('one')}
        ${place('two')}
        location / { return 404; }
    }`,
    });
    atEnd(() => nginx.stop());
    const wellKnown = `${base}/.well-known/oauth-protected-resource`;
    for (const name of ['one', 'two']) {
        const other = name === 'one' ? 'two' : 'one';
        const url = `${base}/${name}`;
        const document = await send(`${wellKnown}/${name}`);
        assert.equal(document.json.resource, url);
        assert.deepEqual(document.json.scopes_supported, [`${name}:read`]);
        assert.equal(challenge(await post(url)).resource_metadata, `${wellKnown}/${name}`);
        const token = mintAccessToken(provider, mcp(url, `res_${name}`));
        await assertAccepted(url, token);
        await assertRefused(`${base}/${other}`, token, 401, 'invalid_token');
    }
    assert.equal((await send(wellKnown)).status, 404, 'which of the two would it be?');
});
