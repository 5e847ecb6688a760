// Stands between nginx and the token endpoint of the local provider, and writes down what passes.
// An environment uses it by `endpoint: tap.endpoint` in its settings.

import http from 'node:http';

import { send } from './browser.mjs';

// Answers {endpoint, answers (token responses as objects, oldest first), close}.
export async function startTap(provider) {
    const answers = [];
    const server = http.createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) {
            body += chunk;
        }
        const { 'content-type': type, authorization } = request.headers;
        const answer = await send(new URL(request.url, provider.url), {
            method: request.method,
            headers: {
                'content-type': type,
                'content-length': Buffer.byteLength(body),
                ...(authorization && { authorization }),
            },
            body,
        });
        if (answer.status === 200) {
            answers.push(answer.json);
        }
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(answer.body);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        endpoint: `token http://127.0.0.1:${server.address().port}/oauth/token`,
        answers,
        close: () =>
            new Promise((resolve) => {
                server.close(resolve);
                server.closeAllConnections();
            }),
    };
}
