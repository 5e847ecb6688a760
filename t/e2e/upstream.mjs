// What stands behind nginx: answers every request with a JSON description of what arrived, and
// remembers it.

import http from 'node:http';

export async function startUpstream() {
    const requests = [];
    // A client of HTTP/1.0 need not name a host, and newer nginx passes its request on as HTTP/1.1.
    const server = http.createServer({ requireHostHeader: false }, async (request, response) => {
        let body = '';
        for await (const chunk of request) {
            body += chunk;
        }
        const seen = {
            method: request.method,
            url: request.url,
            headers: request.headers,
            rawHeaders: pairs(request.rawHeaders),
            body,
        };
        requests.push(seen);
        response.writeHead(200, { 'content-type': 'application/json', 'x-upstream': 'echo' });
        response.end(JSON.stringify(seen));
    });
    server.on('upgrade', (request, socket) => {
        requests.push({
            method: request.method,
            url: request.url,
            headers: request.headers,
            upgrade: true,
        });
        socket.end(
            'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
        );
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: server.address().port, requests, close: () => closeAll(server) };
}

// The names and values of an HTTP header list, in order, names in lower case.
function pairs(raw) {
    const list = [];
    for (let index = 0; index < raw.length; index += 2) {
        list.push([raw[index].toLowerCase(), raw[index + 1]]);
    }
    return list;
}

const closeAll = (server) =>
    new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    });
