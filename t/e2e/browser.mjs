// A small browser for tests: a cookie jar with the rules that matter here, one request at a time,
// and navigation that follows redirects step by step and keeps every step. All names lead to the
// loopback interface.

import http from 'node:http';
import https from 'node:https';

const navigation = {
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-fetch-site': 'none',
};
const script = {
    accept: 'application/json',
    'sec-fetch-mode': 'cors',
    'sec-fetch-dest': 'empty',
    'sec-fetch-site': 'same-origin',
};

// One HTTP request, no cookies, no redirects. Answers {status, headers, setCookies, body (Buffer),
// text, json}. `headers` may be an object or a flat list of names and values, for duplicates and
// odd spelling.
export function send(
    target,
    { method = 'GET', headers = {}, body, ca, agent, timeout = 20_000, path } = {},
) {
    const url = new URL(target);
    const secure = url.protocol === 'https:';
    const list = Array.isArray(headers)
        ? ['Host', url.host, ...headers]
        : { host: url.host, ...headers };
    return new Promise((resolve, reject) => {
        const request = (secure ? https : http).request(
            {
                host: '127.0.0.1',
                port: url.port || (secure ? 443 : 80),
                method,
                path: path ?? url.pathname + url.search,
                headers: list,
                agent: agent ?? false,
                setHost: false,
                ...(secure && { ca, servername: url.hostname === '127.0.0.1' ? '' : url.hostname }),
            },
            async (response) => {
                const chunks = [];
                try {
                    for await (const chunk of response) {
                        chunks.push(chunk);
                    }
                } catch (error) {
                    reject(error);
                    return;
                }
                const bytes = Buffer.concat(chunks);
                resolve({
                    url: String(target),
                    status: response.statusCode,
                    headers: response.headers,
                    setCookies: response.headers['set-cookie'] ?? [],
                    body: bytes,
                    get text() {
                        return bytes.toString();
                    },
                    get json() {
                        return JSON.parse(bytes.toString());
                    },
                    get location() {
                        return response.headers.location;
                    },
                });
            },
        );
        request.setTimeout(timeout, () =>
            request.destroy(new Error(`no answer from ${url.host} within ${timeout} ms`)),
        );
        request.on('error', reject);
        request.end(body);
    });
}

export class Browser {
    cookies = [];

    // ca: PEM of the authority that https hosts are checked against; agent: http.Agent to reuse
    // connections.
    constructor({ ca, agent } = {}) {
        this.ca = ca;
        this.agent = agent;
    }

    // A single request with the jar's cookies; keeps the cookies of the answer.
    async request(target, options = {}) {
        const cookie = this.cookieHeader(target);
        const headers = { ...(cookie && { cookie }), ...options.headers };
        const response = await send(target, {
            ca: this.ca,
            agent: this.agent,
            ...options,
            headers,
        });
        response.setCookies.forEach((line) => this.keep(line, new URL(target)));
        return Object.assign(response, { sentCookie: cookie });
    }

    // What an address typed, or a link followed, does: one step, redirects not followed.
    navigate(target, options = {}) {
        return this.request(target, { ...options, headers: { ...navigation, ...options.headers } });
    }

    // What fetch() in a page does.
    script(target, options = {}) {
        return this.request(target, { ...options, headers: { ...script, ...options.headers } });
    }

    // Navigates and follows redirects. The last answer carries every step in `steps`.
    async visit(target, { limit = 12, until, ...options } = {}) {
        const steps = [];
        let url = String(target);
        for (;;) {
            const response = await this.navigate(url, options);
            steps.push(response);
            const next = response.location && new URL(response.location, url).href;
            if (!next || ![301, 302, 303, 307, 308].includes(response.status) || until?.(next)) {
                return Object.assign(response, { steps, next });
            }
            if (steps.length > limit) {
                throw new Error(`redirect loop: ${steps.map((step) => step.url).join(' -> ')}`);
            }
            url = next;
        }
    }

    cookieHeader(target) {
        const url = new URL(target);
        this.cookies = this.cookies.filter((cookie) => cookie.expires > Date.now());
        return this.cookies
            .filter((cookie) => matches(cookie, url))
            .map((cookie) => `${cookie.name}=${cookie.value}`)
            .join('; ');
    }

    // The value of a cookie that would be sent to `target`.
    cookie(name, target) {
        return this.cookies.find(
            (cookie) => cookie.name === name && matches(cookie, new URL(target)),
        )?.value;
    }

    setCookie(name, value, target) {
        this.keep(
            `${name}=${value}; Path=/${name.startsWith('__') ? '; Secure' : ''}`,
            new URL(target),
        );
    }

    // Keeps a Set-Cookie line as a browser would, or drops it where a browser drops it.
    keep(line, url) {
        const { name, value, attributes } = parseSetCookie(line);
        const secure = url.protocol === 'https:';
        const domain = attributes.domain?.replace(/^\./, '').toLowerCase();
        if (attributes.secure && !secure && !/(^|\.)localhost$|^127\./.test(url.hostname)) {
            return;
        }
        if (
            name.startsWith('__Host-') &&
            !(secure && attributes.secure && attributes.path === '/' && !domain)
        ) {
            return;
        }
        if (domain && url.hostname !== domain && !url.hostname.endsWith(`.${domain}`)) {
            return;
        }
        const cookie = {
            name,
            value,
            host: domain ?? url.hostname,
            wide: Boolean(domain),
            secure: Boolean(attributes.secure),
            path: attributes.path?.startsWith('/') ? attributes.path : '/',
            expires: expiry(attributes),
        };
        this.cookies = this.cookies.filter(
            (other) =>
                other.name !== name || other.host !== cookie.host || other.path !== cookie.path,
        );
        if (cookie.expires > Date.now()) {
            this.cookies.push(cookie);
        }
    }

    clone() {
        const copy = new Browser(this);
        copy.cookies = this.cookies.map((cookie) => ({ ...cookie }));
        return copy;
    }
}

export function parseSetCookie(line) {
    const [pair, ...rest] = line.split(';');
    const cut = pair.indexOf('=');
    const attributes = {};
    for (const part of rest) {
        const [name, ...value] = part.trim().split('=');
        attributes[name.toLowerCase()] = value.length > 0 ? value.join('=') : true;
    }
    return { name: pair.slice(0, cut).trim(), value: pair.slice(cut + 1).trim(), attributes };
}

function expiry(attributes) {
    if (attributes['max-age'] !== undefined) {
        return Date.now() + Number(attributes['max-age']) * 1000;
    }
    return attributes.expires ? Date.parse(attributes.expires) : Infinity;
}

function matches(cookie, url) {
    const host = cookie.wide
        ? url.hostname === cookie.host || url.hostname.endsWith(`.${cookie.host}`)
        : url.hostname === cookie.host;
    const path =
        url.pathname === cookie.path ||
        url.pathname.startsWith(cookie.path.replace(/\/?$/, '/')) ||
        cookie.path === '/';
    return (
        host &&
        path &&
        (!cookie.secure || url.protocol === 'https:' || /localhost$/.test(url.hostname))
    );
}
