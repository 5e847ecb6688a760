// Logins that are under way: begun in the browser, or waiting for an answer of the provider.

import assert from 'node:assert/strict';

import * as faults from '../op/faults.mjs';
import { until } from './harness.mjs';
import { hostileLogin } from './site.mjs';

// A login up to the callback, which is still to be asked for.
export async function begin(site, browser = site.browser()) {
    const start = await browser.navigate(site.url('/page'));
    assert.equal(start.status, 302, `the login starts with ${start.status}`);
    const callback = site.provider.authorize(start.location);
    return { browser, callback, finish: () => browser.navigate(callback) };
}

export const beginMany = (site, count, agent) =>
    Promise.all(Array.from({ length: count }, () => begin(site, site.browser({ agent }))));

// Replaces an endpoint by one that holds its answers back.
export function hold(provider, endpoint = 'token') {
    const held = faults.held();
    provider.answers[endpoint] = held;
    return {
        asked: (count = 1) =>
            until(() => held.waiting.length >= count, `the provider was asked ${count} time(s)`),
        waiting: held.waiting,
        release: () => {
            delete provider.answers[endpoint];
            held.release(provider.honestly[endpoint]);
        },
    };
}

// What a connection that may be closed without an answer came to: a status or the error's code.
export const outcome = (promise) =>
    promise.then(
        (answer) => answer.status,
        (error) => error.code,
    );

export const loginWorks = async (site) =>
    (await outcome(hostileLogin(site, site.browser()).catch(() => ({ status: 0 })))) === 302;
