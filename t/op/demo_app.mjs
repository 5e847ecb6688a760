// The application of the demo. It has no sign-in of its own: whoever reaches it was signed in by
// nginx, and the request's headers say who that is.

import http from 'node:http';

import { organizationById } from './directory.mjs';
import { escape, initials, page } from './page.mjs';

const policy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'";

// Answers {port, requests, close}; a request is {line, identity}, where `identity` lists the
// X-Scalekit headers as they were sent. `sites` are the addresses by organization.
export async function startApplication(sites) {
    const requests = [];
    const server = http.createServer((request, response) => {
        const seen = { line: `${request.method} ${request.url}`, identity: identityOf(request) };
        requests.push(seen);
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.setHeader('content-security-policy', policy);
        response.end(signedInPage(seen, sites));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () =>
        new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections();
        });
    return { port: server.address().port, requests, close };
}

function identityOf({ rawHeaders }) {
    const list = [];
    for (let index = 0; index < rawHeaders.length; index += 2) {
        if (/^x-scalekit-/i.test(rawHeaders[index])) {
            list.push([rawHeaders[index], rawHeaders[index + 1]]);
        }
    }
    return list;
}

const style = `
header { background: var(--card); border-bottom: 1px solid var(--line) }
header > div, main { width: 100%; max-width: 50rem; margin: 0 auto; padding: .75rem 1.5rem }
header > div { display: flex; align-items: center; gap: .75rem }
header .name { flex: 1; font-weight: 600; font-size: 1.125rem }
main { padding-top: 2.5rem; padding-bottom: 3rem }
.hello { display: flex; align-items: center; gap: 1rem; margin-bottom: 1.25rem }
.hello .avatar { width: 3.5rem; height: 3.5rem; font-size: 1.25rem }
.hello p { overflow-wrap: anywhere }
section { margin-top: 1.75rem; padding: 1.5rem }
h2 { font-size: 1.125rem; line-height: 1.35 }
h2 + p { margin: .25rem 0 1rem }
dl { margin: 0 }
dl div { display: grid; grid-template-columns: 16rem 1fr; gap: 0 1rem; padding: .5rem 0; border-top: 1px solid var(--line) }
dd { margin: 0; overflow-wrap: anywhere }
ul { margin: .5rem 0 0; padding: 0; list-style: none }
li a { display: block; padding: .625rem 0 }
li + li { border-top: 1px solid var(--line) }
@media (max-width: 40rem) {
    header > div, main { padding-left: 1rem; padding-right: 1rem }
    main { padding-top: 1.5rem }
    section { padding: 1.25rem 1rem }
    dl div { grid-template-columns: 1fr }
}`;

function signedInPage({ line, identity }, sites) {
    // nginx percent-encodes what is not ASCII, unless it is configured to send UTF-8.
    const told = Object.fromEntries(
        identity.map(([name, value]) => [
            name.slice('X-Scalekit-'.length),
            decodeURIComponent(value),
        ]),
    );
    const person = told.Name ?? told.Email ?? told.Sub ?? 'nobody';
    const organization = organizationById(told['Org-Id'])?.name ?? 'The application';
    const links = [
        ['/reports?quarter=3', 'Another page of this site'],
        ['/auth/session', 'Your session as JSON, as scripts of this site get it'],
    ];
    for (const [id, site] of Object.entries(sites)) {
        if (id !== told['Org-Id']) {
            const { name } = organizationById(id);
            links.push([site, `The site of ${name}, where other people sign in`]);
        }
    }
    const email = told.Email ? `<p class="soft">${escape(told.Email)}</p>` : '';
    const rows = [['Request', line], ...identity].map(
        ([name, value]) => `
      <div><dt class="soft"><code>${escape(name)}</code></dt><dd><code>${escape(value)}</code></dd></div>`,
    );
    const items = links.map(
        ([address, text]) => `
      <li><a href="${escape(address)}">${escape(text)}</a></li>`,
    );
    return page({
        title: `${organization}: signed in as ${person}`,
        style,
        body: `
<header><div>
  <span class="mark" aria-hidden="true">${escape(organization.slice(0, 1))}</span>
  <span class="name">${escape(organization)}</span>
  <form method="post" action="/auth/logout"><button>Sign out</button></form>
</div></header>
<main>
  <div class="hello">
    <span class="avatar" aria-hidden="true">${escape(initials(person))}</span>
    <div><h1>Hello, ${escape(person)}</h1>${email}</div>
  </div>
  <p>nginx signed you in before your request came here. This application contains no code for that: it
    reads who you are from the request.</p>
  <section class="card">
    <h2>What the application received</h2>
    <p class="soft">No client can forge these headers: nginx removes any that a client sends.</p>
    <dl>${rows.join('')}
    </dl>
  </section>
  <section class="card">
    <h2>Try this next</h2>
    <ul>${items.join('')}
    </ul>
  </section>
</main>`,
    });
}
