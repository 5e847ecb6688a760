// An MCP server as people write one with the official SDK, with sessions and streams, that knows
// nothing of tokens. Its tools answer with the headers that came with the call.

import { randomUUID } from 'node:crypto';
import http from 'node:http';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

// Answers {port, requests (method, url and headers of each), close}. Tools:
//   whoami   the identity headers as JSON, and what there is of Authorization and Cookie
//   slowly   reports progress at once, and ends when hold.release() is called
export async function startMcpServer() {
    const requests = [];
    const sessions = new Map();
    const hold = {};
    const released = new Promise((done) => {
        hold.release = done;
    });

    const server = http.createServer(async (request, response) => {
        requests.push({ method: request.method, url: request.url, headers: request.headers });
        const known = sessions.get(request.headers['mcp-session-id']);
        const transport = known ?? (await newSession(sessions, released));
        await transport.handleRequest(request, response);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

    return {
        port: server.address().port,
        requests,
        hold,
        close: async () => {
            await Promise.all([...sessions.values()].map((transport) => transport.close()));
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}

async function newSession(sessions, released) {
    const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => sessions.set(id, transport),
    });
    const server = new McpServer({ name: 'test', version: '1.0.0' });
    server.registerTool('whoami', { description: 'who is calling' }, ({ requestInfo }) => {
        const seen = Object.entries(requestInfo.headers).filter(([name]) =>
            /^(x-scalekit-|authorization$|cookie$)/.test(name),
        );
        return text(JSON.stringify(Object.fromEntries(seen)));
    });
    server.registerTool('slowly', { description: 'answers in two parts' }, async (extra) => {
        await extra.sendNotification({
            method: 'notifications/progress',
            params: { progressToken: extra._meta.progressToken, progress: 1, total: 2 },
        });
        await released;
        return text('whole');
    });
    await server.connect(transport);
    return transport;
}

const text = (value) => ({ content: [{ type: 'text', text: value }] });
