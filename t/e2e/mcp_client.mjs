// An MCP client of the official SDK, and the person in front of it: where the client wants a
// browser, one goes through the local provider's sign-in and brings the code back.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';

import { Browser } from './browser.mjs';

const callback = 'http://localhost/callback';

// The SDK's OAuthClientProvider: keeps what it is given. `client` is a client registered
// beforehand, `tokens` those of an earlier run.
export class Person {
    redirectUrl = callback;
    clientMetadata = {
        client_name: 'a client of the tests',
        redirect_uris: [callback],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
    };
    asked = [];

    constructor({ client, tokens } = {}) {
        this.client = client;
        this.kept = tokens;
    }

    clientInformation = () => this.client;
    saveClientInformation = (client) => {
        this.client = client;
    };
    tokens = () => this.kept;
    saveTokens = (tokens) => {
        this.kept = tokens;
    };
    codeVerifier = () => this.verifier;
    saveCodeVerifier = (verifier) => {
        this.verifier = verifier;
    };
    saveDiscoveryState = (state) => {
        this.discovered = state;
    };

    // What the client would open a browser for.
    redirectToAuthorization = async (url) => {
        this.asked.push(Object.fromEntries(url.searchParams));
        const last = await new Browser().visit(url, { until: (next) => next.startsWith(callback) });
        this.code = new URL(last.next ?? callback).searchParams.get('code');
        if (!this.code) {
            throw new Error(`the sign-in ended with ${last.status} ${last.next} ${last.text}`);
        }
    };
}

// Connects to an MCP server, by way of a sign-in where it asks for one. Answers
// {client, transport, call}: call(tool) gives the text of its answer.
export async function connect(url, authProvider) {
    const once = async () => {
        const client = new Client({ name: 'test', version: '1.0.0' });
        const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
        try {
            await client.connect(transport);
        } catch (error) {
            return { error, transport };
        }
        return { client, transport };
    };
    let { error, client, transport } = await once();
    if (error instanceof UnauthorizedError) {
        await transport.finishAuth(authProvider.code);
        ({ error, client, transport } = await once());
    }
    if (error) {
        throw error;
    }
    const call = async (name, options) =>
        (await client.callTool({ name }, undefined, options)).content[0].text;
    return { client, transport, call };
}
