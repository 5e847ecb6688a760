// Moves the clocks of a running nginx, so that hours pass in a test: see t/tools/clock.c. Timers
// that are due go off when nginx wakes up, so a move is followed by a request.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { atEnd } from './cleanup.mjs';

export const minutes = 60_000;
export const hours = 60 * minutes;

const source = fileURLToPath(new URL('../tools/clock.c', import.meta.url));
// The preloader splits its list at spaces, which the build folder's name may have.
const folder = mkdtempSync(join(tmpdir(), 'scalekit-clock-'));
const library = join(folder, 'clock.so');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
execFileSync(process.env.CXX || 'g++', [
    ...['-x', 'c', '-O1', '-Wall', '-Werror', '-shared', '-fPIC'],
    ...['-o', library, source],
]);

let clocks = 0;

// Answers the `wrap` of startNginx or startSite, and what moves that nginx's clocks.
export function startClock() {
    clocks += 1;
    const file = join(folder, `offsets-${clocks}`);
    const fd = openSync(file, 'w');
    atEnd(async () => closeSync(fd));

    const clock = { day: 0, monotonic: 0 };
    const write = () =>
        writeSync(fd, new BigInt64Array([BigInt(clock.day), BigInt(clock.monotonic)]), 0, 16, 0);
    write();
    return {
        wrap: ['env', `LD_PRELOAD=${library}`, `SCALEKIT_TEST_CLOCK=${file}`],
        // Milliseconds since 1970, as nginx sees it.
        now: () => Date.now() + clock.day,
        // Time passes.
        forward: (milliseconds) => {
            clock.day += milliseconds;
            clock.monotonic += milliseconds;
            write();
        },
        // Somebody sets the time of day; the monotonic clock does not notice.
        set: (milliseconds) => {
            clock.day += milliseconds;
            write();
        },
    };
}
