// Every page that a person may meet, on a desktop and on a phone, in light and in dark: accessible
// by the rules of axe-core, no wider than the window, no script, nothing from elsewhere.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { atEnd } from '../e2e/cleanup.mjs';
import { startSite } from '../e2e/site.mjs';
import { startApplication } from '../op/demo_app.mjs';
import { startProvider } from '../op/provider.mjs';
import { launch } from './chromium.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const provider = await startProvider({ login: 'page' });
atEnd(() => provider.close());
const browser = await launch();
atEnd(() => browser.close());
const application = await startApplication({ org_222: 'http://initech.app.localhost/' });
atEnd(() => application.close());
const site = await startSite({
    provider,
    locations: `location / { proxy_pass http://127.0.0.1:${application.port}; }`,
});

// The mean of red, green and blue, of 255: enough to tell light from dark.
const brightness = (color) =>
    color
        .match(/\d+/g)
        .slice(0, 3)
        .reduce((sum, part) => sum + Number(part) / 3, 0);

async function check(page, { scheme, heading }) {
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), heading);
    const facts = await page.evaluate(() => ({
        excess: document.documentElement.scrollWidth - innerWidth,
        scripts: document.scripts.length,
        back: getComputedStyle(document.body).backgroundColor,
    }));
    assert.deepEqual([facts.excess, facts.scripts], [0, 0], heading);
    assert.equal(brightness(facts.back) < 128, scheme === 'dark', `${heading}: ${facts.back}`);
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run());
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
    assert.deepEqual(found, [], heading);
    assert.ok(
        passes.some(({ id }) => id === 'color-contrast'),
        'contrast was judged',
    );
}

for (const [device, width, height] of [
    ['a desktop', 1200, 800],
    ['a phone', 375, 667],
]) {
    for (const scheme of ['light', 'dark']) {
        test(`on ${device} in ${scheme} colours every page is readable and accessible`, async () => {
            const context = await browser.newContext({
                viewport: { width, height },
                colorScheme: scheme,
            });
            const page = await context.newPage();
            const asked = new Set();
            page.on('request', (request) => asked.add(new URL(request.url()).origin));

            await page.goto(site.url('/'));
            await check(page, { scheme, heading: 'Sign in to Hooli' });
            await page.getByRole('button', { name: 'Cancel' }).click();
            await check(page, { scheme, heading: 'Sign-in did not work' });
            await page.getByRole('link', { name: 'Try again' }).click();
            await page.getByLabel('Dénpok').check();
            await page.getByRole('button', { name: 'Sign in', exact: true }).click();
            await check(page, { scheme, heading: 'Hello, Dénpok Singh, Jr.' });
            await page.goto(site.url('/auth/logout'));
            await check(page, { scheme, heading: 'Sign out' });
            await page.getByRole('button', { name: 'Sign out' }).click();
            await check(page, { scheme, heading: 'Signed out' });

            // An address of data: has the origin "null".
            const own = new Set([site.url(''), provider.url, 'null']);
            assert.deepEqual([...asked].filter((origin) => !own.has(origin)), []);
            await context.close();
        });
    }
}
