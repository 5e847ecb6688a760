// An HTTP/2 request made byte by byte, for what no library sends: node:http2 refuses a field twice
// that may stand there once.

import tls from 'node:tls';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frameTypes = { headers: 1, settings: 4 };
const endStreamAndHeaders = 0x5;

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
}

// A string of HPACK (RFC 7541 section 5.2), not Huffman-coded.
function literal(text) {
    const bytes = Buffer.from(text, 'latin1');
    const length = [Math.min(bytes.length, 127)];
    for (let rest = bytes.length - 127; length[0] === 127; rest >>= 7) {
        length.push(rest >= 128 ? 128 | (rest & 127) : rest);
        if (rest < 128) {
            break;
        }
    }
    return Buffer.concat([Buffer.from(length), bytes]);
}

// A field that is not to be indexed (section 6.2.2).
const field = ([name, value]) => Buffer.concat([Buffer.from([0]), literal(name), literal(value)]);

// The status at the front of a block of fields, as nginx writes it: an entry of the static table, or
// three digits. Undefined when it is something else.
function statusOf(block) {
    const start = block.findIndex((byte) => (byte & 0xe0) !== 0x20); // behind updates of the table size
    const indexed = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };
    const first = block[start];
    return first & 0x80
        ? indexed[first & 0x7f]
        : Number(block.toString('latin1', start + 2, start + 5));
}

// Sends one GET with these fields, a list of [name, value], and answers the status; 0 when the
// connection ends before there is one.
export function getByHand(port, { ca, servername, path, fields }) {
    return new Promise((resolve, reject) => {
        const socket = tls.connect({
            port,
            host: '127.0.0.1',
            ca,
            servername,
            ALPNProtocols: ['h2'],
        });
        let bytes = Buffer.alloc(0);
        socket.on('secureConnect', () => {
            const all = [
                [':method', 'GET'],
                [':scheme', 'https'],
                [':path', path],
                [':authority', `${servername}:${port}`],
                ...fields,
            ];
            const block = Buffer.concat(all.map(field));
            const request = frame(frameTypes.headers, endStreamAndHeaders, 1, block);
            socket.write(Buffer.concat([preface, frame(frameTypes.settings, 0, 0), request]));
        });
        socket.on('data', (chunk) => {
            bytes = Buffer.concat([bytes, chunk]);
            while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
                const size = bytes.readUIntBE(0, 3);
                if (bytes[3] === frameTypes.headers) {
                    resolve(statusOf(bytes.subarray(9, 9 + size)));
                    socket.destroy();
                    return;
                }
                bytes = bytes.subarray(9 + size);
            }
        });
        socket.on('error', reject);
        socket.on('close', () => resolve(0));
    });
}
