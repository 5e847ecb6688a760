// The environment block of the tests and the demo, and the other end of it: what an upstream is
// told.

import { certificates } from '../op/certificates.mjs';
import { client as localClient } from '../op/provider.mjs';

export const sessionKey = 'e2eFirst4Kq8Zt1Vx7Lm3Rb9Wd5Hs2Nc6Jp0Gy';

// The environment block. `settings` replaces or adds directives: {timeout: '2s', base_url:
// 'https://…'}; a value of null leaves the directive out.
export function environment(provider, settings = {}, name = 'acme') {
    const client = provider.client ?? localClient;
    const directives = {
        url: provider.issuer,
        client_id: client.id,
        client_secret: `"${client.secret}"`,
        session_keys: `"literal:${sessionKey}"`,
        timeout: '1s',
        ...(provider.issuer.startsWith('http:') && { allow_http: 'on' }),
        ...(provider.issuer.startsWith('https:') && { trusted_certificate: certificates().caFile }),
        ...settings,
    };
    const lines = Object.entries(directives)
        .filter(([, value]) => value !== null)
        .map(([directive, value]) => `        ${directive} ${value};`);
    return `scalekit_environment ${name} {\n${lines.join('\n')}\n    }`;
}

// The identity headers among those of a request at the upstream, names without the prefix.
export function identityOf({ headers }) {
    return Object.fromEntries(
        Object.entries(headers)
            .filter(([name]) => name.startsWith('x-scalekit-'))
            .map(([name, value]) => [name.slice('x-scalekit-'.length), value]),
    );
}
