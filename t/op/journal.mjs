// What a provider was asked: every request with its parameters, secrets replaced by a short digest,
// so that a test can say "the same verifier" or "another one" and a printed journal still gives
// nothing away.

import { createHash } from 'node:crypto';

const secret = new Set([
    'client_secret',
    'code',
    'code_verifier',
    'refresh_token',
    'id_token_hint',
    'logout_token',
]);

export const digest = (value) =>
    `sha256:${createHash('sha256').update(value).digest('hex').slice(0, 16)}`;

export function withoutSecrets(params) {
    const shown = {};
    for (const [name, value] of params instanceof URLSearchParams
        ? params
        : Object.entries(params ?? {})) {
        if (value !== undefined) {
            shown[name] = secret.has(name) ? digest(String(value)) : value;
        }
    }
    return shown;
}

export class Journal {
    entries = [];

    note(request, base) {
        const url = new URL(request.url, base);
        const entry = {
            method: request.method,
            path: url.pathname,
            params: withoutSecrets(url.searchParams),
            userAgent: request.headers['user-agent'],
        };
        const scheme = request.headers.authorization?.split(' ', 1)[0];
        if (scheme) {
            entry.authorization = scheme;
        }
        this.entries.push(entry);
        return entry;
    }

    of(path) {
        return this.entries.filter((entry) => entry.path === path);
    }

    count(path) {
        return this.of(path).length;
    }

    clear() {
        this.entries.length = 0;
    }
}
