// The local provider by itself, before anything is built on it: a sign-in by hand, as Scalekit
// would answer it.

import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { machine, mcp, mintAccessToken } from '../op/access_tokens.mjs';
import { basicClient, client, startProvider } from '../op/provider.mjs';
import { Browser, send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';

const provider = await startProvider();
atEnd(() => provider.close());

const callback = 'http://app.localhost:1234/auth/callback';
const sha256 = (text) => createHash('sha256').update(text).digest('base64url');

// Follows an authorize request to where the browser would be sent back to.
async function authorize(
    params,
    { at = provider, browser = new Browser({ ca: at.ca }), clientId = client.id } = {},
) {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: callback,
        scope: 'openid profile email',
        state: 'st',
        nonce: 'no',
        code_challenge: sha256(verifier),
        code_challenge_method: 'S256',
        ...params,
    });
    const last = await browser.visit(`${at.url}/oauth/authorize?${query}`, {
        until: (url) => url.startsWith(callback),
    });
    assert.ok(last.next, `${last.status} ${last.text}`);
    return { answer: new URL(last.next).searchParams, verifier };
}

function exchange(code, verifier, { at = provider, headers = {}, ...form } = {}) {
    return send(`${at.url}/oauth/token`, {
        method: 'POST',
        ca: at.ca,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({
            grant_type: 'authorization_code',
            code,
            redirect_uri: callback,
            code_verifier: verifier,
            ...form,
        }).toString(),
    });
}

const byPost = { client_id: client.id, client_secret: client.secret };

async function signIn(params, at = provider) {
    const { answer, verifier } = await authorize(params, { at });
    const tokens = (await exchange(answer.get('code'), verifier, { at, ...byPost })).json;
    return JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'));
}

test("discovery names Scalekit's paths", async () => {
    const { json } = await send(`${provider.url}/.well-known/openid-configuration`);
    assert.equal(json.issuer, provider.issuer);
    assert.equal(json.authorization_endpoint, `${provider.url}/oauth/authorize`);
    assert.equal(json.token_endpoint, `${provider.url}/oauth/token`);
    assert.equal(json.jwks_uri, `${provider.url}/keys`);
    assert.equal(json.end_session_endpoint, `${provider.url}/oidc/logout`);
    assert.equal(json.userinfo_endpoint, `${provider.url}/userinfo`);
});

test("a sign-in by hand gives an ID token in Scalekit's shape with a good signature", async () => {
    const { answer, verifier } = await authorize({ organization_id: 'org_111' });
    assert.equal(answer.get('state'), 'st');
    assert.equal(answer.get('iss'), provider.issuer);
    const tokens = (await exchange(answer.get('code'), verifier, byPost)).json;
    const [header, payload, signature] = tokens.id_token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    const { sid, iat, exp, aud, at_hash: _, ...rest } = claims;
    assert.deepEqual(rest, {
        iss: provider.issuer,
        sub: 'conn_hooli;gavin',
        oid: 'org_111',
        amr: ['conn_hooli'],
        nonce: 'no',
        email: 'gavin@hooli.example',
        email_verified: true,
        name: 'Gavin Belson',
        given_name: 'Gavin',
        family_name: 'Belson',
        picture: 'https://pictures.example/gavin.png',
        preferred_username: 'gavin@hooli.example',
    });
    assert.ok(sid && exp > iat && [aud].flat().includes(client.id));

    const { kid } = JSON.parse(Buffer.from(header, 'base64url'));
    const jwk = (await send(`${provider.url}/keys`)).json.keys.find((key) => key.kid === kid);
    assert.match(kid, /^snk_\d+$/);
    assert.ok(
        verify(
            'sha256',
            `${header}.${payload}`,
            createPublicKey({ key: jwk, format: 'jwk' }),
            Buffer.from(signature, 'base64url'),
        ),
    );
});

test('client authentication by post and by basic both work', async () => {
    const { answer, verifier } = await authorize(
        { organization_id: 'org_111' },
        { clientId: basicClient.id },
    );
    const encode = (text) => encodeURIComponent(text).replace(/%20/g, '+');
    const authorization = `Basic ${btoa(`${encode(basicClient.id)}:${encode(basicClient.secret)}`)}`;
    assert.equal(
        (await exchange(answer.get('code'), verifier, { headers: { authorization } })).status,
        200,
    );
});

test("the routing parameters decide by Scalekit's precedence", async () => {
    const cases = [
        [{ organization_id: 'org_222' }, 'org_222', 'conn_initech'],
        [
            { connection_id: 'conn_hooli_partners', organization_id: 'org_222' },
            'org_111',
            'conn_hooli_partners',
        ],
        [{ organization_id: 'org_222', domain: 'hooli.example' }, 'org_222', 'conn_initech'],
        [{ domain: 'hooli.example', domain_hint: 'hooli.example' }, 'org_111', 'conn_hooli'],
        [
            { domain_hint: 'initech.test', login_hint: 'gavin@hooli.example' },
            'org_222',
            'conn_initech',
        ],
        [{ login_hint: 'gavin@hooli.example' }, 'org_111', 'conn_hooli'],
        [{ provider: 'google', connection_id: 'conn_hooli' }, undefined, 'conn_google'],
        [{ domain: 'sub.hooli.example' }, undefined, 'conn_otp'],
    ];
    for (const [params, organization, connection] of cases) {
        const claims = await signIn(params);
        assert.deepEqual(
            [claims.oid, claims.amr],
            [organization, [connection]],
            JSON.stringify(params),
        );
    }
});

test("a routing parameter that leads nowhere comes back as Scalekit's error code", async () => {
    const cases = [
        [{ organization_id: 'org_999' }, 'invalid_organization_id'],
        [{ connection_id: 'conn_999', organization_id: 'org_111' }, 'invalid_connection_id'],
        [{ connection_id: 'conn_piedpiper' }, 'connection_not_active'],
        [{ organization_id: 'org_333' }, 'no_active_connections'],
        [{}, 'invalid_connection_selector'],
    ];
    for (const [params, error] of cases) {
        const { answer } = await authorize(params);
        assert.deepEqual(
            [answer.get('error'), answer.get('state'), answer.get('iss')],
            [error, 'st', provider.issuer],
        );
    }
});

test('one browser signs in to two organizations one after the other', async () => {
    const browser = new Browser();
    for (const organization of ['org_111', 'org_222', 'org_111']) {
        const { answer, verifier } = await authorize(
            { organization_id: organization },
            { browser },
        );
        const { id_token: token } = (await exchange(answer.get('code'), verifier, byPost)).json;
        assert.equal(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).oid, organization);
    }
});

test('a missing code_challenge, a wrong verifier and a second use of a code are refused', async () => {
    const { answer: plain } = await authorize({
        organization_id: 'org_111',
        code_challenge: '',
        code_challenge_method: '',
    });
    assert.equal(plain.get('error'), 'invalid_request');
    const { answer } = await authorize({ organization_id: 'org_111' });
    assert.equal(
        (await exchange(answer.get('code'), 'x'.repeat(43), byPost)).json.error,
        'invalid_grant',
    );
    const { answer: second, verifier: own } = await authorize({ organization_id: 'org_111' });
    assert.equal((await exchange(second.get('code'), own, byPost)).status, 200);
    assert.equal((await exchange(second.get('code'), own, byPost)).json.error, 'invalid_grant');
});

test('keys rotate by replacing and by prepending', async () => {
    const kids = async () => (await send(`${provider.url}/keys`)).json.keys.map((key) => key.kid);
    const [first] = await kids();
    provider.control.rotateKeys('prepend');
    const two = await kids();
    assert.deepEqual([two.length, two[1]], [2, first]);
    await send(`${provider.url}/control/keys`, { method: 'POST', body: '{"how":"replace"}' });
    assert.equal((await kids()).length, 1);
    assert.equal((await signIn({ organization_id: 'org_111' })).oid, 'org_111');
});

test('the journal shows parameters but no secrets', async () => {
    provider.journal.clear();
    await signIn({ organization_id: 'org_111' });
    const [entry] = (await send(`${provider.url}/control/requests`)).json.filter(
        ({ path }) => path === '/oauth/token',
    );
    assert.equal(entry.params.grant_type, 'authorization_code');
    assert.equal(entry.status, 200);
    for (const name of ['code', 'code_verifier', 'client_secret']) {
        assert.match(entry.params[name], /^sha256:/);
    }
});

test('a sign-in by hand over https with the test authority, and with the login page', async () => {
    const secure = await startProvider({ tls: true, login: 'page' });
    try {
        const browser = new Browser({ ca: secure.ca });
        const query = new URLSearchParams({
            response_type: 'code',
            client_id: client.id,
            redirect_uri: callback,
            scope: 'openid',
            state: 'st',
            code_challenge: sha256('v'),
            code_challenge_method: 'S256',
            organization_id: 'org_222',
        });
        const page = await browser.visit(`${secure.url}/oauth/authorize?${query}`);
        assert.match(page.text, /Peter Gibbons/);
        const posted = await browser.navigate(page.url, {
            method: 'POST',
            body: 'sub=conn_initech%3Bmilton',
        });
        const back = await browser.visit(new URL(posted.location, page.url), {
            until: (url) => url.startsWith(callback),
        });
        assert.ok(new URL(back.next).searchParams.get('code'));
    } finally {
        await secure.close();
    }
});

test("access tokens come in Scalekit's shape where a test wants them so", async () => {
    const other = await startProvider({ mode: 'full-stack', accessTokens: 'scalekit' });
    atEnd(() => other.close());
    const { answer, verifier } = await authorize({}, { at: other });
    const tokens = (await exchange(answer.get('code'), verifier, { at: other, ...byPost })).json;
    const keys = createRemoteJWKSet(new URL(`${other.url}/keys`));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
        issuer: other.issuer,
        audience: client.id,
        typ: 'JWT',
    });
    assert.match(protectedHeader.kid, /^snk_\d+$/);
    const { sub, oid, roles, scope, client_id: issuedTo } = payload;
    assert.deepEqual(
        [sub, oid, roles, scope, issuedTo],
        ['conn_hooli;gavin', 'org_111', ['admin'], 'openid profile email', client.id],
    );

    const ofMachine = (await jwtVerify(mintAccessToken(other, machine()), keys)).payload;
    assert.deepEqual(
        [ofMachine.aud, ofMachine.scope, ofMachine.sid, ofMachine.sub],
        [undefined, undefined, undefined, 'm2morg_1'],
    );
    const url = 'https://mcp.example/mcp';
    const forServer = (await jwtVerify(mintAccessToken(other, mcp(url, 'res_1')), keys)).payload;
    assert.deepEqual([forServer.aud, forServer.resid], [[url, 'res_1'], 'res_1']);
});
