// What `make demo` prints, and when it ends.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import { Browser } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';

// A running demo: what it printed so far, and its end.
function startDemo(env = {}) {
    const program = fileURLToPath(new URL('../op/demo.mjs', import.meta.url));
    const child = spawn(process.execPath, [program], { env: { ...process.env, ...env } });
    const demo = { child, output: '', errors: '' };
    child.stdout.on('data', (text) => (demo.output += text));
    child.stderr.on('data', (text) => (demo.errors += text));
    atEnd(async () => child.kill('SIGKILL'));
    demo.ended = new Promise((resolve) => child.once('close', resolve));
    return demo;
}

test('outside a terminal the demo signs in, prints what the application received, and ends', async () => {
    const demo = startDemo();
    assert.equal(await demo.ended, 0, demo.errors);
    assert.equal(demo.errors, '');
    assert.match(demo.output, /^ {2}GET \/reports\?quarter=3\n {2}X-Scalekit-Sub: conn_hooli;gavin$/m);
    assert.match(demo.output, /^ {2}X-Scalekit-Org-Id: org_111$/m);
    assert.match(demo.output, /\nSigned in\.\n$/);
    assert.ok(demo.output.split('\n').length < 60, 'it fits a screen or two');
});

test('where it stays up, the demo shows a login page and ends on Ctrl-C', async () => {
    const demo = startDemo({ DEMO_STAY: '1' });
    await until(() => demo.output.includes('Ctrl-C ends it.'), 'the demo is up', 60_000);
    const address = /^ {2}(http:\/\/initech\.localhost:\d+\/) /m.exec(demo.output)[1];
    const page = await new Browser().visit(address);
    assert.match(page.text, /<h1>Sign in to Initech<\/h1>/);
    demo.child.kill('SIGINT');
    assert.equal(await demo.ended, 0, demo.errors);
});
