// The module's JOSE code against an independent implementation, npm's jose, in both directions: what
// jose signs is accepted by build/jws, which is the module's own code, and what our side signs (the
// signer of the unit tests, on OpenSSL, and the one of these tests, on node:crypto) is accepted by
// jose; the bytes of the payload are the same at both ends. The module itself signs nothing. Then
// thousands of mutated tokens, which both have to judge alike but for the list in jose/deviations.mjs.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';

import * as jose from 'jose';

import { claimMutations, rules, rulesOfJose } from './jose/claim_mutations.mjs';
import { deviations } from './jose/deviations.mjs';
import { encodingMutations } from './jose/encoding_mutations.mjs';
import { ask } from './jose/jws_tool.mjs';
import { keyMutations } from './jose/key_mutations.mjs';
import { claims, makeKeys, makeRandom, publishedSet, tokenMutations } from './jose/mutations.mjs';
import { algorithms, compact, names } from './jose/signatures.mjs';

const seed = 20251123;
const leastMutations = 20_000;

const keys = makeKeys();

const isRsa = (alg) => algorithms[alg].kind === 'rsa';

// A key pair for jose. Keys of RSA take long to make, and one does for all algorithms.
const rsaKeys = new Map(
    [2048, 3072, 4096].map((modulusLength) => {
        const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
        return [modulusLength, [publicKey, privateKey].map((key) => key.export({ format: 'jwk' }))];
    }),
);

async function keyPair(alg, modulusLength) {
    if (!isRsa(alg)) {
        return jose.generateKeyPair(alg, { extractable: true });
    }
    const [publicKey, privateKey] = await Promise.all(
        rsaKeys.get(modulusLength).map((jwk) => jose.importJWK(jwk, alg, { extractable: true })),
    );
    return { publicKey, privateKey };
}

// A token of jose for every way a provider publishes its keys.
async function* tokensOfJose() {
    for (const alg of names) {
        for (const modulusLength of isRsa(alg) ? [2048, 3072, 4096] : [undefined]) {
            const pair = await keyPair(alg, modulusLength);
            const bare = await jose.exportJWK(pair.publicKey);
            const thumbprint = await jose.calculateJwkThumbprint(bare);
            for (const kid of [undefined, thumbprint]) {
                for (const more of [{}, { alg }, { alg, use: 'sig' }, { key_ops: ['verify'] }]) {
                    const jwks = { keys: [{ ...bare, ...more, ...(kid && { kid }) }] };
                    const header = { alg, ...(kid && { kid }) };
                    yield { alg, pair, jwks, header };
                }
            }
        }
    }
}

test('what jose signs is accepted here, with every algorithm, size of key and form of JWK', async () => {
    const lines = [];
    const payloads = [];
    for await (const { alg, pair, jwks, header } of tokensOfJose()) {
        const said = {
            ...claims,
            alg,
            text: 'Übergröße \u{1f511} \u0001',
            big: 2 ** 53,
            small: 1e-7,
            none: null,
        };
        const jwt = await new jose.SignJWT(said)
            .setProtectedHeader({ ...header, typ: 'at+jwt' })
            .setIssuedAt()
            .setExpirationTime('5m')
            .sign(pair.privateKey);
        lines.push({ jwks, jws: jwt });
        payloads.push(Buffer.from(jwt.split('.')[1], 'base64url'));

        for (const bytes of [Buffer.of(), Buffer.from('text'), Buffer.from([0, 255, 128, 10])]) {
            const jws = await new jose.CompactSign(bytes)
                .setProtectedHeader(header)
                .sign(pair.privateKey);
            lines.push({ jwks, jws, payload: 'any' });
            payloads.push(bytes);
        }
    }
    assert.equal(lines.length, (6 * 3 + 5) * 8 * 4);
    for (const [i, answer] of ask(lines).entries()) {
        const shown = JSON.stringify(lines[i]);
        assert.equal(
            answer.payload,
            payloads[i].toString('base64url'),
            `${JSON.stringify(answer)} ${shown}`,
        );
        assert.deepEqual(
            answer.claims,
            lines[i].payload ? undefined : JSON.parse(payloads[i]),
            shown,
        );
    }
});

test('what our signers sign is accepted by jose, with every algorithm and size of key', async () => {
    const kinds = {
        ES256: ['P-256'],
        ES384: ['P-384'],
        ES512: ['P-521'],
        EdDSA: ['Ed25519'],
        Ed25519: ['Ed25519'],
    };
    const payload = JSON.stringify({ ...claims, text: 'Übergröße \u{1f511}' });
    const lines = names.flatMap((alg) =>
        (kinds[alg] ?? ['RSA', 'RSA-3072', 'RSA-4096']).map((key) => ({
            sign: alg,
            key,
            header: JSON.stringify({ alg, typ: 'JWT' }),
            payload,
        })),
    );
    const made = ask(lines).map((answer, i) => ({ alg: lines[i].sign, ...answer }));
    for (const alg of names) {
        const jws = compact(alg, keys[alg].privateKey, JSON.stringify({ alg }), payload);
        made.push({ alg, jws, jwk: keys[alg].jwk });
    }
    assert.equal(made.length, 6 * 3 + 5 + 11);
    for (const { alg, jws, jwk } of made) {
        const set = jose.createLocalJWKSet({ keys: [jwk] });
        const verified = await jose.compactVerify(jws, set, { algorithms: [alg] });
        assert.equal(Buffer.from(verified.payload).toString(), payload, alg);
        assert.deepEqual((await jose.jwtVerify(jws, set)).payload, JSON.parse(payload));
    }
});

function* withClaims() {
    let turn = 0;
    for (const { name, type, text, valid } of claimMutations()) {
        const alg = names[turn % names.length];
        turn += 1;
        const { kid, privateKey } = keys[alg];
        const jws = compact(alg, privateKey, JSON.stringify({ alg, kid, typ: type }), text);
        yield { name, alg, set: 'published', jws, valid, type };
    }
}

function resolverOf(keySet) {
    try {
        return jose.createLocalJWKSet(keySet);
    } catch (error) {
        return () => Promise.reject(error);
    }
}

async function judgedByJose(tokens, sets) {
    const resolvers = new Map([...sets].map(([name, keySet]) => [name, resolverOf(keySet)]));
    const judge = async ({ any, jws, set, type }) => {
        const options = { algorithms: names, ...(type !== undefined && rulesOfJose(type)) };
        const verify = any ? jose.compactVerify : jose.jwtVerify;
        return verify(jws, resolvers.get(set), options).then(
            ({ payload }) => ({ payload }),
            (error) => ({ refused: error.code ?? error.message }),
        );
    };
    const verdicts = [];
    for (let i = 0; i < tokens.length; i += 64) {
        verdicts.push(...(await Promise.all(tokens.slice(i, i + 64).map(judge))));
    }
    return verdicts;
}

function judgedByModule(tokens, sets) {
    const sent = new Set();
    const lines = tokens.map(({ any, jws, set, type }) => {
        const line = {
            set,
            jws,
            ...(any && { payload: 'any' }),
            ...(type !== undefined && { rules }),
        };
        // as text, which may say what an object of JavaScript cannot
        return sent.has(set)
            ? line
            : (sent.add(set), { ...line, jwks: JSON.stringify(sets.get(set)) });
    });
    return ask(lines);
}

const tokens = [
    ...tokenMutations(keys, 'published'),
    ...encodingMutations(keys, 'published', makeRandom(seed)),
    ...keyMutations(keys),
    ...withClaims(),
].map((token) => ({ valid: false, ...token }));
const sets = new Map([['published', publishedSet(keys)]]);
for (const { set, keySet } of tokens) {
    if (keySet !== undefined) {
        sets.set(set, keySet);
    }
}
const ours = judgedByModule(tokens, sets);
const theirs = await judgedByJose(tokens, sets);

const accepted = (verdict) => verdict.payload !== undefined;

// What is needed to see a verdict again; all keys are of this run alone.
const show = (i) =>
    JSON.stringify({
        name: tokens[i].name,
        alg: tokens[i].alg,
        module: ours[i],
        jose: theirs[i].refused ?? 'accepted',
        jws: tokens[i].jws.slice(0, 2000),
        jwks: sets.get(tokens[i].set),
    });

function assertNone(wrong, what) {
    const found = tokens.flatMap((_, i) => (wrong(tokens[i], i) ? [i] : []));
    const kinds = [...new Set(found.map((i) => tokens[i].name))];
    assert.equal(
        found.length,
        0,
        `${what}: ${found.length}\n${kinds.join('\n')}\n${found.slice(0, 3).map(show).join('\n')}`,
    );
}

test(`at least ${leastMutations} mutated tokens of all algorithms are judged`, (t) => {
    const distinct = new Set(tokens.map(({ jws, set }) => `${set} ${jws}`));
    t.diagnostic(`${tokens.length} tokens, ${distinct.size} distinct ones, ${sets.size} key sets`);
    assert.ok(distinct.size >= leastMutations);
    for (const alg of names) {
        const own = tokens.filter((token) => token.alg === alg);
        assert.ok(own.length >= leastMutations / 20, `${own.length} of ${alg}`);
        for (const part of [
            'header',
            'payload',
            'any payload',
            'signature',
            'encoding',
            'keys',
            'claims',
        ]) {
            assert.ok(
                own.some(({ name }) => name.startsWith(`${part}: `)),
                `no ${part} of ${alg}`,
            );
        }
    }
    assertNone((_, i) => ours[i].error !== undefined, 'not judged by the module');
});

test('the module accepts the mutated tokens that are still right, and no other', () => {
    assertNone(({ valid }, i) => accepted(ours[i]) !== valid, 'judged wrong');
    assert.ok(tokens.filter(({ valid }) => valid).length > 1000);
});

test('jose judges every mutated token as the module does, but for the deviations listed', () => {
    assertNone(
        ({ name }, i) => accepted(ours[i]) !== accepted(theirs[i]) && !deviations.has(name),
        'judged differently, and not listed',
    );
});

test('every deviation listed occurs, in every token of its name and in the direction it says', () => {
    const names = new Set(tokens.map(({ name }) => name));
    assert.deepEqual(
        [...deviations.keys()].filter((name) => !names.has(name)),
        [],
    );
    assertNone(({ name }, i) => {
        const accepts = deviations.get(name)?.accepts;
        return (
            accepts &&
            (accepted(ours[i]) !== (accepts === 'module') ||
                accepted(theirs[i]) !== (accepts === 'jose'))
        );
    }, 'listed, and judged alike');
    for (const { why } of deviations.values()) {
        assert.ok(why.length > 40);
    }
});

test('of what it accepts, jose reads the same payload and the same claims', () => {
    assertNone(({ any }, i) => {
        if (!accepted(ours[i]) || !accepted(theirs[i])) {
            return false;
        }
        return any
            ? Buffer.from(theirs[i].payload).toString('base64url') !== ours[i].payload
            : JSON.stringify(theirs[i].payload) !== JSON.stringify(ours[i].claims);
    }, 'read differently');
});

test('where keys share a kid, trying the keys that jose names gives the verdict of the module', async () => {
    const shared = tokens.flatMap((token, i) =>
        theirs[i].refused === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS' ? [i] : [],
    );
    let tried = 0;
    for (const i of shared) {
        const { jws, set } = tokens[i];
        if (!('kid' in jose.decodeProtectedHeader(jws))) {
            assert.ok(!accepted(ours[i]), show(i)); // nothing names the key: neither of them guesses
            continue;
        }
        const error = await jose
            .jwtVerify(jws, resolverOf(sets.get(set)))
            .catch((thrown) => thrown);
        let found = false;
        let count = 0;
        for await (const key of error) {
            count += 1;
            const holds = await jose.jwtVerify(jws, key).then(
                () => true,
                () => false,
            );
            found ||= holds && count <= 4;
        }
        assert.equal(accepted(ours[i]), found, show(i));
        tried += 1;
    }
    assert.ok(tried >= 4 * names.length, `${tried} tried`);
});

test('a line that asks nothing gets an answer that says so, and hurts none of the others', () => {
    const { alg, kid, privateKey } = keys.ES256;
    const good = {
        jwks: publishedSet(keys),
        jws: compact(alg, privateKey, JSON.stringify({ alg, kid }), JSON.stringify(claims)),
    };
    const { jwk } = keys.ES256;
    const odd = [
        '',
        ' ',
        '{',
        '[]',
        '1',
        'null',
        '"x"',
        '{}',
        '\0',
        '{"jws":1}',
        '{"jws":"a.b.c"}',
        '{"jws":"a.b.c","jwks":1}',
        '{"jws":"a.b.c","set":"nobody"}',
        '{"jws":"a.b.c","jwk":[]}',
        '{"signature":1}',
        '{"signature":"*"}',
        '{"alg":"ES256","jwk":{},"message":"=","signature":""}',
        '{"sign":"HS256","key":"RSA"}',
        '{"sign":"ES256","key":"no","header":"","payload":""}',
        '{"jws":"\\ud800"}',
        '[['.repeat(100_000),
        `{"x":${'['.repeat(5000)}`,
    ];
    const answers = ask(odd.flatMap((line) => [line, good]));
    for (const [i, answer] of answers.entries()) {
        assert.equal(
            typeof (i % 2 ? answer.payload : answer.error),
            'string',
            `${odd[i >> 1]}`.slice(0, 100),
        );
    }
    const refused = ask([
        { jws: '', jwks: '' },
        { jws: 'a.b.c', jwks: {} },
        { jws: '\0'.repeat(3), jwk },
        { alg: 'HS256', jwk, message: '', signature: '' },
        { alg: 'ES256', jwk: {}, message: '', signature: '' },
        { alg: 'ES256', jwk, message: '', signature: '' },
    ]);
    assert.deepEqual(
        refused.map((answer) => answer.refused),
        [
            'key_set_invalid',
            'key_set_invalid',
            'token_malformed',
            'algorithm_not_allowed',
            'key_unusable',
            'signature_invalid',
        ],
    );
});
