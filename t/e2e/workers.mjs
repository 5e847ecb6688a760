// Requests to one worker of several.

import http from 'node:http';

import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { ownerOfConnection } from './proc.mjs';

// One browser for each worker of a site, whose requests all go to that worker over a connection that is kept:
// [{pid, browser}].
export async function browsersOfWorkers(site) {
    const running = () => site.nginx.workerPids();
    await until(() => running().length === site.options.workers, 'all workers run');
    const pids = running();
    const found = new Map();
    await until(async () => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const browser = site.browser({ agent });
        await browser.navigate(site.url('/'));
        const socket = await until(() => Object.values(agent.freeSockets)[0]?.[0], 'it is kept');
        const pid = ownerOfConnection(pids, site.port, socket.localPort);
        if (pid === undefined || found.has(pid)) {
            agent.destroy();
        } else {
            found.set(pid, browser);
            atEnd(async () => agent.destroy());
        }
        return found.size === pids.length;
    }, 'every worker has taken a connection');
    return [...found].map(([pid, browser]) => ({ pid, browser }));
}
