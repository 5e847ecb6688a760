// A real browser, a real login page: what a person sees.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { atEnd } from '../e2e/cleanup.mjs';
import { startSite } from '../e2e/site.mjs';
import { startProvider } from '../op/provider.mjs';
import { launch } from './chromium.mjs';

const provider = await startProvider({ login: 'page' });
atEnd(() => provider.close());
const browser = await launch();
atEnd(() => browser.close());

const tenants = 'map $host $org { hooli.app.localhost org_111; initech.app.localhost org_222; }';
const site = await startSite({
    provider,
    http: tenants,
    server: 'scalekit_organization_id $org;',
    settings: { timeout: '10s' },
    locations: (it) => `
    location / { ${it.proxyPass} }
    location /page { default_type text/html; ${it.proxyPass} }`,
});
const hooli = (path) => site.url(path, 'hooli.app.localhost');
const initech = (path) => site.url(path, 'initech.app.localhost');

// Runs `action` with a page of a fresh person: no cookies, no history. Script errors and refused
// content fail the test.
async function withPerson(action) {
    const context = await browser.newContext();
    const problems = [];
    context.on('console', (message) => {
        if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text())) {
            problems.push(message.text());
        }
    });
    try {
        await action(await context.newPage(), context);
        assert.deepEqual(problems, []);
    } finally {
        await context.close();
    }
}

const signIn = async (page, name) => {
    await page.getByLabel(name).check();
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};

const echoed = async (page) => JSON.parse(await page.locator('body').innerText());

test("a person signs in on the provider's page and lands on the deep link with its query", async () => {
    await withPerson(async (page, context) => {
        await page.goto(hooli('/reports/q1?year=2026&tags=a%26b'));
        assert.ok(page.url().startsWith(provider.url), "the login page is the provider's");
        assert.equal(await page.getByRole('heading').innerText(), 'Sign in to Hooli');
        await signIn(page, 'Dénpok');
        await page.waitForURL(hooli('/reports/q1?year=2026&tags=a%26b'));
        const seen = await echoed(page);
        assert.equal(seen.url, '/reports/q1?year=2026&tags=a%26b');
        assert.equal(seen.headers['x-scalekit-sub'], 'conn_hooli;denpok');
        assert.equal(seen.headers['x-scalekit-org-id'], 'org_111');
        assert.equal(
            await page.evaluate(() => document.cookie),
            '',
            'no cookie of ours is visible to scripts',
        );
        const [session] = (await context.cookies(hooli('/'))).filter(
            (cookie) => cookie.name === 'sk_session',
        );
        assert.deepEqual([session.httpOnly, session.sameSite, session.path], [true, 'Lax', '/']);
    });
});

test('two tabs begin to sign in at once and both end on their own page', async () => {
    await withPerson(async (first, context) => {
        const second = await context.newPage();
        await Promise.all([first.goto(hooli('/first?a=1')), second.goto(hooli('/second?b=2'))]);
        await signIn(second, 'Gavin');
        await second.waitForURL(hooli('/second?b=2'));
        await signIn(first, 'Gavin');
        // Should the tabs' first answers have crossed, the first tab is asked once more.
        await first.waitForURL(
            (url) => url.href === hooli('/first?a=1') || url.pathname.startsWith('/interaction/'),
        );
        assert.equal((await echoed(second)).headers['x-scalekit-sub'], 'conn_hooli;gavin');
        assert.equal((await echoed(first)).url, '/first?a=1');
    });
});

test('signing out asks, ends the session, and the next visit is a login again', async () => {
    await withPerson(async (page) => {
        await page.goto(hooli('/'));
        await signIn(page, 'Gavin');
        await page.waitForURL(hooli('/'));
        await page.goto(hooli('/auth/logout'));
        await page.getByRole('button').click();
        await page.getByRole('heading', { name: 'Signed out' }).waitFor();
        await page.goto(hooli('/again'));
        assert.ok(page.url().startsWith(provider.url), 'the login page again');
    });
});

test('cancelling at the provider shows a readable page with a way to try again', async () => {
    await withPerson(async (page) => {
        await page.goto(hooli('/wanted?x=1'));
        await page.getByRole('button', { name: 'Cancel' }).click();
        await page.waitForURL((url) => url.href.startsWith(hooli('/auth/callback')));
        assert.ok((await page.getByRole('heading').innerText()).length > 5);
        assert.match(
            await page.locator('body').innerText(),
            /[0-9a-f]{12}/,
            'a reference to tell the administrator',
        );
        await page.getByRole('link').first().click();
        await page.waitForURL((url) => url.origin === provider.url);
        await signIn(page, 'Gavin');
        await page.waitForURL((url) => url.href.startsWith(hooli('/')));
    });
});

test('a script of the page gets the session as JSON, and 401 instead of a redirect without one', async () => {
    await withPerson(async (page) => {
        await page.goto(hooli('/page'));
        await signIn(page, 'Gavin');
        await page.waitForURL(hooli('/page'));
        const session = await page.evaluate(() =>
            fetch('/auth/session').then((response) => response.json()),
        );
        assert.deepEqual(
            [session.user.email, session.organization],
            ['gavin@hooli.example', 'org_111'],
        );
        await page.evaluate(() => fetch('/auth/logout', { method: 'POST' }));
        const status = await page.evaluate(() =>
            fetch('/api/data').then((response) => response.status),
        );
        assert.equal(status, 401);
    });
});

test('one person in two tenants has a session at each, and each sees its own organization', async () => {
    await withPerson(async (page) => {
        await page.goto(hooli('/'));
        await signIn(page, 'Gavin');
        await page.waitForURL(hooli('/'));
        await page.goto(initech('/'));
        await signIn(page, 'Peter');
        await page.waitForURL(initech('/'));
        assert.equal((await echoed(page)).headers['x-scalekit-org-id'], 'org_222');
        await page.goto(hooli('/back'));
        assert.equal((await echoed(page)).headers['x-scalekit-org-id'], 'org_111');
    });
});
