// A provider that answers whatever a test wants: honest by default, and every answer can be
// replaced or bent. There is no login behind it; a test takes the redirect that nginx sent, asks
// `authorize` for the callback to go to, and says there which lies the tokens of this one login
// shall hold.
//
//     const hostile = await startHostile();
//     hostile.answers.keys = faults.silent();                         // an endpoint misbehaves
//     hostile.bend.discovery = (document) => ({ ...document, issuer: 'https://elsewhere.example' });
//     const callback = hostile.authorize(location, { claims: (claims) => ({ ...claims, aud: 'other' }) });
//
// As a program, `node t/op/hostile.mjs --port 9401 --fault token=silent` serves for trying things
// by hand.

import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { certificates } from './certificates.mjs';
import * as faults from './faults.mjs';
import { Journal, withoutSecrets } from './journal.mjs';
import { compact, halfHash } from './jwt.mjs';
import { signingKey } from './signing_keys.mjs';

export const client = { id: 'skc_1001', secret: 'secret_of_the_hostile_provider' };

const endpoints = {
    '/.well-known/openid-configuration': 'discovery',
    '/oauth/authorize': 'authorize',
    '/oauth/token': 'token',
    '/keys': 'keys',
    '/userinfo': 'userinfo',
    '/oidc/logout': 'logout',
};

// Options: port, host, tls (false, or the kind of certificate: 'good', 'expired', 'wrongName',
// 'unknownAuthority'), alg (of the signing key). Answers:
//   answers   endpoint name -> function (request, response) in place of the honest one
//   honestly  the honest functions, for an answer that is honest after all
//   bend      discovery, keys: function from the honest document to the one to send
//   counts    endpoint name -> number of requests;  other = requests for anything else
//   journal   as in journal.mjs
//   key       the signing key;  publish(...keys) replaces the key set
//   authorize(location, lies) -> URL of the callback
export async function startHostile({
    port = 0,
    host = '127.0.0.1',
    tls = false,
    alg = 'RS256',
} = {}) {
    const authority = tls ? certificates() : undefined;
    const server = tls ? https.createServer(authority[tls]) : http.createServer();
    await new Promise((resolve, reject) =>
        server.once('error', reject).listen(port, host, resolve),
    );
    const url = `${tls ? 'https' : 'http'}://${host}:${server.address().port}`;

    const key = signingKey(alg);
    const logins = new Map();
    const hostile = {
        url,
        issuer: url,
        client,
        key,
        published: [key.publicJwk],
        ca: authority?.ca,
        caFile: authority?.caFile,
        answers: {},
        bend: {},
        counts: {},
        journal: new Journal(),
        publish: (...keys) => {
            hostile.published = keys;
        },
        authorize: (location, lies) => authorize(hostile, logins, location, lies),
        honest: () => {
            hostile.answers = {};
            hostile.bend = {};
            hostile.published = [key.publicJwk];
        },
        forget: () => {
            hostile.counts = {};
            hostile.journal.clear();
        },
        close: () =>
            new Promise((resolve) => {
                server.close(resolve);
                server.closeAllConnections();
            }),
    };

    const honest = {
        discovery: (request, response) =>
            json(response, bent(hostile, 'discovery', discovery(url))),
        keys: (request, response) =>
            json(response, bent(hostile, 'keys', { keys: hostile.published })),
        authorize: (request, response) => {
            response.writeHead(302, { location: hostile.authorize(new URL(request.url, url)) });
            response.end();
        },
        token: async (request, response) => {
            const form = new URLSearchParams(await bodyOf(request));
            Object.assign(request.entry.params, withoutSecrets(form));
            const login = logins.get(form.get('code'));
            if (!login || login.spent) {
                faults.oauthError('invalid_grant')(request, response);
                return;
            }
            login.spent = true;
            json(response, tokens(hostile, login));
        },
    };

    hostile.honestly = honest;

    server.on('request', (request, response) => {
        const entry = hostile.journal.note(request, url);
        request.entry = entry;
        const name = endpoints[entry.path] ?? 'other';
        hostile.counts[name] = (hostile.counts[name] ?? 0) + 1;
        const serve = hostile.answers[name] ?? honest[name] ?? faults.answer(404, {});
        serve(request, response);
    });
    return hostile;
}

const bent = (hostile, name, document) => hostile.bend[name]?.(document) ?? document;

function discovery(url) {
    return {
        issuer: url,
        authorization_endpoint: `${url}/oauth/authorize`,
        token_endpoint: `${url}/oauth/token`,
        jwks_uri: `${url}/keys`,
        userinfo_endpoint: `${url}/userinfo`,
        end_session_endpoint: `${url}/oidc/logout`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
    };
}

// The callback that follows an authorize request. `lies` may hold
//   response(params)          changes the callback's query (URLSearchParams), in place
//   claims(claims)            answers other claims: an object, or text or bytes to sign as they are
//   header(header)            answers another header, likewise
//   by                        {alg, key} that really signs
//   token(compact, login)     answers another ID token
//   tokens(answer)            answers another token response: an object, or text to send as it is
function authorize(hostile, logins, location, lies = {}) {
    const asked = new URL(location).searchParams;
    const code = randomBytes(24).toString('base64url');
    logins.set(code, {
        code,
        nonce: asked.get('nonce'),
        clientId: asked.get('client_id'),
        organization: asked.get('organization_id') ?? 'org_111',
        connection: asked.get('connection_id') ?? 'conn_hooli',
        lies,
    });
    const callback = new URL(asked.get('redirect_uri'));
    for (const [name, value] of Object.entries({
        code,
        state: asked.get('state'),
        iss: hostile.issuer,
    })) {
        callback.searchParams.set(name, value);
    }
    lies.response?.(callback.searchParams);
    return callback.href;
}

function honestClaims(hostile, login, accessToken) {
    const now = Math.floor(Date.now() / 1000);
    return {
        iss: hostile.issuer,
        aud: [login.clientId],
        azp: login.clientId,
        sub: `${login.connection};gavin`,
        exp: now + 600,
        iat: now,
        nonce: login.nonce,
        at_hash: halfHash(hostile.key.alg, accessToken),
        c_hash: halfHash(hostile.key.alg, login.code),
        oid: login.organization,
        amr: [login.connection],
        sid: 'ses_1',
        email: 'gavin@hooli.example',
        name: 'Gavin Belson',
        client_id: login.clientId,
    };
}

function tokens(hostile, login) {
    const { lies } = login;
    const { alg, kid, privateKey } = hostile.key;
    const accessToken = randomBytes(24).toString('base64url');
    const claims = honestClaims(hostile, login, accessToken);
    const header = { alg, kid, typ: 'JWT' };
    let idToken = compact(
        lies.header?.(header) ?? header,
        lies.claims?.(claims) ?? claims,
        lies.by ?? { alg, key: privateKey },
    );
    idToken = lies.token?.(idToken, login) ?? idToken;
    const answer = {
        access_token: accessToken,
        token_type: 'Bearer',
        expires_in: 300,
        scope: 'openid profile email',
        id_token: idToken,
    };
    return lies.tokens?.(answer) ?? answer;
}

function json(response, body) {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function bodyOf(request) {
    let body = '';
    for await (const chunk of request) {
        body += chunk;
    }
    return body;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const { values } = parseArgs({
        options: {
            port: { type: 'string', default: '9401' },
            tls: { type: 'string' },
            fault: { type: 'string', multiple: true, default: [] },
        },
    });
    const hostile = await startHostile({ port: Number(values.port), tls: values.tls });
    for (const [endpoint, fault] of values.fault.map((pair) => pair.split('='))) {
        hostile.answers[endpoint] = faults[fault]();
    }
    console.log(`issuer ${hostile.issuer}\nclient_id ${client.id}\nclient_secret ${client.secret}`);
    for (const signal of ['SIGINT', 'SIGTERM']) {
        process.once(signal, () => hostile.close());
    }
}
