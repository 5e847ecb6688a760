// What `make demo` runs: a local provider, an upstream that echoes, and nginx with the module
// between them. Signs a person in, prints every step and what the upstream received. In a terminal
// (or with DEMO_STAY=1) it stays up for a browser.

import { Browser, parseSetCookie } from '../e2e/browser.mjs';
import { environment, identityOf, sessionKey } from '../e2e/conf.mjs';
import { freePort, startNginx } from '../e2e/harness.mjs';
import { startUpstream } from '../e2e/upstream.mjs';
import { startProvider } from './provider.mjs';

const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const stay = process.stdout.isTTY || process.env.DEMO_STAY === '1';

// The page that a person sees in a browser: what the upstream was told about them.
function page(headers) {
    const rows = Object.entries(identityOf({ headers }))
        .map(([name, value]) => `<tr><th>${name}<td>${escape(value)}`)
        .join('\n');
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Signed in</title></head>
<body><h1>Hello, ${escape(headers['x-scalekit-name'] ?? 'nobody')}</h1>
<table>${rows}</table>
<form method="post" action="/auth/logout"><p><button>Sign out</button></p></form></body></html>`;
}

const escape = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

function configuration(provider, upstream, port) {
    return `
    ${environment(provider)}
    map $host $org {
        hooli.localhost    org_111;
        initech.localhost  org_222;
    }
    server {
        listen 127.0.0.1:${port};
        server_name hooli.localhost initech.localhost;
        scalekit_auth acme;
        scalekit_organization_id $org;
        location / { proxy_pass http://127.0.0.1:${upstream.port}; }
    }`;
}

// URLs with the long random parts shortened, so that a step fits a line or two.
const shorten = (url) =>
    url.replace(/([?&](?:state|code|nonce|code_challenge)=)([^&]{12})[^&]+/g, '$1$2…');

function printStep(number, step) {
    const { host, pathname, search } = new URL(step.url);
    console.log(`\n${bold(`${number}. GET ${pathname}${shorten(search)}`)}\n   Host: ${host}`);
    console.log(`   -> ${step.status}`);
    if (step.location) {
        console.log(`   -> Location: ${shorten(step.location)}`);
    }
    for (const { name, value, attributes } of step.setCookies.map(parseSetCookie)) {
        console.log(
            `   -> Set-Cookie: ${name} (${value ? `${value.length} characters` : 'deleted'}${attributes.httponly ? ', HttpOnly' : ''})`,
        );
    }
}

async function signIn(url, provider) {
    const last = await new Browser().visit(url);
    last.steps.forEach((step, index) => printStep(index + 1, step));
    const exchanged = provider.journal.of('/oauth/token').at(-1);
    console.log(`\n${bold('Behind the scenes')}: nginx asked the provider for`);
    for (const path of ['/.well-known/openid-configuration', '/keys', '/oauth/token']) {
        console.log(`   ${path} ${provider.journal.count(path)}x`);
    }
    if (last.status !== 200 || exchanged?.status !== 200) {
        throw new Error(`signing in ended with ${last.status} at ${last.url}\n${last.text}`);
    }
    return last.json;
}

const closers = [];
let status = 1;
try {
    const provider = await startProvider({ login: 'auto' });
    closers.push(() => provider.close());
    const upstream = await startUpstream({ '/': page });
    closers.push(() => upstream.close());
    const port = await freePort();
    const nginx = await startNginx({ http: configuration(provider, upstream, port), port });
    closers.push(() => nginx.stop());

    console.log(`${bold('The configuration')} (in ${nginx.folder}/nginx.conf)`);
    console.log(
        configuration(provider, upstream, port)
            .replace(sessionKey, '…')
            .replaceAll(/client_secret .*/g, 'client_secret …;'),
    );
    const seen = await signIn(`http://hooli.localhost:${port}/reports?quarter=3`, provider);

    console.log(`\n${bold('The upstream received')}\n   ${seen.method} ${seen.url}`);
    for (const [name, value] of Object.entries(identityOf(seen))) {
        console.log(`   X-Scalekit-${name}: ${value}`);
    }
    if (seen.url !== '/reports?quarter=3' || identityOf(seen)['org-id'] !== 'org_111') {
        throw new Error('that is not what was asked for');
    }
    console.log('\nSigned in.');
    if (stay) {
        provider.control.login('page');
        console.log(
            `\nIn a browser on this machine: ${bold(`http://hooli.localhost:${port}/`)} or http://initech.localhost:${port}/`,
        );
        console.log('Ctrl-C ends it.');
        await new Promise((resolve) =>
            ['SIGINT', 'SIGTERM'].forEach((signal) => process.once(signal, resolve)),
        );
    }
    status = 0;
} catch (error) {
    console.error(error.message);
}
for (const close of closers.reverse()) {
    await close().catch((error) => {
        console.error(error.message);
        status = 1;
    });
}
process.exitCode = status;
