// Holds a worker of nginx at a point of the module, so that it is killed there and not by chance.

import { spawn } from 'node:child_process';

import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';

// Lets `pid` run until it has come to `place`, and holds it there:
//   from    a function of the module (without its namespace) that it has to enter first
//   locked  true: go on until it has the lock of the shared memory
//   at      a function that it has to enter then
//   returns true: go on until it has left that function
//   changes an expression of the function where it is by then, whose value has to change
// Answers {held, kill}: held is a promise.
export async function holdWorker(pid, { from, locked, at, returns, changes }) {
    const gdb = spawn('gdb', ['-nx', '-nh', '-q', '-iex', 'set debuginfod enabled off'], {
        stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    let failure;
    gdb.once('error', (error) => {
        failure = `gdb did not start, install the package gdb: ${error.message}`;
    });
    for (const stream of [gdb.stdout, gdb.stderr]) {
        stream.on('data', (chunk) => {
            output += chunk;
        });
    }
    gdb.stdin.on('error', () => {});
    const function_ = (name) => `scalekit::${name}`;
    gdb.stdin.write(
        [
            'set pagination off',
            'set confirm off',
            `attach ${pid}`,
            'set scheduler-locking step',
            `tbreak ${function_(from)}`,
            'echo <ready>\\n',
            'continue',
            ...(locked ? ['tbreak ngx_shmtx_lock', 'continue', 'finish'] : []),
            ...(at ? [`tbreak ${function_(at)}`, 'continue'] : []),
            ...(returns ? ['finish'] : []),
            ...(changes ? [`watch -l ${changes}`, 'continue'] : []),
            'echo <held>\\n',
            '',
        ].join('\n'),
    );
    const letGo = () => gdb.kill('SIGKILL');
    atEnd(async () => letGo());
    const said = async (what) => {
        const ended = () => failure || gdb.exitCode !== null || output.includes(what);
        await until(ended, `gdb says ${what}`, 60_000).catch((error) => {
            failure = `${error.message}: ${output}`;
        });
        if (failure || !output.includes(what)) {
            letGo();
            throw new Error(failure ?? output);
        }
    };
    await said('<ready>');
    const remedies = [
        [
            /not permitted|could not attach/i,
            'gdb may not attach to nginx: run this as root, or with kernel.yama.ptrace_scope=0, and give a container SYS_PTRACE',
        ],
        [/not defined|no symbol/i, `gdb does not find ${from}: build the module with -g`],
    ];
    for (const [pattern, remedy] of remedies) {
        if (pattern.test(output)) {
            letGo();
            throw new Error(`${remedy}\n${output}`);
        }
    }
    return {
        held: said('<held>'),
        kill() {
            process.kill(pid, 'SIGKILL');
            letGo();
        },
    };
}
