// The module's version, wherever a person or a program may look for it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { startProvider } from '../op/provider.mjs';
import { atEnd } from './cleanup.mjs';
import { modulePath, program } from './harness.mjs';
import { login, startSite } from './site.mjs';

const provider = await startProvider();
atEnd(() => provider.close());

// What `strings` would find in the module, or in nginx where the module is linked into it.
const binary = readFileSync(modulePath || program).toString('latin1');
const inBinary = new Set(binary.match(/nginx-scalekit\/\d+\.\d+\.\d+/g));
const [product] = inBinary;

const versionLines = (site) => site.nginx.log.match(/^.*scalekit: nginx-scalekit\/.*$/gm) ?? [];

test('the module holds its version as text, once', () => {
    assert.equal(inBinary.size, 1, [...inBinary].join(' '));
});

test('a start and a reload log the versions once each, whatever the number of workers', async () => {
    const site = await startSite({ provider, workers: 3, level: 'notice' });
    const [line] = versionLines(site);
    const nginx = /nginx\/[\d.]+/.exec(spawnSync(program, ['-v']).stderr)[0];
    assert.match(line, /\[notice\]/);
    assert.ok(line.includes(`scalekit: ${product}, built for ${nginx}, using libcurl/`), line);
    assert.match(line, /using libcurl\/\d+\.\d+\.\d+\S* and OpenSSL\/3\.\d+\.\d+\S*$/);
    assert.equal(versionLines(site).length, 1);
    await site.nginx.reload({ old: 'gone' });
    assert.equal(versionLines(site).length, 2);
});

test('nginx -t logs no version', async () => {
    const site = await startSite({ provider, level: 'notice' });
    const { folder } = site.nginx;
    const { status } = spawnSync(program, ['-t', '-p', folder, '-c', `${folder}/nginx.conf`]);
    assert.equal(status, 0);
    assert.equal(versionLines(site).length, 1, 'the line of the start alone');
});

test('every request to the provider names the module and its version', async () => {
    const site = await startSite({ provider });
    await login(site.browser(), site.url('/page'));
    for (const path of ['/.well-known/openid-configuration', '/keys', '/oauth/token']) {
        const agents = new Set(provider.journal.of(path).map(({ userAgent }) => userAgent));
        assert.deepEqual([...agents], [product], path);
    }
});
