// What the kernel tells about a process.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ, on every architecture that Debian has

// Processor time in milliseconds, of all threads.
export function cpuTime(pid) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13);
    return ((Number(user) + Number(system)) * 1_000) / ticksPerSecond;
}

export const threads = (pid) => readdirSync(`/proc/${pid}/task`).length;

// Who of `pids` holds the TCP socket (IPv4) with this local port and the one of `peer` at its other
// end.
export function ownerOfConnection(pids, port, peer) {
    const hex = (number) => number.toString(16).toUpperCase().padStart(4, '0');
    const inode = readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .find((field) => field[1]?.endsWith(`:${hex(port)}`) && field[2].endsWith(`:${hex(peer)}`))
        ?.at(9);
    return pids.find((pid) =>
        readdirSync(`/proc/${pid}/fd`).some((fd) => {
            try {
                return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
            } catch {
                return false;
            }
        }),
    );
}
