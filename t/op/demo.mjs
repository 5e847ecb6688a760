// What `make demo` runs: a local provider, an application, and nginx with the module between them.
// Signs a person in and prints the way there and what the application received. In a terminal (or
// with DEMO_STAY=1) it stays up for a browser.

import { Browser, parseSetCookie } from '../e2e/browser.mjs';
import { environment, sessionKey } from '../e2e/conf.mjs';
import { freePort, startNginx } from '../e2e/harness.mjs';
import { startApplication } from './demo_app.mjs';
import { startProvider } from './provider.mjs';

const terminal = process.stdout.isTTY;
const stay = terminal || process.env.DEMO_STAY === '1';
const bold = (text) => (terminal ? `\x1b[1m${text}\x1b[0m` : text);
const heading = (text) => console.log(`\n${bold(text)}`);
const say = (...lines) => lines.forEach((line) => console.log(`  ${line}`));

const deepLink = '/reports?quarter=3';

function configuration(provider, application, port) {
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
        location / { proxy_pass http://127.0.0.1:${application.port}; }
    }`;
}

// An URL without its query, or with the one parameter that matters.
function brief(url, parameter) {
    const { origin, pathname, search, searchParams } = new URL(url);
    const value = searchParams.get(parameter);
    const query = value ? `?…&${parameter}=${value}` : search && '?…';
    return `${origin}${pathname}${query}`;
}

const cookiesOf = (step) =>
    step.setCookies
        .map(parseSetCookie)
        .filter(({ attributes }) => attributes['max-age'] !== '0')
        .map(({ name, attributes }) => `${name}${attributes.httponly ? ' (HttpOnly)' : ''}`)
        .join(', ');

// Signs in as a browser does, and tells the way: nginx, the provider, nginx again.
async function signIn(url, provider) {
    const last = await new Browser().visit(url);
    const [exchange] = provider.journal.of('/oauth/token');
    if (last.status !== 200 || exchange?.status !== 200) {
        throw new Error(`signing in ended with ${last.status} at ${last.url}\n${last.text}`);
    }
    const first = last.steps[0];
    const atProvider = last.steps.filter((step) => step.url.startsWith(provider.url));
    const callback = last.steps.at(-2);
    heading('What a browser goes through');
    say(`GET ${url}`);
    say(`    ${first.status}: no session yet, so nginx sends it to the provider.`);
    say(`    Cookie: ${cookiesOf(first)}`);
    say(`GET ${brief(atProvider[0].url, 'organization_id')}`);
    say(`    ${atProvider.at(-1).status}: the provider signs the person in and sends the browser back.`);
    say(`GET ${brief(callback.url)}`);
    say(`    ${callback.status}: nginx fetched the ID token for the code, and verified it.`);
    say(`    Cookie: ${cookiesOf(callback)}`);
    say(`GET ${last.url}`);
    say(`    ${last.status}: the application answers.`);
}

const closers = [];
let status = 1;
try {
    const provider = await startProvider({ login: 'auto' });
    closers.push(() => provider.close());
    const port = await freePort();
    const [hooli, initech] = ['hooli', 'initech'].map((name) => `http://${name}.localhost:${port}`);
    const application = await startApplication({ org_111: `${hooli}/`, org_222: `${initech}/` });
    closers.push(() => application.close());
    const http = configuration(provider, application, port);
    const nginx = await startNginx({ http, port });
    closers.push(() => nginx.stop());

    heading(`The configuration, from ${nginx.folder}/nginx.conf`);
    console.log(http.replace(sessionKey, '…').replaceAll(/client_secret .*/g, 'client_secret …;'));
    await signIn(hooli + deepLink, provider);

    const { line, identity } = application.requests.at(-1);
    heading('What the application received');
    say(line, ...identity.map(([name, value]) => `${name}: ${value}`));
    if (line !== `GET ${deepLink}` || Object.fromEntries(identity)['X-Scalekit-Org-Id'] !== 'org_111') {
        throw new Error('That is not what was asked for.');
    }
    console.log('\nSigned in.');
    if (stay) {
        provider.control.login('page');
        heading('Now you, in a browser on this machine');
        say(`${bold(`${hooli}/`)}     sign in as one of Hooli's people`);
        say(`${bold(`${initech}/`)}   the same site for another organization`);
        console.log('\nCtrl-C ends it.');
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
