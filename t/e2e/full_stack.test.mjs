// Full Stack Auth: what a person may do stands in the access token of the login. Roles, permissions
// and scopes of one that is really of this login count for the session; of any other they do not,
// and the login completes all the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mcp, mintAccessToken, now } from '../op/access_tokens.mjs';
import { startHostile } from '../op/hostile.mjs';
import { decode, withFlippedBit } from '../op/jwt.mjs';
import { startProvider } from '../op/provider.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { bearer, call } from './api.mjs';
import { send } from './browser.mjs';
import { atEnd } from './cleanup.mjs';
import { identityOf } from './conf.mjs';
import { hostileLogin, login, startSite } from './site.mjs';
import { startTap } from './tap.mjs';

const places = (it) => `
    add_header X-Roles "$scalekit_method|$scalekit_roles|$scalekit_permissions" always;
    add_header X-Scopes "$scalekit_scopes|$scalekit_claim_scope" always;
    location / { ${it.proxyPass} }
    location /admin { scalekit_require roles owner admin; ${it.proxyPass} }
    location /owner { scalekit_require roles owner; ${it.proxyPass} }
    location /write {
        scalekit_require permissions workspace_data:write;
        scalekit_require roles admin;
        ${it.proxyPass}
    }
    location /delete { scalekit_require permissions workspace_data:delete; ${it.proxyPass} }
    location /email { scalekit_require scope email; ${it.proxyPass} }
    location /deploy { scalekit_require scopes deploy; ${it.proxyPass} }
    location /api { scalekit_bearer on; scalekit_require roles admin; ${it.proxyPass} }`;

const provider = await startProvider({ mode: 'full-stack', accessTokens: 'scalekit' });
atEnd(() => provider.close());
const tap = await startTap(provider);
atEnd(() => tap.close());
const site = await startSite({
    provider,
    settings: { endpoint: tap.endpoint },
    server: '',
    locations: places,
});

const statuses = async (browser, paths, at = site) => {
    const answers = [];
    for (const path of paths) {
        answers.push((await browser.script(at.url(path))).status);
    }
    return answers;
};

test('roles, permissions and scope of the access token count for the session', async () => {
    const browser = site.browser();
    const seen = await login(browser, site.url('/page'));
    const access = decode(tap.answers.at(-1).access_token).claims;
    const id = decode(tap.answers.at(-1).id_token).claims;
    assert.deepEqual([access.roles, id.roles, id.scope], [['admin'], undefined, undefined]);

    const identity = identityOf(seen);
    assert.equal(identity.sub, 'conn_hooli;gavin');
    assert.equal(identity.roles, 'admin');
    assert.equal(identity.permissions, 'workspace_data:read,workspace_data:write');
    assert.equal(identity.scopes, 'openid,profile,email');
    assert.equal(identity['client-id'], undefined, 'the client is no news to a session');

    const response = await browser.script(site.url('/'));
    assert.equal(
        response.headers['x-roles'],
        'session|admin|workspace_data:read,workspace_data:write',
    );
    assert.equal(response.headers['x-scopes'], 'openid,profile,email|openid profile email');
    assert.deepEqual(
        await statuses(browser, [
            '/admin',
            '/owner',
            '/write',
            '/delete',
            '/email',
            '/deploy',
            '/api',
        ]),
        [200, 403, 200, 403, 200, 403, 200],
    );
});

test('a requirement that the session does not meet: 403, a page or JSON, no login, the rule in the log alone', async () => {
    const browser = site.browser();
    await login(browser, site.url('/page'));
    const before = site.upstream.requests.length;
    const count = site.nginx.refusals().length;
    const page = await browser.navigate(site.url('/owner'));
    assert.deepEqual([page.status, page.location], [403, undefined]);
    assert.match(page.headers['content-type'], /^text\/html/);
    const script = await browser.script(site.url('/deploy'));
    assert.equal(script.status, 403);
    assert.deepEqual([script.json.error, script.json.reason], ['refused', 'insufficient_scope']);
    assert.equal(script.headers['www-authenticate'], undefined);
    for (const { text } of [page, script]) {
        assert.doesNotMatch(text, /owner|deploy|scalekit_require/);
    }
    assert.deepEqual(
        site.nginx
            .refusals()
            .slice(count)
            .map(({ level, reason }) => [level, reason]),
        [
            ['info', 'requirement_unmet'],
            ['info', 'insufficient_scope'],
        ],
    );
    assert.match(site.nginx.log, /reason=requirement_unmet .*\(scalekit_require roles owner, found "admin"\)/);
    assert.equal(site.upstream.requests.length, before, 'the upstream is not called');
    assert.equal((await browser.script(site.url('/admin'))).status, 200, 'the session goes on');
});

test('a person is the same by the session and by the access token itself, and never a mixture of both', async () => {
    const browser = site.browser();
    await login(browser, site.url('/page'));
    const { access_token: token } = tap.answers.at(-1);
    const identity = identityOf((await call(site, token, { path: '/api' })).json);
    assert.deepEqual(
        [identity.sub, identity.roles, identity['client-id']],
        ['conn_hooli;gavin', 'admin', provider.client.id],
    );
    const poor = mintAccessToken(provider, { roles: ['viewer'] });
    const headers = { cookie: browser.cookieHeader(site.url()), ...bearer(poor) };
    const response = await send(site.url('/api'), { headers });
    assert.equal(response.status, 403, 'the roles of the session do not help the token');
});

const hostile = await startHostile();
atEnd(() => hostile.close());
const other = await startSite({ provider: hostile, level: 'debug', locations: places });

const thief = signingKey('RS256');
const sub = 'conn_hooli;gavin'; // whom the hostile provider signs in
const mint = (claims, header, by) => mintAccessToken(hostile, { sub, ...claims }, header, by);

// Signs in at the hostile provider, whose token response holds this access token, with claims laid
// over those of the ID token.
async function loginWith(accessToken, claims = {}) {
    const browser = other.browser();
    const before = other.nginx.log.length;
    const response = await hostileLogin(other, browser, {
        claims: (honest) => ({ ...honest, at_hash: undefined, ...claims }),
        tokens: (answer) => ({ ...answer, access_token: accessToken }),
    });
    assert.equal(response.status, 302, `the login completes: ${response.text.slice(0, 300)}`);
    const seen = await browser.script(other.url('/page'));
    assert.equal(seen.status, 200);
    const lines = other.nginx.log.slice(before).split('\n');
    const notices = lines.filter((line) => line.includes('the access token of a login'));
    return { browser, identity: identityOf(seen.json), lines, notices };
}

test('the access token of the hostile provider counts while nothing is wrong with it', async () => {
    const { browser, identity, notices } = await loginWith(mint());
    assert.deepEqual(notices, []);
    assert.deepEqual([identity.sub, identity.roles], [sub, 'admin']);
    assert.deepEqual(
        await statuses(browser, ['/admin', '/write', '/email'], other),
        [200, 200, 200],
    );
});

const useless = {
    'a bad signature': [() => withFlippedBit(mint(), 99), 'signature_invalid'],
    'a signature of somebody else': [
        () => mint({}, {}, { alg: 'RS256', key: thief.privateKey }),
        'signature_invalid',
    ],
    'an unknown key': [
        () => mint({}, { kid: thief.kid }, { alg: 'RS256', key: thief.privateKey }),
        'key_unknown',
    ],
    'no signature': [() => mint({}, { alg: 'none' }, { alg: 'none' })],
    'a signature by the public key as a secret': [
        () => {
            const key = hostile.key.publicKey.export({ format: 'pem', type: 'spki' });
            return mint({}, { alg: 'HS256' }, { alg: 'HS256', key });
        },
    ],
    'another subject': [() => mint({ sub: 'conn_hooli;denpok' }), 'subject_missing'],
    'no subject': [() => mint({ sub: undefined }), 'subject_missing'],
    'another organization': [() => mint({ oid: 'org_222' }), 'organization_mismatch'],
    'another client': [() => mint({ client_id: 'skc_1002' }), 'authorized_party_mismatch'],
    'another azp': [() => mint({ azp: 'skc_1002' }), 'authorized_party_mismatch'],
    'another issuer': [() => mint({ iss: `${hostile.issuer}/` }), 'issuer_mismatch'],
    'no issuer': [() => mint({ iss: undefined }), 'issuer_mismatch'],
    'an exp that is over': [() => mint({ exp: now() - 60 }), 'token_expired'],
    'no exp': [() => mint({ exp: undefined }), 'claims_malformed'],
    'an nbf to come': [() => mint({ nbf: now() + 600 }), 'token_not_yet_valid'],
    'scopes that are none': [() => mint({ scopes: 'deploy' }), 'claims_malformed'],
    'the type of a logout token': [() => mint({}, { typ: 'logout+jwt' }), 'token_type_mismatch'],
    'the claims of a logout token': [() => mint({ events: {} }), 'token_type_mismatch'],
    'the claims of an ID token': [() => mint({ nonce: 'x' }), 'token_type_mismatch'],
};

for (const [what, [accessToken, reason]] of Object.entries(useless)) {
    test(`an access token with ${what} is not used: the login completes without its roles`, async () => {
        const token = accessToken();
        const { browser, identity, lines, notices } = await loginWith(token);
        for (const name of ['roles', 'permissions', 'scopes']) {
            assert.equal(identity[name], undefined, name);
        }
        assert.equal(identity.sub, sub);
        assert.deepEqual(
            await statuses(browser, ['/admin', '/write', '/email'], other),
            [403, 403, 403],
        );
        if (reason) {
            const line = `\\[notice\\] .*scalekit: the access token of a login is not used: reason=${reason} environment=acme$`;
            assert.equal(notices.length, 1, 'one line');
            assert.match(notices[0], new RegExp(line));
        } else {
            assert.deepEqual(notices, [], 'what is no token of ours is any text');
        }
        const [, payload, signature] = token.split('.');
        for (const piece of [token, payload, signature].filter(Boolean)) {
            assert.deepEqual(
                lines.filter((line) => line.includes(piece)).slice(0, 1),
                [],
                'no token in the log',
            );
        }
    });
}

test('an access token that is opaque, empty or odd is not used, and nothing is said about it', async () => {
    const opaque = [
        '6jAk3Vt3mJ2Nl6vXw5Fh',
        'a.b',
        'a.b.c',
        '..',
        `${mint()}.x`,
        'a'.repeat(20_000),
        '\u00e9',
    ];
    for (const token of opaque) {
        const { browser, identity, notices } = await loginWith(token);
        assert.deepEqual(
            [identity.roles, identity.scopes, notices],
            [undefined, undefined, []],
            token.slice(0, 20),
        );
        assert.deepEqual(await statuses(browser, ['/admin', '/email'], other), [403, 403]);
    }
});

test('whose audience it is does not matter here: it was issued to this client', async () => {
    for (const claims of [
        { aud: undefined },
        { aud: ['https://api.example'] },
        mcp('https://mcp.example', 'res_1', { client_id: hostile.client.id }),
    ]) {
        const { identity, notices } = await loginWith(mint({ roles: ['admin'], ...claims }));
        assert.deepEqual([identity.roles, notices], ['admin', []]);
    }
});

test('an access token of RFC 9068 does as well', async () => {
    const { identity, notices } = await loginWith(mint({}, { typ: 'at+jwt' }));
    assert.deepEqual([identity.roles, notices], ['admin', []]);
});

test('roles of both tokens are united, each once, and nothing else of the access token is taken', async () => {
    const token = mint({
        roles: ['viewer', 'admin', 'viewer'],
        scope: 'openid email',
        scopes: ['deploy', 'email'],
        email: 'somebody@else.example',
        name: 'Somebody Else',
        oid: 'org_111',
        sid: 'ses_other',
        department: 'finance',
    });
    const claims = { roles: ['viewer', 'editor,owner'], email: 'gavin@hooli.example' };
    const { browser, identity } = await loginWith(token, claims);
    assert.deepEqual(identity.roles.split(',').sort(), ['admin', 'editor%2Cowner', 'viewer']);
    assert.deepEqual(identity.scopes.split(',').sort(), ['deploy', 'email', 'openid']);
    assert.equal(identity.email, 'gavin@hooli.example');
    assert.equal(identity.name, 'Gavin Belson');
    assert.equal(identity['connection-id'], 'conn_hooli');
    assert.equal(identity['session-id'], 'ses_1');
    assert.deepEqual(
        await statuses(browser, ['/admin', '/owner', '/email', '/deploy', '/write'], other),
        [200, 403, 200, 200, 200],
    );
});
