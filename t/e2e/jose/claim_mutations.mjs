// The claims of access tokens, changed one by one, and the rules that they are judged by. Each is
// {name, type, text, valid}: the token's "typ" and the text of its payload.

const now = 1_800_000_000;
export const rules = { issuers: ['https://idp.example'], audiences: ['api'], now, skew: 60 };

const usual = {
    iss: 'https://idp.example',
    sub: 'user',
    aud: ['api', 'other'],
    exp: now + 300,
    iat: now - 10,
    client_id: 'client',
    jti: 'id',
    scope: 'read write',
};

const far = 253402300799; // the last second of the year 9999

const changes = {
    valid: {
        nothing: {},
        'exp within the leeway': { exp: now - 59 },
        'exp in 2038': { exp: 2 ** 31 },
        'exp beyond 32 bits': { exp: 2 ** 32 + 1 },
        'the last exp': { exp: far },
        'exp with a fraction': { exp: now + 0.5 },
        'nbf that has come': { nbf: now },
        'nbf within the leeway': { nbf: now + 60 },
        'nbf with a fraction': { nbf: now + 59.5 },
        'nbf of zero': { nbf: 0 },
        'iat of zero': { iat: 0 },
        'iat with a fraction': { iat: now - 0.5 },
        'aud of a text': { aud: 'api' },
        'aud twice in its list': { aud: ['api', 'api'] },
        'unknown claims': { x: { y: [1] }, oid: 'org', amount: ['pwd'] },
    },
    others: {
        'no exp': { exp: undefined },
        'exp now, less the leeway': { exp: now - 60 },
        'exp long ago': { exp: 1 },
        'exp of zero': { exp: 0 },
        'exp below zero': { exp: -1 },
        'exp of a text': { exp: String(now + 300) },
        'exp of null': { exp: null },
        'exp of true': { exp: true },
        'exp in a list': { exp: [now + 300] },
        'exp of a date': { exp: '2038-01-01T00:00:00Z' },
        'nbf beyond the leeway': { nbf: now + 61 },
        'nbf of a text': { nbf: String(now) },
        'nbf of null': { nbf: null },
        'iat of a text': { iat: String(now) },
        'iat of null': { iat: null },
        'no iss': { iss: undefined },
        'another iss': { iss: 'https://other.example' },
        'iss with a slash': { iss: 'https://idp.example/' },
        'iss in another case': { iss: 'https://IDP.example' },
        'iss in a list': { iss: ['https://idp.example'] },
        'iss of null': { iss: null },
        'no aud': { aud: undefined },
        'another aud': { aud: 'other' },
        'aud in another case': { aud: 'API' },
        'aud of an empty list': { aud: [] },
        'aud of null': { aud: null },
        'aud of an object': { aud: { api: 1 } },
        'aud in a list in a list': { aud: [['api']] },
        'aud with others in one text': { aud: 'api other' },
        'no sub': { sub: undefined },
        'exp of a millionth year': { exp: 1e13 },
        'exp of 1e300': { exp: 1e300 },
        'exp a fraction of a second ago, less the leeway': { exp: now - 59.5 },
        'iat in the future': { iat: now + 61 },
        'nbf below zero': { nbf: -1 },
        'an empty sub': { sub: '' },
        'sub of a number': { sub: 7 },
        'sub of 256 bytes': { sub: 's'.repeat(256) },
        'sub with a line end': { sub: 'a\nb' },
        'aud with a number in its list': { aud: ['api', 1] },
        'scope of a number': { scope: 1 },
        'scopes of a text': { scopes: 'read' },
        events: { events: {} },
    },
    profiled: {
        // RFC 9068 asks for these
        'no iat': { iat: undefined },
        'no client_id': { client_id: undefined },
        'no jti': { jti: undefined },
        'an empty client_id': { client_id: '' },
        'jti of a number': { jti: 1 },
    },
    plain: {
        // what only other tokens of type JWT have
        nonce: { nonce: 'n' },
        at_hash: { at_hash: 'h' },
        amr: { amr: ['conn_1'] },
        'neither scope nor jti': { scope: undefined, jti: undefined },
    },
};

const types = {
    'at+jwt': true,
    'AT+JWT': true,
    'application/at+jwt': true,
    JWT: true,
    jwt: true,
    'logout+jwt': false,
    'id+jwt': false,
    'secevent+jwt': false,
    'at+jwt ': false,
    JOSE: false,
    'x/at+jwt': false,
};

export function* claimMutations() {
    const made = (name, type, change, valid) => ({
        name: `claims: ${name}`,
        type,
        text: JSON.stringify({ ...usual, ...change }),
        valid,
    });
    for (const type of ['at+jwt', 'JWT']) {
        for (const [name, change] of Object.entries(changes.valid)) {
            yield made(name, type, change, true);
        }
        for (const [name, change] of Object.entries(changes.others)) {
            yield made(name, type, change, false);
        }
        for (const number of ['1e999', '-1e999', '9223372036854775808']) {
            const text = JSON.stringify(usual).replace(/"exp":\d+/, `"exp":${number}`);
            yield { name: `claims: exp of ${number}`, type, text, valid: false };
        }
    }
    for (const [name, change] of Object.entries(changes.profiled)) {
        yield made(`${name}, of type at+jwt`, 'at+jwt', change, false);
    }
    for (const [name, change] of Object.entries(changes.plain)) {
        yield made(`${name}, of type JWT`, 'JWT', change, false);
    }
    for (const [type, valid] of Object.entries(types)) {
        yield made(valid ? 'a type' : 'another type', type, {}, valid);
    }
}

// The same rules for jose, which knows nothing of what makes a token of type JWT an access token.
export const rulesOfJose = (type) => ({
    issuer: rules.issuers,
    audience: rules.audiences,
    currentDate: new Date(1000 * now),
    clockTolerance: rules.skew,
    requiredClaims: ['exp', 'sub', ...(/at\+jwt/i.test(type) ? ['iat', 'client_id', 'jti'] : [])],
    typ: /at\+jwt/i.test(type) ? 'at+jwt' : 'JWT',
});
