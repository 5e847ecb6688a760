// conf-examples/mcp-server.conf in front of a real MCP server, with the names that exist here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { mcp, mintAccessToken } from '../op/access_tokens.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { environment } from './conf.mjs';
import { freePort, startNginx } from './harness.mjs';
import { startMcpServer } from './mcp_server.mjs';

export const resource = 'res_1001';
const scopes = ['mcp:read', 'mcp:write'];
const settings = { client_secret: null, session_keys: null, clock_skew: '0s' };

const file = new URL('../../conf-examples/mcp-server.conf', import.meta.url);

function example(provider, port, upstream, authorizationServer) {
    let text = /^http \{\n(.*)^\}/ms.exec(readFileSync(file, 'utf8'))[1];
    for (const [pattern, replacement] of [
        [/scalekit_environment acme \{.*?\}/s, environment(provider, settings)],
        [/listen 443 ssl http2;/, `listen 127.0.0.1:${port};`],
        [/ssl_certificate .*;/, ''],
        [/ssl_certificate_key .*;/, ''],
        [/\/var\/log\/nginx\/mcp\.log/, '@FOLDER@/mcp.log'],
        [/127\.0\.0\.1:3000/, `127.0.0.1:${upstream}`],
        [/https:\/\/mcp\.example\.com\/mcp(?=\n)/, `http://127.0.0.1:${port}/mcp`],
        [/https:\/\/acme\.scalekit\.com\/resources\/res_1001(?=;)/, authorizationServer],
    ]) {
        assert.match(text, pattern, 'the example is as the tests expect it');
        text = text.replace(pattern, () => replacement);
    }
    return text;
}

// Starts an MCP server and an nginx with the example in it, and with a second server that is a
// resource as a whole (`root`). Tokens come from `provider`, which `authorizationServer` names.
export async function startMcpSite(provider, authorizationServer = provider.issuer) {
    const server = await startMcpServer();
    atEnd(() => server.close());
    const port = await freePort();
    const base = `http://127.0.0.1:${port}`;
    const url = `${base}/mcp`;
    const rootPort = await freePort();
    const root = `http://127.0.0.1:${rootPort}`;
    provider.control.resources([
        { url, id: resource, scopes },
        { url: root, id: 'res_1002', scopes },
    ]);
    const nginx = await startNginx({
        port,
        http: `${example(provider, port, server.port, authorizationServer)}
    server {
        listen 127.0.0.1:${rootPort};
        scalekit_auth acme;
        scalekit_bearer only;
        scalekit_resource ${root} scopes=${scopes};
        location / {
            proxy_pass http://127.0.0.1:${server.port};
            proxy_http_version 1.1;
            proxy_buffering off;
        }
    }`,
    });
    atEnd(() => nginx.stop());
    return {
        provider,
        server,
        nginx,
        url,
        base,
        root,
        metadataUrl: `${base}/.well-known/oauth-protected-resource/mcp`,
        token: (claims) => mintAccessToken(provider, mcp(url, resource, claims)),
    };
}

const initialize = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'by hand', version: '1' },
    },
});

// The first call of a client, by hand, with a token or without.
export const post = (url, token, { headers = {}, ...options } = {}) =>
    send(url, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...(token && { authorization: `Bearer ${token}` }),
            ...headers,
        },
        body: initialize,
        ...options,
    });

// The parameters of a challenge, {realm, error …}.
export function challenge(response) {
    const field = response.headers['www-authenticate'];
    assert.match(field ?? '', /^Bearer /, `a bearer challenge: ${response.status} ${field}`);
    return Object.fromEntries(
        [...field.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
    );
}

export async function assertAccepted(url, token, options) {
    const response = await post(url, token, options);
    assert.equal(response.status, 200, `${response.headers['www-authenticate']} ${response.text}`);
    assert.match(response.text, /"serverInfo"/);
}

// Refused with this status and error, and nothing of the server is in the answer.
export async function assertRefused(url, token, status, error) {
    const response = await post(url, token);
    assert.equal(response.status, status, response.text);
    assert.equal(challenge(response).error, error);
    assert.doesNotMatch(response.text, /"serverInfo"/);
    return response;
}
