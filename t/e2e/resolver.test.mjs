// A provider whose name is to be resolved by a name server that does not answer. nginx runs in a
// mount namespace of its own here, in which the system's resolver knows that name server alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { cpuTime, threads } from './proc.mjs';
import { assertNoSession, hostileLogin, startSite } from './site.mjs';
import { aloneSlack as slack, slow, timed } from './timing.mjs';

const timeout = 1_000;
const resolverTimeout = 2; // seconds: the resolver gives up long after the module

// A name server on a loopback address that answers 127.0.0.1 for the names in `known` and nothing
// at all for others.
async function startNameServer() {
    const random = () => 1 + Math.floor(Math.random() * 250);
    const address = `127.${random()}.${random()}.${random()}`;
    const socket = dgram.createSocket('udp4');
    const server = { address, known: new Set(), asked: [], close: async () => socket.close() };
    socket.on('message', (query, peer) => {
        const { name, end, type } = question(query);
        if (type === 1) {
            server.asked.push(name); // once for a name: AAAA is asked for only where there is IPv6
        }
        if (server.known.has(name)) {
            socket.send(answerTo(query, end, type), peer.port, peer.address);
        }
    });
    await new Promise((resolve, reject) => {
        socket.once('error', reject).bind(53, address, resolve);
    }).catch((error) => {
        throw new Error(
            `This test is a name server on port 53 of a loopback address (${error.code}): run it ` +
                'as root, or set the sysctl net.ipv4.ip_unprivileged_port_start to 53.',
        );
    });
    atEnd(server.close);
    return server;
}

function question(query) {
    const labels = [];
    let at = 12;
    for (; query[at] !== 0; at += 1 + query[at]) {
        labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    }
    return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

// RFC 1035: the question again, and for a question of type A one record, valid for 0 seconds.
function answerTo(query, end, type) {
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
    const reply = Buffer.concat([query.subarray(0, end), ...(type === 1 ? [record] : [])]);
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(1, 4);
    reply.writeUInt16BE(type === 1 ? 1 : 0, 6);
    reply.writeUInt32BE(0, 8);
    return reply;
}

// The command that starts a program where `nameServer` is all that the resolver knows.
function isolated(nameServer) {
    const folder = mkdtempSync(join(tmpdir(), 'scalekit-resolver-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const file = (name, content) => {
        const path = join(folder, name);
        writeFileSync(path, content);
        return path;
    };
    const resolv = file(
        'resolv.conf',
        `nameserver ${nameServer.address}\nsearch .\noptions timeout:${resolverTimeout} attempts:1\n`,
    );
    const nsswitch = file('nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
    const hosts = file('hosts', '127.0.0.1 localhost\n');
    const asRoot = process.getuid() === 0;
    // A program that is not root here is not to find itself root there.
    const back = asRoot
        ? ''
        : `unshare --user --map-user=${process.getuid()} --map-group=${process.getgid()}`;
    const script =
        'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/nsswitch.conf && ' +
        `mount --bind "$3" /etc/hosts && shift 3 && exec ${back} "$@"`;
    const wrap = ['unshare', asRoot ? '-m' : '-rm', 'sh', '-ec', script, 'sh'];
    wrap.push(resolv, nsswitch, hosts);
    try {
        execFileSync(wrap[0], [...wrap.slice(1), 'true'], { stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
        throw new Error(
            'This test gives nginx a resolver of its own: it needs the programs unshare and mount ' +
                'and the right to make a mount namespace, as root or by user namespaces ' +
                `(in a container: the capability SYS_ADMIN).\n${error.stderr ?? error}`,
        );
    }
    return wrap;
}

// A hostile provider that calls itself by a name, its token endpoint by another.
const nameServer = await startNameServer();
const hostile = await startHostile();
atEnd(() => hostile.close());
const { port } = new URL(hostile.url);
hostile.issuer = `http://login.provider.test:${port}`;
hostile.bend.discovery = (document) => ({
    ...JSON.parse(JSON.stringify(document).replaceAll(hostile.url, hostile.issuer)),
    token_endpoint: `http://token.provider.test:${port}/oauth/token`,
});
const site = await startSite({
    provider: hostile,
    wrap: isolated(nameServer),
    locations: (it) =>
        `location / { ${it.proxyPass} } location /open { scalekit_auth off; ${it.proxyPass} }`,
});
const worker = () => site.nginx.workerPids()[0];
const idleThreads = 1; // nginx's own

// Watches the worker while `pending` goes on: other requests are answered at once, and the worker
// does not spin.
async function watch(pending) {
    let done = false;
    const ended = pending.finally(() => {
        done = true;
    });
    const [start, used] = [performance.now(), cpuTime(worker())];
    let [most, rounds] = [0, 0];
    while (!done) {
        const [other, elapsed] = await timed(() => send(site.url('/open')));
        assert.equal(other.status, 200);
        assert.ok(elapsed < slack, `another request took ${Math.round(elapsed)} ms`);
        most = Math.max(most, threads(worker()));
        rounds += 1;
        await sleep(20);
    }
    const busy = (cpuTime(worker()) - used) / (performance.now() - start);
    assert.ok(rounds > 5, 'there was something to watch');
    assert.ok(most > idleThreads, 'a resolver was at work beside the worker');
    assert.ok(busy < 0.3 * slow, `the worker used ${Math.round(busy * 100)} % of a processor`);
    return ended;
}

const threadsGone = () =>
    until(
        () => threads(worker()) === idleThreads,
        'the threads of the resolver ended',
        (2 * resolverTimeout + 4) * 1_000 * slow, // newer libcurl keeps an idle one for 2 s
    );

test('with a name server that is silent a login is refused in time, and nobody else notices', async () => {
    const [answer, elapsed] = await watch(timed(() => site.browser().navigate(site.url('/'))));
    assert.ok([503, 504].includes(answer.status), `status ${answer.status}`);
    assertNoSession(site, answer);
    assert.ok(elapsed < timeout + slack, `it took ${Math.round(elapsed)} ms`);
    assert.ok(nameServer.asked.includes('login.provider.test'), 'the name server was asked');
    assert.deepEqual(hostile.counts, {}, 'there was no other way to the provider');
});

test('when the name server answers again, so does the module', async () => {
    nameServer.known.add('login.provider.test').add('token.provider.test');
    await until(
        async () => (await site.browser().navigate(site.url('/'))).status === 302,
        'logins begin',
        20_000 * slow,
    );
    nameServer.known.delete('token.provider.test');
    await threadsGone();
});

test('the token endpoint cannot be resolved: 20 logins end in time, and no thread stays', async () => {
    const callbacks = await Promise.all(
        Array.from({ length: 20 }, async () => {
            const browser = site.browser();
            const start = await browser.navigate(site.url('/'));
            return () => browser.navigate(hostile.authorize(start.location));
        }),
    );
    const [answers, elapsed] = await watch(
        timed(() => Promise.all(callbacks.map((callback) => callback()))),
    );
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [504]);
    assert.ok(elapsed < timeout + 2 * slack, `the last took ${Math.round(elapsed)} ms`);
    assert.equal(hostile.counts.token ?? 0, 0);
    await threadsGone();
});

test('a worker that waits for the name server leaves when it is told to', async () => {
    const browser = site.browser();
    const start = await browser.navigate(site.url('/'));
    const before = nameServer.asked.length;
    const pending = browser.navigate(hostile.authorize(start.location));
    await until(() => nameServer.asked.length > before, 'the name server is asked');
    const [, elapsed] = await timed(() => site.nginx.reload({ old: 'gone' }));
    assert.equal((await pending).status, 504);
    assert.ok(elapsed < timeout + 5 * slack, `the old worker stayed for ${Math.round(elapsed)} ms`);
    nameServer.known.add('token.provider.test');
    assert.equal((await hostileLogin(site, site.browser())).status, 302);
});

test('30 logins that wait for the name server leave one more the means to ask it', async () => {
    const logins = 30;
    nameServer.known.delete('token.provider.test');
    await site.nginx.reload({ old: 'gone' }); // the new worker has no connection to it yet
    const callbacks = await Promise.all(
        Array.from({ length: logins }, async () => {
            const browser = site.browser();
            const start = await browser.navigate(site.url('/'));
            return () => browser.navigate(hostile.authorize(start.location));
        }),
    );
    nameServer.asked.length = 0;
    const pending = Promise.all(callbacks.map((callback) => callback()));
    await until(() => nameServer.asked.length >= logins, 'all of them ask');
    nameServer.known.add('token.provider.test');
    const [answer, elapsed] = await timed(() => hostileLogin(site, site.browser()));
    assert.equal(answer.status, 302);
    assert.ok(elapsed < 2 * slack, `it took ${Math.round(elapsed)} ms`);
    await pending; // newer libcurl lets them share the answer
    await threadsGone();
});
