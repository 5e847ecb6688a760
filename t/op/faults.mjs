// Ways in which a server fails to answer properly. Each is a function (request, response) that
// takes the place of an endpoint of the hostile provider.

import { gzipSync } from 'node:zlib';

export const silent = () => () => {};

export const headersThenSilent = () => (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.flushHeaders();
};

// One byte at a time, for ever: never idle long enough for a read timeout, never done.
export const drip =
    (milliseconds = 50) =>
    (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), milliseconds);
        response.on('close', () => clearInterval(timer));
    };

export const reset = () => (request) => request.socket.resetAndDestroy();

export const resetMidBody = () => (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write('{"access_token":"', () =>
        setTimeout(() => request.socket.resetAndDestroy(), 20),
    );
};

// Fewer bytes than Content-Length promises, then an orderly end.
export const earlyFin = () => (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write('{"access_token":"', () => setTimeout(() => request.socket.end(), 20));
};

export const garbage = () => (request) =>
    request.socket.end('\x16\x03\x01 this is not HTTP at all\r\n\r\n');

export const badChunk = () => (request) =>
    request.socket.end(
        'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
    );

export const answer =
    (status, body = '', headers = {}) =>
    (request, response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(
            typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
        );
    };

export const html = (status = 200) =>
    answer(status, '<!doctype html><h1>Back soon</h1>', { 'content-type': 'text/html' });

export const empty = (status = 200) => answer(status);

// The endpoint's true answer, but packed although nobody offered to unpack.
export const gzip = (body) =>
    answer(200, gzipSync(JSON.stringify(body)), { 'content-encoding': 'gzip' });

export const huge =
    (megabytes = 10) =>
    (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const block = Buffer.alloc(1 << 20, ' ');
        let left = megabytes;
        const more = () => {
            while (left > 0 && !response.destroyed) {
                left -= 1;
                if (!response.write(block)) {
                    response.once('drain', more);
                    return;
                }
            }
            response.end('{}');
        };
        more();
    };

export const deep = (levels = 100_000) => answer(200, '['.repeat(levels) + ']'.repeat(levels));

export const redirect = (location, status = 302) => answer(status, '', { location });

export const oauthError = (error, status = 400, headers = {}) =>
    answer(status, { error, error_description: 'as scripted' }, headers);

export const tooManyRequests = () => oauthError('RATE_LIMITED', 429, { 'retry-after': '60' });

export const delayed = (milliseconds, then) => (request, response) => {
    const timer = setTimeout(() => then(request, response), milliseconds);
    response.on('close', () => clearTimeout(timer));
};

// Answers nobody until release(then): then all who asked so far get what `then` answers. `waiting`
// holds them meanwhile.
export function held() {
    const fault = (request, response) => {
        fault.waiting.push([request, response]);
    };
    fault.waiting = [];
    fault.release = (then) => {
        for (const [request, response] of fault.waiting.splice(0)) {
            if (!request.socket.destroyed) {
                then(request, response);
            }
        }
    };
    return fault;
}
