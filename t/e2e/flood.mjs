// Very many small requests: pipelined on a few connections, at a rate, their answers only counted.

import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { slow } from './timing.mjs';

const depth = 40; // requests on their way on one connection

// Sends request(index) for index 0, 1, ... at `rate` a second, for `seconds`, to a port on this
// machine. Answers {sent, statuses: {status: count}}. nginx has to allow enough requests on a
// connection.
export async function flood({ port, request, rate, seconds, connections = 32 }) {
    const start = performance.now();
    const statuses = {};
    let sent = 0;
    const due = () => Math.min(performance.now() - start, seconds * 1_000) * (rate / 1_000) - sent;
    const over = () => performance.now() - start >= seconds * 1_000;

    const connection = async () => {
        const socket = net.connect(port, '127.0.0.1');
        await once(socket, 'connect');
        const answers = counter(socket, statuses);
        while (!over() || due() >= 1) {
            const count = Math.min(depth, Math.floor(due()));
            if (performance.now() - start > 2 * slow * seconds * 1_000) {
                throw new Error(`only ${sent} requests could be sent in twice the time`);
            }
            if (count < 1) {
                await sleep(5);
                continue;
            }
            let text = '';
            for (let index = sent; index < sent + count; index += 1) {
                text += request(index);
            }
            sent += count;
            socket.write(text);
            await answers(count);
        }
        socket.destroy();
    };
    await Promise.all(Array.from({ length: connections }, connection));
    return { sent, statuses };
}

// Answers a function that waits for so many more answers on a socket.
function counter(socket, statuses) {
    let rest = '';
    let missing = 0;
    let done = () => {};
    let failed = () => {};
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
        const text = rest + chunk;
        let at = text.indexOf('HTTP/1.1 ');
        let end = 0;
        while (at >= 0 && at + 12 <= text.length) {
            const status = text.slice(at + 9, at + 12);
            statuses[status] = (statuses[status] ?? 0) + 1;
            missing -= 1;
            end = at + 12;
            at = text.indexOf('HTTP/1.1 ', end);
        }
        rest = text.slice(Math.max(end, text.length - 11));
        if (missing === 0) {
            done();
        }
    });
    socket.on('close', () => failed(new Error(`${missing} answers missing on a connection`)));
    socket.on('error', (error) => failed(error));
    return (count) => {
        missing += count;
        return new Promise((resolve, reject) => {
            done = resolve;
            failed = reject;
        });
    };
}
