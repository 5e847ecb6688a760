// The site itself over TLS and HTTP/2: cookies as they are meant to be, and streams and connections
// that end while their login is pending.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { test } from 'node:test';

import { certificates } from '../op/certificates.mjs';
import * as faults from '../op/faults.mjs';
import { startHostile } from '../op/hostile.mjs';
import { parseSetCookie } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { startSite } from './site.mjs';

const hostile = await startHostile({ tls: 'good' });
atEnd(() => hostile.close());
const site = await startSite({ provider: hostile, tls: 'http2', settings: { timeout: '5s' } });

// One connection of a browser: a cookie jar that any number of streams share.
class Connection {
    constructor(browser = site.browser()) {
        this.browser = browser;
        const address = `https://127.0.0.1:${site.port}`;
        this.session = http2.connect(address, {
            ca: certificates().ca,
            servername: 'app.localhost',
        });
        this.session.on('error', () => {});
    }

    // The stream of a request, as node:http2 has it.
    stream(url, headers = {}) {
        const { pathname, search, host } = new URL(url);
        const cookie = this.browser.cookieHeader(url);
        const stream = this.session.request({
            ':path': pathname + search,
            ':authority': host,
            accept: 'text/html',
            'sec-fetch-mode': 'navigate',
            ...(cookie && { cookie }),
            ...headers,
        });
        stream.on('error', () => {});
        return stream;
    }

    // A whole request: {status, headers, setCookies, text}.
    get(url, headers) {
        return this.answer(this.stream(url, headers), url);
    }

    async answer(stream, url) {
        const closed = once(stream, 'close').then(() => {
            throw new Error(`the stream for ${url} was closed without an answer`);
        });
        closed.catch(() => {});
        const [headers] = await Promise.race([once(stream, 'response'), closed]);
        const setCookies = headers['set-cookie'] ?? [];
        setCookies.forEach((line) => this.browser.keep(line, new URL(url)));
        let text = '';
        for await (const chunk of stream.setEncoding('utf8')) {
            text += chunk;
        }
        return { status: headers[':status'], headers, setCookies, text };
    }

    // A login up to its callback's URL.
    async begin() {
        const start = await this.get(site.url('/page?x=1'));
        assert.equal(start.status, 302);
        return hostile.authorize(start.headers.location);
    }
}

async function assertServes() {
    const connection = new Connection();
    const callback = await connection.begin();
    assert.equal((await connection.get(callback)).status, 302, 'the next login completes');
    connection.session.close();
}

// Has `count` logins of one connection wait for the provider.
async function pendingLogins(count) {
    const connection = new Connection();
    const held = faults.held();
    const callbacks = [];
    for (let index = 0; index < count; index += 1) {
        callbacks.push(await connection.begin());
    }
    hostile.answers.token = held;
    const streams = callbacks.map((callback) => connection.stream(callback));
    await until(() => held.waiting.length === count, 'the codes are being exchanged');
    const release = () => {
        hostile.honest();
        held.release(hostile.honestly.token);
    };
    return { connection, callbacks, streams, release };
}

test('over TLS and HTTP/2 a login completes, and its cookies are __Host- and Secure', async () => {
    const connection = new Connection();
    const callback = await connection.begin();
    assert.ok(callback.startsWith(site.url('/')), 'the callback has the host and port of :authority');
    const end = await connection.get(callback);
    assert.deepEqual(
        [end.status, new URL(end.headers.location, callback).href],
        [302, site.url('/page?x=1')],
    );
    const cookies = end.setCookies.map(parseSetCookie);
    assert.deepEqual(
        cookies.map(({ name }) => name).sort(),
        ['__Host-sk_login', '__Host-sk_session'],
    );
    for (const { name, attributes } of cookies) {
        assert.ok(attributes.secure && attributes.httponly, `${name} is Secure and HttpOnly`);
        assert.equal(attributes.path, '/');
        assert.equal(attributes.domain, undefined);
    }
    const page = await connection.get(site.url('/page?x=1'));
    assert.equal(page.status, 200);
    assert.equal(JSON.parse(page.text).headers['x-scalekit-org-id'], 'org_111');
    connection.session.close();
});

test('cookies that HTTP/2 splits into several fields are put together again', async () => {
    const connection = new Connection();
    await connection.get(await connection.begin());
    const value = connection.browser.cookie('__Host-sk_session', site.url('/'));
    const page = await connection.get(site.url('/'), {
        cookie: ['first=1', `__Host-sk_session=${value}`, 'last=2'],
    });
    assert.equal(page.status, 200);
    const { headers } = JSON.parse(page.text);
    assert.equal(headers['x-scalekit-org-id'], 'org_111');
    assert.match(headers.cookie, /^first=1; ?last=2$/, 'the upstream gets the others');
    connection.session.close();
});

test('30 logins on one connection at once all complete', async () => {
    const { connection, callbacks, streams, release } = await pendingLogins(30);
    release();
    const answers = await Promise.all(
        streams.map((stream, index) => connection.answer(stream, callbacks[index])),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [302]);
    connection.session.close();
});

test('streams that are reset while their login is pending do no harm', async () => {
    const { connection, callbacks, streams, release } = await pendingLogins(10);
    const kept = streams.pop();
    for (const [index, stream] of streams.entries()) {
        const codes = ['NGHTTP2_CANCEL', 'NGHTTP2_NO_ERROR', 'NGHTTP2_PROTOCOL_ERROR'];
        stream.close(http2.constants[codes[index % codes.length]]);
    }
    await until(() => streams.every((stream) => stream.closed), 'the streams are closed');
    assert.equal((await connection.get(site.url('/auth/session'))).status, 401, 'it goes on');
    release();
    const answer = await connection.answer(kept, callbacks.at(-1));
    assert.equal(answer.status, 302, 'the login that was not reset completes');
    connection.session.close();
    await assertServes();
});

test('a connection that goes away with pending logins on it does no harm', async () => {
    for (const leave of [
        (session) => session.destroy(),
        (session) => session.goaway(http2.constants.NGHTTP2_NO_ERROR),
    ]) {
        const { connection, release } = await pendingLogins(5);
        leave(connection.session);
        delete hostile.answers.token;
        await assertServes();
        release();
        connection.session.destroy();
        await assertServes();
    }
});

test('streams reset at every moment of the exchange do no harm', async () => {
    const connection = new Connection();
    hostile.answers.token = faults.delayed(10, hostile.honestly.token);
    for (let round = 0; round < 40; round += 1) {
        const stream = connection.stream(await connection.begin());
        await new Promise((resolve) => setTimeout(resolve, round));
        stream.close(http2.constants.NGHTTP2_CANCEL);
    }
    hostile.honest();
    connection.session.close();
    await assertServes();
});
