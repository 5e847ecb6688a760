// Calls of an API behind nginx: with a bearer token, without one, and what may come of it.

import assert from 'node:assert/strict';

import { certificates } from '../op/certificates.mjs';
import { send } from './browser.mjs';

export const bearer = (token) => ({ authorization: `Bearer ${token}` });

// One call with this token. `options` are those of send(), `path` and `host` those of site.url().
export function call(site, token, { path = '/', host, headers = {}, ...options } = {}) {
    return send(site.url(path, host), {
        ca: site.options.tls ? certificates().ca : undefined,
        headers: { ...bearer(token), ...headers },
        ...options,
    });
}

// The parameters of a bearer challenge, {realm, error …}.
export function challengeOf(response) {
    const field = response.headers['www-authenticate'];
    assert.match(field ?? '', /^Bearer /, `a bearer challenge, not "${field}"`);
    return Object.fromEntries(
        [...field.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
    );
}

const errors = { 400: 'invalid_request', 401: 'invalid_token', 403: 'insufficient_scope' };

// Refused with `status`: the challenge and the body say so with RFC 6750's word, and nothing of the
// upstream is in the answer. `reason` is a word, or a pattern of those that are right.
export function assertRefusal(response, reason, status = 401, what = '') {
    const said = `${what}: ${response.status} ${response.text.slice(0, 300)}`;
    assert.equal(response.status, status, said);
    assert.equal(response.headers['x-upstream'], undefined, `${said}: nothing of the upstream`);
    const { error, reason: word, reference } = response.json;
    assert.match(word, new RegExp(`^(${reason.source ?? reason})$`), said);
    assert.match(reference, /^[0-9a-f]{12}$/, said);
    assert.equal(error, errors[status], said);
    assert.equal(challengeOf(response).error, errors[status], said);
    assert.equal(response.headers.location, undefined, said);
    assert.deepEqual(response.setCookies, [], said);
}

// The same for a call, which besides must not reach the upstream.
export async function assertRefused(site, token, reason, { status, what, ...options } = {}) {
    const before = site.upstream.requests.length;
    const response = await call(site, token, options);
    assertRefusal(response, reason, status, what);
    assert.equal(site.upstream.requests.length, before, `${what}: the upstream is not called`);
    return response;
}

// Let in; answers what the upstream received.
export async function assertAccepted(site, token, { what = '', ...options } = {}) {
    const response = await call(site, token, options);
    const said = `${what}: ${response.status} ${response.headers['www-authenticate'] ?? ''}`;
    assert.equal(response.status, 200, `${said} ${response.text.slice(0, 300)}`);
    return response.json;
}
