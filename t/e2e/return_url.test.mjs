// The return URL against an independent reader: wherever a payload comes in, the browser ends on
// our own origin, as the WHATWG URL parser of Node sees it, and no control character gets into
// Location.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { atEnd } from './cleanup.mjs';
import { hostileLogin, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const site = await startSite({ provider: hostile });
const ours = new URL(site.url()).origin;

const agent = new http.Agent({ keepAlive: true });
atEnd(() => agent.destroy());

const evil = [
    'evil.example',
    'evil.example:80',
    'app.localhost.evil.example',
    'app.localhost@evil.example',
    '3232235777',
    '[::1]',
    '①②⑦.0.0.1',
];
const slashes = [
    '//',
    '///',
    '////',
    '/\\',
    '\\/',
    '\\\\',
    '\\',
    '/\t/',
    '/\n/',
    '/\r/',
    '\t//',
    '\n//',
    ' //',
    '//\\',
    '/\\/',
    '\\\t\\',
    '/%09/',
    '/%0a/',
    '/%0d%0a/',
    '/%5c',
    '%2f%2f',
    '/%2f',
    '%5c%5c',
    '/.//',
    '/..//',
    '/./\\',
    '/a/..//',
    '/;//',
    '/\u0000/',
    '\u2028//',
    '\ufeff//',
    '/\u3002/',
    '\uff0f\uff0f',
    '/\u2215',
    './/',
    '..//',
    '@',
    ':@',
    ':',
    '',
    ';//',
    '?//',
    '#//',
    '&//',
];
const schemes = [
    'http:',
    'https:',
    'HTTP:',
    'hTTps:',
    'javascript:',
    'JavaScript:',
    'java\tscript:',
    'java\nscript:',
    ' javascript:',
    '\u0001javascript:',
    'data:text/html,',
    'vbscript:',
    'file:',
    'ftp:',
    'about:',
    'blob:',
    'ws:',
    'view-source:',
    'intent:',
    'mailto:',
    'x:',
    'http',
    ':',
    '%68ttp:',
    'http%3a',
];
const tails = ['', '/', '//', '/\\', '\\\\'];
const odd = [
    '',
    ' ',
    '/',
    '.',
    '..',
    '/.',
    '/..',
    '/%',
    '/%zz',
    '?',
    '#',
    '/?',
    '/#',
    '/?//evil.example',
    '/#//evil.example',
    '/a b',
    '/a\rb',
    '/a\nb',
    '/a\r\nSet-Cookie: x=y',
    '/a%0d%0aSet-Cookie:%20x=y',
    '/a\tb',
    '/a\u0000b',
    '/a\u007fb',
    '/ä',
    '/\ud83d\ude00',
    '/a%00b',
    '/..%2f..%2f/evil.example',
    `/${'a'.repeat(1_990)}`,
    `/${'a'.repeat(2_100)}`,
    `/p?${'q'.repeat(2_100)}`,
    '/'.repeat(50),
    '\\'.repeat(50),
    '/%2e%2e//evil.example',
    '/;@evil.example',
    '/<script>',
    '/"onload="x',
    '/../..//evil.example',
    '/a/b/../../..//evil.example',
    '//',
    '///',
    '/\\',
    `${ours}/x`,
    `${ours}@evil.example/`,
    `${ours}.evil.example/`,
    `${ours}:80@evil.example`,
];

const payloads = new Set(odd);
for (const host of evil) {
    slashes.forEach((prefix) => payloads.add(prefix + host));
}
for (const scheme of schemes) {
    tails.forEach((tail) =>
        payloads.add(`${scheme}${tail}${scheme.includes('script') ? 'alert(1)' : 'evil.example'}`),
    );
}
slashes.forEach((prefix) => payloads.add(`${prefix}evil.example/${prefix}x`));

function assertOurs(location, base, payload) {
    const what = JSON.stringify(payload).slice(0, 120);
    assert.ok(location, `${what}: there is a Location`);
    assert.doesNotMatch(
        location,
        /[\u0000-\u0020\u007f-\uffff\\]/,
        `${what}: ${JSON.stringify(location)}`,
    );
    assert.equal(new URL(location, base).origin, ours, `${what}: ${location}`);
    if (location.startsWith('/')) {
        assert.doesNotMatch(location, /^\/[/\\]/, what);
    }
}

test(`${payloads.size} payloads as return_to of a signed-in person, encoded once and twice`, async () => {
    assert.ok(payloads.size >= 500, `${payloads.size} payloads`);
    const browser = site.browser({ agent });
    await hostileLogin(site, browser);
    for (const payload of payloads) {
        const once = encodeURIComponent(payload.toWellFormed());
        for (const value of [once, encodeURIComponent(once)]) {
            const url = site.url(`/auth/login?return_to=${value}`);
            const response = await browser.navigate(url);
            if (response.status >= 400 && response.status < 500) {
                assert.equal(response.location, undefined);
                continue;
            }
            assert.equal(response.status, 302, JSON.stringify(payload));
            assertOurs(response.location, url, payload);
        }
    }
});

test('payloads as return_to, unencoded in the query', async () => {
    const browser = site.browser();
    await hostileLogin(site, browser);
    const cookie = browser.cookieHeader(site.url());
    for (const payload of payloads) {
        if (/[\0\r\n]/.test(payload)) {
            continue; // would end the request line
        }
        const { status, location } = await raw(`/auth/login?return_to=${payload}`, cookie);
        if (status === 302) {
            assertOurs(location, site.url('/auth/login'), payload);
        } else {
            assert.ok(status >= 400 && status < 500, `${JSON.stringify(payload)}: ${status}`);
        }
    }
});

test('payloads as return_to, through a whole login', async () => {
    for (const payload of payloads) {
        const browser = site.browser({ agent });
        const start = await browser.navigate(
            site.url(`/auth/login?return_to=${encodeURIComponent(payload.toWellFormed())}`),
        );
        if (start.status !== 302) {
            assert.ok(start.status >= 400 && start.status < 500);
            continue;
        }
        assert.equal(new URL(start.location).origin, hostile.issuer);
        const callback = hostile.authorize(start.location);
        assertOurs((await browser.navigate(callback)).location, callback, payload);
    }
});

test('payloads as the path that a signed-out person asks for', async () => {
    for (const payload of payloads) {
        if (/[\0-\x20\x7f#]|^[a-z-]+:\/\//i.test(payload)) {
            continue; // cannot stand in a request line, or names another host itself
        }
        for (const target of [payload, `/${payload}`]) {
            const start = await raw(target);
            if (start.status === 302 && start.location.startsWith(`${hostile.issuer}/`)) {
                const browser = site.browser({ agent });
                start.setCookies.forEach((line) => browser.keep(line, new URL(site.url())));
                const callback = hostile.authorize(start.location);
                assertOurs((await browser.navigate(callback)).location, callback, target);
            } else {
                assert.ok(
                    start.status >= 400 && start.status < 500,
                    `${JSON.stringify(target)}: ${start.status} ${start.location}`,
                );
            }
        }
    }
});

test('good return URLs come back byte for byte, up to 2,000 bytes', async () => {
    const browser = site.browser({ agent });
    await hostileLogin(site, browser);
    const good = [
        '/',
        '/a',
        '/a/b?c=d&e=f',
        '/a%20b?x=%2F%2F',
        '/a?next=//evil.example',
        '/search?q=a+b&tag=%C3%A4',
        '/a;b=c',
        "/~x/(y)/'z'!*",
        `/${'a'.repeat(1_999)}`,
    ];
    for (const path of good) {
        const response = await browser.navigate(
            site.url(`/auth/login?return_to=${encodeURIComponent(path)}`),
        );
        const { pathname, search } = new URL(response.location, site.url());
        assert.equal(pathname + search, path);
    }
    const { location } = await browser.navigate(
        site.url(`/auth/login?return_to=${encodeURIComponent(`/path?${'q'.repeat(3_000)}`)}`),
    );
    assert.equal(
        new URL(location, site.url()).href,
        site.url('/path'),
        'a longer one keeps its path',
    );
});

// A request line as it is, byte for byte.
function raw(target, cookie = '') {
    return new Promise((resolve, reject) => {
        const socket = net.connect(site.port, '127.0.0.1', () =>
            socket.write(
                `GET ${target} HTTP/1.1\r\nHost: ${new URL(site.url()).host}\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n` +
                    `${cookie && `Cookie: ${cookie}\r\n`}Connection: close\r\n\r\n`,
            ),
        );
        let text = '';
        socket
            .setEncoding('latin1')
            .on('data', (chunk) => {
                text += chunk;
            })
            .on('error', reject)
            .on('close', () => {
                const head = text.split('\r\n\r\n')[0].split('\r\n');
                const values = (name) =>
                    head
                        .filter((line) => line.toLowerCase().startsWith(`${name}:`))
                        .map((line) => line.slice(name.length + 1).trim());
                resolve({
                    status: Number(head[0].split(' ')[1]),
                    location: values('location')[0],
                    setCookies: values('set-cookie'),
                });
            });
    });
}
