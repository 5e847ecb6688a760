// A whole site for a test: an upstream that echoes, nginx guarding it, and a provider that the test
// chose. The names below app.localhost and app.example lead to nginx; hooli. and initech. are
// tenants of their own.

import assert from 'node:assert/strict';

import { certificates } from '../op/certificates.mjs';
import { startHostile } from '../op/hostile.mjs';
import { Browser } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { environment } from './conf.mjs';
import { freePort, startNginx } from './harness.mjs';
import { startUpstream } from './upstream.mjs';

// Starts a site and stops it at the end of the test, or of the file. Options:
//   provider     from startProvider or startHostile
//   settings     of the environment, as in conf.mjs
//   server       lines of the server block; default: one organization
//   locations    replaces the default `location / { proxy_pass … }`
//   http         further lines at http level; servers(context) answers further server blocks
//   tls          the site itself is https; 'http2' besides
//   workers, level, main, events, connections, files, wrap: as in startNginx
//   expected     pattern of alarming log lines that this test provokes on purpose
export async function startSite(options) {
    const site = new Site(options);
    await site.start();
    atEnd(() => site.stop());
    return site;
}

export class Site {
    constructor(options) {
        this.options = options;
    }

    async start() {
        const { provider, workers, level, main, events, connections, files, wrap, tls } =
            this.options;
        this.upstream = await startUpstream();
        this.port = await freePort();
        this.provider = provider;
        this.scheme = tls ? 'https' : 'http';
        try {
            this.nginx = await startNginx({
                http: this.conf(),
                port: this.port,
                workers,
                level,
                main,
                events,
                connections,
                files,
                wrap,
            });
        } catch (error) {
            await this.upstream.close();
            throw error;
        }
    }

    // What goes into http {}.
    conf() {
        const {
            provider,
            settings,
            http = '',
            servers,
            tls,
            server = 'scalekit_organization_id org_111;',
        } = this.options;
        const { locations = `location / { ${this.proxyPass} }` } = this.options;
        const listen = tls
            ? `listen 127.0.0.1:${this.port} ssl${tls === 'http2' ? ' http2' : ''};
        ssl_certificate ${certificates().good.certFile};
        ssl_certificate_key ${certificates().good.keyFile};`
            : `listen 127.0.0.1:${this.port};`;
        const text = (part) => (typeof part === 'function' ? part(this) : (part ?? ''));
        return `
    ${environment(provider, settings)}
    ${text(http)}
    server {
        ${listen}
        server_name app.localhost *.app.localhost *.app.example;
        scalekit_auth acme;
        ${text(server)}
        ${text(locations)}
    }
    ${text(servers)}`;
    }

    get proxyPass() {
        return `proxy_pass http://127.0.0.1:${this.upstream.port}; proxy_set_header Host $http_host;`;
    }

    // The URL of a path on a host of this site.
    url(path = '/', host = 'app.localhost') {
        return `${this.scheme}://${host}:${this.port}${path}`;
    }

    browser(options = {}) {
        return new Browser({
            ca: this.options.tls || this.provider.ca ? certificates().ca : undefined,
            ...options,
        });
    }

    get sessionCookie() {
        return this.scheme === 'https' ? '__Host-sk_session' : 'sk_session';
    }

    get loginCookie() {
        return this.scheme === 'https' ? '__Host-sk_login' : 'sk_login';
    }

    async stop() {
        try {
            await this.nginx.stop({ expected: this.options.expected });
        } finally {
            await this.upstream.close();
        }
    }
}

// A hostile provider that closes at the end of the test, or of the file.
export async function hostileProvider(options) {
    const provider = await startHostile(options);
    atEnd(() => provider.close());
    return provider;
}

// Signs a browser in at `url` through the local provider, and answers what the upstream received in
// the end, with every step of the way in `steps`.
export async function login(browser, url) {
    const last = await browser.visit(url);
    assert.equal(
        last.status,
        200,
        `signing in ended with ${last.status} at ${last.url}\n${last.text.slice(0, 500)}`,
    );
    assert.ok(last.steps.length > 1, 'there was a login on the way');
    return Object.assign(last.json, { steps: last.steps });
}

// Takes a browser to a hostile provider and back to the callback: `lies` as in hostile.authorize().
export async function hostileLogin(site, browser, lies, path = '/page', host = undefined) {
    const start = await browser.navigate(site.url(path, host));
    assert.equal(
        start.status,
        302,
        `the login starts with 302, not ${start.status}: ${start.text.slice(0, 300)}`,
    );
    return browser.navigate(site.provider.authorize(start.location, lies));
}

// True when an answer admits nobody: no upstream content, and no session cookie set.
export function assertNoSession(site, response) {
    assert.equal(
        response.headers['x-upstream'],
        undefined,
        'nothing of the upstream is in the answer',
    );
    const session = response.setCookies.filter((line) => line.startsWith(site.sessionCookie));
    assert.ok(
        session.every((line) => /max-age=0/i.test(line)),
        `no session cookie is set: ${session}`,
    );
}
