// Starts a real nginx with the module from a configuration that the test gives, in a temporary
// folder, and looks at what it left behind when it ends: a test file fails on an alert, a sanitizer
// report or a process that stays.
//
// NGINX_BINARY     the program, default /usr/sbin/nginx
// SCALEKIT_MODULE  the module to load, default build/module/ngx_http_scalekit_module.so; empty: it
// is built in

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const program = process.env.NGINX_BINARY || '/usr/sbin/nginx';
const build = resolve(process.env.BUILD || new URL('../../build', import.meta.url).pathname);
export const modulePath = process.env.SCALEKIT_MODULE ?? join(build, 'module/ngx_http_scalekit_module.so');

const trouble =
    /\[(alert|emerg)\]|exited on signal|Sanitizer|runtime error:|terminate called/;

function requireParts() {
    if (!existsSync(program)) {
        throw new Error(`There is no ${program}: install the package nginx, or set NGINX_BINARY.`);
    }
    if (modulePath && !existsSync(modulePath)) {
        throw new Error(`There is no ${modulePath}: run \`make\`, or set SCALEKIT_MODULE.`);
    }
}

// Polls until `condition` answers something true, and answers that.
export async function until(condition, what, timeout = 10_000) {
    const end = Date.now() + timeout;
    for (;;) {
        const result = await condition();
        if (result) {
            return result;
        }
        if (Date.now() > end) {
            throw new Error(`timed out waiting until ${what}`);
        }
        await sleep(10);
    }
}

// A port that nothing listens on, below the range from which the system takes ports of outgoing
// connections. Until this process ends it holds the UDP port of the same number: the sign for other
// test files, which run at the same time, that the port is taken.
export async function freePort() {
    for (;;) {
        const port = 12_000 + Math.floor(Math.random() * 18_000);
        const sign = dgram.createSocket('udp4').unref();
        const server = net.createServer();
        try {
            sign.bind({ port, address: '127.0.0.1', exclusive: true });
            await once(sign, 'listening');
            server.listen(port, '127.0.0.1');
            await once(server, 'listening');
            await new Promise((done) => server.close(done));
            return port;
        } catch {
            sign.close();
        }
    }
}

// Options: http (what goes inside http {}), port (one it listens on, to tell when it is up),
// workers (0 = a single process without a master), level (of the error log), main (lines outside
// http), events, connections (of a worker), files ({name: content} to put into the folder), wrap
// (program and arguments that start nginx and become it). Answers a running Nginx.
export async function startNginx(options) {
    requireParts();
    const nginx = new Nginx(options);
    try {
        await nginx.start(options.port);
    } catch (error) {
        nginx.child?.kill('SIGKILL');
        nginx.removeFolder();
        throw error;
    }
    return nginx;
}

// A test that is killed takes its servers along.
const running = new Set();
const endAll = () => running.forEach((child) => child.kill('SIGTERM'));
process.once('exit', endAll);
process.once('SIGTERM', () => process.exit(143));

class Nginx {
    constructor({
        http,
        workers = 1,
        level = 'info',
        main = '',
        events = '',
        connections = 2048,
        files = {},
        env = {},
        wrap = [],
    }) {
        this.folder = mkdtempSync(join(tmpdir(), 'scalekit-e2e-'));
        this.env = env;
        this.wrap = wrap;
        this.everSeen = new Set();
        for (const [name, content] of Object.entries(files)) {
            writeFileSync(join(this.folder, name), content);
        }
        this.write({ http, workers, level, main, events, connections });
    }

    // Writes nginx.conf; with reload() this is how a running server gets another one.
    write(options) {
        this.options = { ...this.options, ...options };
        const { http, workers, level, main, events, connections } = this.options;
        const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
        writeFileSync(
            join(this.folder, 'nginx.conf'),
            `
${modulePath ? `load_module "${modulePath}";` : ''}
${process.getuid() === 0 ? 'user root;' : ''}
daemon off;
master_process ${workers > 0 ? 'on' : 'off'};
worker_processes ${workers || 1};
pid ${this.folder}/nginx.pid;
error_log ${this.folder}/error.log ${level};
${main}
events { worker_connections ${connections}; ${events} }
http {
    access_log off;
    server_names_hash_bucket_size 128;
    proxy_headers_hash_bucket_size 128;
    ${temporary.map((name) => `${name}_temp_path ${this.folder}/${name};`).join('\n    ')}
    ${http.replaceAll('@FOLDER@', this.folder)}
}
`,
        );
    }

    async start(port) {
        this.output = '';
        const nginx = [program, '-p', this.folder, '-c', join(this.folder, 'nginx.conf')];
        const [command, ...args] = [...this.wrap, ...nginx];
        this.child = spawn(command, args, {
            stdio: ['ignore', 'pipe', 'pipe'],
            env: { ...process.env, ...this.env },
        });
        running.add(this.child);
        for (const stream of [this.child.stdout, this.child.stderr]) {
            stream.on('data', (chunk) => {
                this.output += chunk;
            });
        }
        this.ended = new Promise((done) => {
            this.child.once('exit', (code, signal) => {
                running.delete(this.child);
                this.exit = { code, signal };
                done(this.exit);
            });
        });
        await until(async () => {
            if (this.exit) {
                throw new Error(
                    `nginx did not start (${JSON.stringify(this.exit)}):\n${this.output}${this.log}`,
                );
            }
            return (
                (await accepts(port)) &&
                (this.options.workers === 0 || this.workerPids().length > 0)
            );
        }, 'nginx accepts connections');
    }

    get pid() {
        return this.child.pid;
    }

    workerPids() {
        if (this.options.workers === 0) {
            return [this.pid];
        }
        const pids = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')
            .split(' ')
            .filter(Boolean)
            .map(Number);
        pids.forEach((pid) => this.everSeen.add(pid));
        return pids;
    }

    // Open descriptors of each worker, resident kilobytes of all processes.
    fds() {
        return this.workerPids().map((pid) => readdirSync(`/proc/${pid}/fd`).length);
    }

    memory() {
        return [this.pid, ...this.workerPids()]
            .map((pid) =>
                Number(
                    /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0,
                ),
            )
            .reduce((sum, kilobytes) => sum + kilobytes, 0);
    }

    // Sends HUP and waits until the new workers are there. With `old: 'gone'` also until the old
    // ones have ended.
    async reload({ old = 'may stay' } = {}) {
        const before = this.workerPids();
        this.child.kill('SIGHUP');
        await until(
            () => this.workerPids().some((pid) => !before.includes(pid)),
            'new workers run',
        );
        if (old === 'gone') {
            await until(
                () => !this.workerPids().some((pid) => before.includes(pid)),
                'the old workers ended',
                30_000,
            );
        }
    }

    get log() {
        try {
            return readFileSync(join(this.folder, 'error.log'), 'utf8');
        } catch {
            return '';
        }
    }

    // The module's refusals so far, oldest first: {level, reason, environment, ref}.
    refusals() {
        const line =
            /\[(\w+)\] .*scalekit: refused: reason=(\w+) environment=(\S+) ref=([0-9a-f]{12})/g;
        return [...this.log.matchAll(line)].map(([, level, reason, environment, ref]) => ({
            level,
            reason,
            environment,
            ref,
        }));
    }

    // Waits for a refusal beyond the first `count`, and answers its reason. The log is written
    // before the answer, so this does not wait in practice.
    async reasonAfter(count) {
        return (
            await until(
                () => this.refusals()[count],
                `refusal number ${count + 1} is in the log`,
                2_000,
            )
        ).reason;
    }

    // Ends nginx gracefully and judges what it left: `expected` is a pattern of log lines that may
    // be there.
    async stop({ expected } = {}) {
        if (!this.exit) {
            this.workerPids();
            this.child.kill('SIGQUIT');
            const late = new AbortController();
            sleep(15_000, undefined, { signal: late.signal }).then(
                () => this.child.kill('SIGKILL'),
                () => {},
            );
            await this.ended;
            late.abort();
        }
        const { log, exit, output } = this;
        const survivors = this.survivors();
        this.removeFolder();
        assert.deepEqual(exit, { code: 0, signal: null }, `nginx ends on QUIT\n${output}`);
        assert.deepEqual(survivors, [], 'no process stays behind');
        const bad = `${log}\n${output}`
            .split('\n')
            .filter((line) => trouble.test(line) && !expected?.test(line));
        assert.deepEqual(bad.slice(0, 10), [], 'nothing alarming in the log');
    }

    // Workers of all generations that still run. A worker that ended may be a zombie for a moment.
    survivors() {
        return [...this.everSeen].filter((pid) => {
            try {
                const status = readFileSync(`/proc/${pid}/status`, 'utf8');
                return /^Name:\s+nginx/m.test(status) && !/^State:\s+Z/m.test(status);
            } catch {
                return false;
            }
        });
    }

    removeFolder() {
        rmSync(this.folder, { recursive: true, force: true });
    }
}

function accepts(port) {
    return new Promise((done) => {
        const socket = net.connect(port, '127.0.0.1', () => {
            socket.destroy();
            done(true);
        });
        socket.once('error', () => done(false));
    });
}
