// What stands behind nginx: answers every request with a JSON description of what arrived, and
// remembers it.

import http from 'node:http';
import net from 'node:net';

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

// A FastCGI responder (protocol version 1, one request a connection) that answers with the
// parameters it received.
export function startFastcgi() {
    return responder((bytes) => {
        const params = [];
        let requestId = 0;
        let done = false;
        for (let at = 0; at + 8 <= bytes.length;) {
            const [, type, , , size] = [bytes[at], bytes[at + 1], 0, 0, bytes.readUInt16BE(at + 4)];
            requestId = bytes.readUInt16BE(at + 2);
            if (at + 8 + size > bytes.length) {
                return undefined;
            }
            if (type === 4) {
                params.push(bytes.subarray(at + 8, at + 8 + size));
            }
            done ||= type === 5 && size === 0;
            at += 8 + size + bytes[at + 6];
        }
        if (!done) {
            return undefined;
        }
        const body = JSON.stringify(lengthPrefixed(Buffer.concat(params)));
        const content = Buffer.from(`Content-Type: application/json\r\n\r\n${body}`);
        return Buffer.concat([
            record(6, requestId, content),
            record(6, requestId),
            record(3, requestId, Buffer.alloc(8)),
        ]);
    });
}

function record(type, requestId, content = Buffer.alloc(0)) {
    const header = Buffer.from([1, type, 0, 0, 0, 0, 0, 0]);
    header.writeUInt16BE(requestId, 2);
    header.writeUInt16BE(content.length, 4);
    return Buffer.concat([header, content]);
}

// FastCGI name-value pairs: lengths of one byte, or of four with the top bit set.
function lengthPrefixed(bytes) {
    const list = [];
    let at = 0;
    const length = () => {
        if (bytes[at] < 0x80) {
            return bytes[at++];
        }
        at += 4;
        return bytes.readUInt32BE(at - 4) & 0x7fffffff;
    };
    while (at < bytes.length) {
        const [name, value] = [length(), length()];
        list.push([
            bytes.toString('latin1', at, at + name),
            bytes.toString('latin1', at + name, at + name + value),
        ]);
        at += name + value;
    }
    return list;
}

// A uwsgi server likewise: one packet of 16-bit little-endian prefixed strings.
export function startUwsgi() {
    return responder((bytes) => {
        const end = bytes.length >= 4 ? 4 + bytes.readUInt16LE(1) : Infinity;
        if (bytes.length < end) {
            return undefined;
        }
        const strings = [];
        for (let at = 4; at < end;) {
            const size = bytes.readUInt16LE(at);
            strings.push(bytes.toString('latin1', at + 2, at + 2 + size));
            at += 2 + size;
        }
        const list = [];
        for (let index = 0; index < strings.length; index += 2) {
            list.push([strings[index], strings[index + 1]]);
        }
        return Buffer.from(
            `HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(list)}`,
        );
    });
}

async function responder(answer) {
    const server = net.createServer((socket) => {
        let bytes = Buffer.alloc(0);
        socket.on('error', () => {});
        socket.on('data', (chunk) => {
            bytes = Buffer.concat([bytes, chunk]);
            const reply = answer(bytes);
            if (reply) {
                socket.end(reply);
            }
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        port: server.address().port,
        close: () => new Promise((resolve) => server.close(resolve)),
    };
}

const closeAll = (server) =>
    new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    });
