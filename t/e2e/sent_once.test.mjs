// What must not be done twice is asked for once: libcurl sends a request again by itself when a
// connection that it had used before closes without an answer. Counted at the provider's socket.

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './harness.mjs';
import { hostileLogin, startSite } from './site.mjs';

// Stands before the hostile provider and keeps every connection open for further requests, until
// `drop` (a function of the socket) ends one instead of answering a POST. Answers {url, posts,
// connections}: `posts` has, for each POST, how many requests its connection had carried before;
// `connections` are those that are open.
async function startDoor(hostile) {
    const door = { posts: [], connections: new Set(), drop: null };
    const server = net.createServer((socket) => {
        let [text, carried] = ['', 0];
        door.connections.add(socket);
        socket.on('close', () => door.connections.delete(socket));
        socket.on('error', () => {});
        socket.on('data', async (data) => {
            text += data.toString('latin1');
            const end = text.indexOf('\r\n\r\n') + 4;
            const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
            if (end < 4 || text.length < end + length) {
                return;
            }
            const [method, path] = text.split(' ');
            const body = text.slice(end, end + length);
            text = '';
            if (method === 'POST') {
                door.posts.push(carried);
                if (door.drop) {
                    door.drop(socket);
                    return;
                }
            }
            carried += 1;
            const answer = await send(new URL(path, hostile.url), {
                method,
                headers: { 'content-type': 'application/x-www-form-urlencoded' },
                ...(body && { body }),
            });
            socket.write(
                `HTTP/1.1 ${answer.status} OK\r\nContent-Type: application/json\r\n` +
                    `Content-Length: ${Buffer.byteLength(answer.body)}\r\n\r\n${answer.body}`,
            );
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(
        () =>
            new Promise((resolve) => {
                server.close(resolve);
                door.connections.forEach((socket) => socket.destroy());
            }),
    );
    door.url = `http://127.0.0.1:${server.address().port}`;
    return door;
}

const hostile = await startHostile();
atEnd(() => hostile.close());
const door = await startDoor(hostile);
hostile.issuer = door.url;
hostile.bend.discovery = (document) =>
    JSON.parse(JSON.stringify(document).replaceAll(hostile.url, door.url));
const site = await startSite({ provider: hostile });

for (const [how, drop] of [
    ['closes the connection', (socket) => socket.end()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
]) {
    test(`a code is sent once when the provider ${how} without an answer`, async () => {
        for (let round = 0; round < 3; round += 1) {
            door.drop = null;
            assert.equal((await hostileLogin(site, site.browser())).status, 302);
            assert.ok(door.connections.size > 0, 'a connection stays that could be used again');
            door.posts.length = 0;
            door.drop = drop;
            const count = site.nginx.refusals().length;
            assert.equal((await hostileLogin(site, site.browser())).status, 502);
            assert.equal(await site.nginx.reasonAfter(count), 'token_request_failed');
            assert.deepEqual(door.posts, [0], 'sent once, on a connection of its own');
        }
    });
}

test('sign-ins leave no connection behind', async () => {
    door.drop = null;
    await hostileLogin(site, site.browser());
    const before = door.connections.size;
    for (let round = 0; round < 5; round += 1) {
        assert.equal((await hostileLogin(site, site.browser())).status, 302);
    }
    await until(() => door.connections.size <= before, 'their connections are closed');
});
