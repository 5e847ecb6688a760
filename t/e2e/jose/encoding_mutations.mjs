// The text of a token, changed as text: what is signed stays, or is signed in a form that strict
// base64url has not. Each is {name, jws, valid, any}.

import { encode, names, seal } from './signatures.mjs';
import { claims } from './mutations.mjs';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const part = ['header', 'payload', 'signature'];

// The white space that HTML and JavaScript leave out of base64, and what looks like it.
const spaces = [' ', '\t', '\n', '\r', '\r\n', '\f'];
const strangers = [
    '\v',
    '\0',
    '\u00a0',
    '\u2028',
    '\u200b',
    '\ufeff',
    '%3D',
    '%',
    '*',
    '~',
    '"',
    ',',
    ':',
    '\\',
    '$',
    '\x7f',
    '\u0141',
    'Ａ',
    'а',
    '😀',
    '&',
    '\u0301',
];

const insert = (text, index, more) => text.slice(0, index) + more + text.slice(index);

// Another last character for the same bytes; undefined where none has unused bits.
function withOtherUnusedBits(text) {
    const unused = { 2: 15, 3: 3 }[text.length % 4];
    if (unused === undefined) {
        return undefined;
    }
    return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) ^ unused];
}

const padding = (text) => '='.repeat((4 - (text.length % 4)) % 4);

// Ways of writing the same segment that one reader or another takes.
function* looseForms(text) {
    if (padding(text)) {
        yield { name: 'padding', text: text + padding(text) };
    }
    if (withOtherUnusedBits(text)) {
        yield { name: 'other unused bits', text: withOtherUnusedBits(text) };
    }
    for (const space of spaces) {
        for (const index of [0, 1, text.length >> 1, text.length]) {
            yield { name: 'white space', text: insert(text, index, space) };
        }
    }
}

// Ways that are none.
function* brokenForms(text) {
    yield { name: 'too much padding', text: `${text}${padding(text)}=` };
    yield {
        name: 'half the padding',
        text: padding(text).length === 2 ? `${text}=` : `${text}====`,
    };
    yield { name: 'padding in the middle', text: insert(text, text.length >> 1, '=') };
    yield { name: 'padding alone', text: '=' };
    yield {
        name: 'one character too many',
        text: `${text}${'A'.repeat((5 - (text.length % 4)) % 4 || 4)}`,
    };
    for (const stranger of strangers) {
        for (const index of [0, text.length >> 1, text.length]) {
            yield { name: 'a strange character', text: insert(text, index, stranger) };
        }
    }
    const swapped = text.replaceAll('-', '+').replaceAll('_', '/');
    yield { name: "base64's own alphabet", text: swapped === text ? `+${text.slice(1)}` : swapped };
    yield { name: "base64's own alphabet", text: `${text.slice(0, -2)}/${text.slice(-1)}` };
    yield { name: 'hexadecimal digits', text: Buffer.from(text, 'base64url').toString('hex') };
    yield { name: 'the other case', text: text.toLowerCase() };
    yield { name: 'encoded twice', text: encode(text) };
    yield { name: 'twice', text: text + text };
    yield { name: 'nothing', text: '' };
}

function* segments(key) {
    const { alg, kid, privateKey } = key;
    const header = JSON.stringify({ alg, kid });
    const payload = JSON.stringify(claims);
    // a header and a payload of every length modulo 3
    for (const pad of ['', ' ', '  ']) {
        const jws = seal(alg, privateKey, encode(header + pad), encode(payload + pad));
        const parts = jws.split('.');
        yield { name: 'as it should be', jws, valid: true };
        for (const i of [0, 1, 2]) {
            const put = (text) => parts.with(i, text).join('.');
            // what is signed in another form is another text
            const about = i === 2 ? 'of the signature' : `of the ${part[i]}, not signed`;
            for (const { name, text } of looseForms(parts[i])) {
                yield { name: `${name} ${about}`, jws: put(text) };
            }
            for (const { name, text } of brokenForms(parts[i])) {
                if (text !== parts[i]) {
                    yield { name: `${name} in the ${part[i]}`, jws: put(text) };
                }
            }
            if (i === 2) {
                continue;
            }
            const sealed = (text) => seal(alg, privateKey, ...parts.slice(0, 2).with(i, text));
            for (const { name, text } of looseForms(parts[i])) {
                yield { name: `${name} of the ${part[i]}, signed`, jws: sealed(text) };
            }
        }
    }
}

function* shapes(key) {
    const { alg, kid, privateKey } = key;
    const header = JSON.stringify({ alg, kid });
    const jws = seal(alg, privateKey, encode(header), encode(JSON.stringify(claims)));
    const [h, p, s] = jws.split('.');
    const json = (members) => JSON.stringify(members);

    const others = [
        '',
        '.',
        '..',
        '...',
        '....',
        h,
        `${h}.`,
        `${h}..`,
        `${h}.${p}`,
        `${h}.${p}.`,
        `.${p}.${s}`,
        `..${s}`,
        `${h}..${s}`,
        `.${jws}`,
        `${jws}.`,
        `${jws}..`,
        `${jws}.${s}`,
        `${h}.${p}.${s}.${s}.${s}`,
        `${h}..${p}.${s}.`,
        `${jws}.${jws}`,
        `${h}.${s}.${p}`,
        `${p}.${h}.${s}`,
        `${s}.${p}.${h}`,
        jws.replaceAll('.', '..'),
        jws.replaceAll('.', ' '),
        jws.replaceAll('.', '%2E'),
        jws.replaceAll('.', '\u3002'),
        `${jws}${jws}`,
        `${jws},${jws}`,
        `${jws};x=1`,
        `Bearer ${jws}`,
        `"${jws}"`,
        `<${jws}>`,
        `[${jws}]`,
        encodeURIComponent(jws).replace('.', '%2e'),
        encode(jws),
        `${jws}=`,
        `${jws}?`,
        `${jws}#`,
        `${h}.${p}.${s}~`,
        `\ufeff${jws}`,
        '.'.repeat(1000),
        `${h}${'.'.repeat(1000)}${s}`,
        json({ payload: p, protected: h, signature: s }),
        json({ payload: p, signatures: [{ protected: h, signature: s }] }),
        json({ payload: p, header: { alg, kid }, signature: s }),
        json(jws),
        json([jws]),
        json([h, p, s]),
    ];
    for (const other of others) {
        yield { name: 'another shape', jws: other };
    }
    yield { name: 'an empty payload', jws: seal(alg, privateKey, h, '') };
    yield {
        name: 'an empty payload, any',
        jws: seal(alg, privateKey, h, ''),
        valid: true,
        any: true,
    };
    yield { name: 'an empty header', jws: seal(alg, privateKey, '', p) };
}

function* accidents(key, random) {
    const { alg, kid, privateKey } = key;
    const jws = seal(
        alg,
        privateKey,
        encode(JSON.stringify({ alg, kid })),
        encode(JSON.stringify(claims)),
    );
    const changes = {
        'a character changed': (i) => jws.slice(0, i) + alphabet[random(64)] + jws.slice(i + 1),
        'a character lost': (i) => jws.slice(0, i) + jws.slice(i + 1),
        'a character twice': (i) => insert(jws, i, jws[i]),
        'a character more': (i) => insert(jws, i, alphabet[random(64)]),
        'two characters the wrong way round': (i) =>
            jws.slice(0, i) + jws[i + 1] + jws[i] + jws.slice(i + 2),
        'characters lost': (i) => jws.slice(0, i) + jws.slice(i + 1 + random(jws.length - i - 1)),
        'characters moved': (i) => jws.slice(i) + jws.slice(0, i),
    };
    for (const [name, change] of Object.entries(changes)) {
        for (let made = 0; made < 24;) {
            // the last character may have unused bits, which are another mutation
            const other = change(1 + random(jws.length - 3));
            if (other !== jws) {
                yield { name, jws: other, any: true };
                made += 1;
            }
        }
    }
}

export function* encodingMutations(keys, set, random) {
    for (const alg of names) {
        for (const mutations of [segments, shapes, accidents]) {
            for (const { name, ...made } of mutations(keys[alg], random)) {
                yield { alg, set, ...made, name: `encoding: ${name}` };
            }
        }
    }
}
