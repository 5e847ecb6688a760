// Access tokens that the certified provider itself makes and signs: for a resource by RFC 9068, for
// machines, with every algorithm that it knows, before and after a rotation of its keys.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import { test } from 'node:test';

import Provider from 'oidc-provider';

import { mintAccessToken } from '../op/access_tokens.mjs';
import { startHostile } from '../op/hostile.mjs';
import { decode } from '../op/jwt.mjs';
import { startProvider } from '../op/provider.mjs';
import { machineClient } from '../op/resources.mjs';
import { assertAccepted, assertRefused, call } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { startSite } from './site.mjs';

const bare = { client_secret: null, session_keys: null };
const basic = ({ id, secret }) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

// A token for a machine, with the client's own credentials.
async function tokenFor(provider, client, params = {}) {
    const response = await send(`${provider.url}/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...basic(client) },
        body: String(new URLSearchParams({ grant_type: 'client_credentials', ...params })),
    });
    assert.equal(response.status, 200, response.text);
    return response.json.access_token;
}

const api = {
    url: 'https://api.example/orders',
    id: 'res_1',
    scopes: ['orders:read', 'orders:write'],
};
const site = (provider) =>
    startSite({
        provider,
        settings: bare,
        server: `scalekit_bearer only; scalekit_audience ${api.url};`,
        locations: (it) => `
            location / { ${it.proxyPass} }
            location /default { scalekit_audience ${it.options.provider.client.id}; ${it.proxyPass} }
            location /any { scalekit_audience off; ${it.proxyPass} }
            location /deploy {
                scalekit_audience off;
                scalekit_require scopes deploy:applications;
                ${it.proxyPass}
            }
            location /read { scalekit_require scope orders:read; ${it.proxyPass} }
            location /write { scalekit_require scope orders:write; ${it.proxyPass} }
            location /client { scalekit_require client_id ${machineClient.id}; ${it.proxyPass} }`,
    });

test('a token of RFC 9068 for a resource indicator is good for that resource', async () => {
    const provider = await startProvider({ resources: [api] });
    atEnd(() => provider.close());
    const own = await site(provider);
    const token = await tokenFor(provider, machineClient, {
        resource: api.url,
        scope: 'orders:read',
    });
    assert.equal(decode(token).header.typ, 'at+jwt');
    const identity = identityOf(await assertAccepted(own, token));
    assert.deepEqual(identity, {
        sub: machineClient.id,
        scopes: 'orders:read',
        'client-id': machineClient.id,
    });
    await assertAccepted(own, token, { path: '/read' });
    await assertAccepted(own, token, { path: '/client' });
    await assertRefused(own, token, 'insufficient_scope', { path: '/write', status: 403 });
    await assertRefused(own, token, 'audience_mismatch', { path: '/default' });
    const opaque = await tokenFor(provider, machineClient);
    assert.ok(!opaque.includes('.'), 'without a resource it is opaque');
    await assertRefused(own, opaque, 'token_malformed', { path: '/any' });
});

test("an organization's API client in Scalekit's shapes, and the keys change under it", async () => {
    const provider = await startProvider({ resources: [api], accessTokens: 'scalekit' });
    atEnd(() => provider.close());
    const own = await site(provider);
    const token = await tokenFor(provider, machineClient);
    assert.equal(decode(token).claims.aud, undefined);
    const identity = identityOf(await assertAccepted(own, token, { path: '/any' }));
    assert.deepEqual(
        [identity['org-id'], identity['client-id'], identity.scopes],
        ['org_222', machineClient.id, machineClient.scopes.join(',')],
    );
    await assertAccepted(own, token, { path: '/deploy' });
    await assertRefused(own, token, 'audience_mismatch');
    const forResource = await tokenFor(provider, machineClient, {
        resource: api.url,
        scope: 'orders:read',
    });
    await assertAccepted(own, forResource, { path: '/read' });

    provider.control.rotateKeys();
    const successor = await tokenFor(provider, machineClient);
    assert.notEqual(decode(successor).header.kid, decode(token).header.kid);
    await assertAccepted(own, successor, {
        path: '/any',
        what: 'the keys are fetched while it waits',
    });
    await assertRefused(own, token, 'key_unknown', { path: '/any' });
});

const algorithms = [
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

// The same library with a key for every algorithm, and a resource that is signed with each.
async function startProviderOfAll() {
    const pairs = {
        ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
        ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
        ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
        EdDSA: generateKeyPairSync('ed25519'),
        Ed25519: generateKeyPairSync('ed25519'),
    };
    const keys = algorithms.map((alg) => {
        const pair = pairs[alg] ?? generateKeyPairSync('rsa', { modulusLength: 2048 });
        return { ...pair.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `key_${alg}` };
    });
    const server = http.createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${server.address().port}`;
    const client = { id: 'm2morg_1', secret: 'secret_of_the_machine' };
    const provider = new Provider(url, {
        clients: [
            {
                client_id: client.id,
                client_secret: client.secret,
                redirect_uris: [],
                response_types: [],
                grant_types: ['client_credentials'],
            },
        ],
        jwks: { keys },
        routes: { token: '/oauth/token', jwks: '/keys', authorization: '/oauth/authorize' },
        scopes: ['orders:read'],
        features: {
            devInteractions: { enabled: false },
            clientCredentials: { enabled: true },
            resourceIndicators: {
                enabled: true,
                getResourceServerInfo: (ctx, resource) => ({
                    audience: api.url,
                    scope: 'orders:read',
                    accessTokenFormat: 'jwt',
                    jwt: {
                        sign: {
                            alg: resource.split('/').at(-1),
                            kid: `key_${resource.split('/').at(-1)}`,
                        },
                    },
                }),
            },
        },
    });
    server.on('request', provider.callback());
    atEnd(
        () =>
            new Promise((resolve) => {
                server.close(resolve);
                server.closeAllConnections();
            }),
    );
    return { issuer: url, url, client };
}

test('the provider signs with every algorithm that it has, and each is verified', async () => {
    const provider = await startProviderOfAll();
    const own = await site(provider);
    for (const alg of algorithms) {
        const params = { resource: `https://signed.example/${alg}`, scope: 'orders:read' };
        const token = await tokenFor(provider, provider.client, params);
        const { header, claims } = decode(token);
        assert.deepEqual([header.alg, header.typ, claims.aud], [alg, 'at+jwt', api.url]);
        const identity = identityOf(await assertAccepted(own, token, { what: alg }));
        assert.deepEqual([identity.sub, identity.scopes], [provider.client.id, 'orders:read']);
        await assertAccepted(own, token, { path: '/read' });
        const cut = token.lastIndexOf('.') + 1;
        const signature = Buffer.from(token.slice(cut), 'base64url');
        signature[signature.length >> 1] ^= 4;
        const forged = token.slice(0, cut) + signature.toString('base64url');
        await assertRefused(own, forged, 'signature_invalid', { what: alg });
    }
});

test('metadata of another issuer, or with an endpoint on plain http, gives no keys to judge by', async () => {
    const plain = await startHostile();
    atEnd(() => plain.close());
    const bends = {
        'another issuer': (document) => ({ ...document, issuer: plain.issuer }),
        'a slash at the end': (document) => ({ ...document, issuer: `${document.issuer}/` }),
        'keys on plain http': (document) => ({ ...document, jwks_uri: `${plain.url}/keys` }),
        'tokens on plain http': (document) => ({
            ...document,
            token_endpoint: `${plain.url}/oauth/token`,
        }),
    };
    for (const [what, bend] of Object.entries(bends)) {
        const provider = await startHostile({ tls: 'good' });
        atEnd(() => provider.close());
        provider.bend.discovery = bend;
        const own = await startSite({
            provider,
            settings: bare,
            tls: true,
            server: 'scalekit_bearer only;',
        });
        for (const signer of [provider, { ...plain, issuer: provider.issuer }]) {
            const response = await call(own, mintAccessToken(signer));
            assert.deepEqual(
                [response.status, response.json.reason],
                [503, 'provider_unavailable'],
                what,
            );
        }
        assert.equal(own.upstream.requests.length, 0, what);
    }
    assert.deepEqual(plain.counts, {}, 'nobody asked over plain http');
});
