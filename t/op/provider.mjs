// A local OpenID provider in the shape of a Scalekit environment: the certified npm oidc-provider
// with Scalekit's paths, claims, routing parameters and error codes. A library (startProvider) and
// a program:
//
//     node t/op/provider.mjs --port 9400 [--https] [--login page] [--mode full-stack]
//
// It is a test double: its users and secrets are public, and it listens on the loopback interface
// only.

import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Provider, { errors } from 'oidc-provider';

import { certificates } from './certificates.mjs';
import { handleControl } from './control.mjs';
import * as directory from './directory.mjs';
import { Journal, withoutSecrets } from './journal.mjs';
import { loginPage } from './login_page.mjs';
import { memoryAdapter } from './memory_adapter.mjs';
import {
    resourceConfiguration,
    scalekitAccessToken,
    serveResource,
} from './resources.mjs';
import { defaultUser, route } from './routing.mjs';
import { signingKey } from './signing_keys.mjs';

export const client = { id: 'skc_1001', secret: 'test_secret/+=%:of the local provider' };
export const basicClient = { id: 'skc_1002', secret: client.secret };

const paths = {
    authorization: '/oauth/authorize',
    token: '/oauth/token',
    jwks: '/keys',
    userinfo: '/userinfo',
    end_session: '/oidc/logout',
    revocation: '/revoke',
    introspection: '/oauth/introspect',
};
const routingParams = ['connection_id', 'organization_id', 'domain', 'domain_hint', 'provider'];
const profileClaims = [
    'name',
    'given_name',
    'family_name',
    'picture',
    'preferred_username',
    'locale',
];

// Starts a provider. Options: port (0 = any free one), host, issuer (default: where it listens),
// tls (true = https with a certificate of the test authority), login ('auto' signs the first
// suitable user in, 'page' asks), mode ('modular' or 'full-stack', see routing.mjs), resources (see
// resources.mjs), accessTokens ('standard' as oidc-provider makes them, opaque for a login and of
// RFC 9068 for a resource; 'scalekit' all JWTs in Scalekit's shapes). Answers
// {issuer, url, client, journal, ca, control, close, key (the one that signs now)}.
export async function startProvider(options = {}) {
    const { port = 0, host = '127.0.0.1', tls = false, login = 'auto', mode = 'modular' } = options;
    const { resources, accessTokens = 'standard' } = options;
    const authority = tls ? certificates() : undefined;
    const server = tls ? https.createServer(authority.good) : http.createServer();
    await new Promise((resolve, reject) =>
        server.once('error', reject).listen(port, host, resolve),
    );

    const url = `${tls ? 'https' : 'http'}://${host}:${server.address().port}`;
    const state = {
        issuer: options.issuer ?? url,
        login,
        mode,
        journal: new Journal(),
        delays: new Map(),
        keys: [signingKey()],
        adapter: memoryAdapter(),
        cookieKeys: [randomBytes(32).toString('hex')],
        resources: resources ?? [],
        accessTokens,
        accessTokenLife: 300,
        issuerForm: 'environment',
    };
    let current = build(state);

    const control = {
        delay: (path, milliseconds) => state.delays.set(path, milliseconds),
        login: (kind) => {
            state.login = kind;
        },
        // Sessions, codes and tokens survive a rotation: they live in the adapter. oidc-provider
        // itself wants its keys at construction.
        rotateKeys: (how = 'replace') => {
            state.keys = how === 'prepend' ? [signingKey(), ...state.keys] : [signingKey()];
            current = build(state);
        },
        // Resources are known by where they are, which a test may learn after the provider's port.
        resources: (list) => {
            state.resources = list;
            current = build(state);
        },
        accessTokenLife: (seconds) => {
            state.accessTokenLife = seconds;
            current = build(state);
        },
        // Which issuer Scalekit's tokens for a resource name: 'environment' or 'resource'.
        issuerForm: (form) => {
            state.issuerForm = form;
        },
    };

    server.on('request', async (request, response) => {
        if (await handleControl(request, response, state, control)) {
            return;
        }
        const entry = state.journal.note(request, url);
        const delay = state.delays.get(entry.path);
        if (delay) {
            await new Promise((resolve) => setTimeout(resolve, delay));
        }
        request.journalEntry = entry;
        response.on('finish', () => {
            entry.status = response.statusCode;
        });
        if (entry.path.startsWith('/interaction/')) {
            await interact(current, state, request, response);
        } else if (!serveResource(request, response, state)) {
            current.callback()(request, response);
        }
    });

    const close = () =>
        new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections();
        });
    return {
        issuer: state.issuer,
        url,
        client,
        journal: state.journal,
        ca: authority?.ca,
        control,
        close,
        get key() {
            return state.keys[0];
        },
    };
}

function build(state) {
    const { issuer, keys, adapter, cookieKeys, resources, accessTokens, accessTokenLife } = state;
    const more = resources.length > 0 ? resourceConfiguration(state) : undefined;
    const provider = new Provider(issuer, {
        adapter,
        clients: [
            clientMetadata(client, 'client_secret_post'),
            clientMetadata(basicClient, 'client_secret_basic'),
            ...(more?.clients ?? []),
        ],
        routes: paths,
        jwks: { keys: keys.map((key) => key.privateJwk) },
        cookies: { keys: cookieKeys },
        // Scalekit puts the profile into the ID token also in the code flow.
        conformIdTokenClaims: false,
        claims: {
            openid: ['sub', 'oid', 'amr', 'sid'],
            profile: profileClaims,
            email: ['email', 'email_verified'],
        },
        scopes: ['openid', 'offline_access', ...(more?.scopes ?? [])],
        extraParams: routingParams,
        pkce: { required: () => true, methods: ['S256'] },
        features: {
            devInteractions: { enabled: false },
            backchannelLogout: { enabled: true },
            revocation: { enabled: true },
            introspection: { enabled: true },
            rpInitiatedLogout: { enabled: true, logoutSource: confirmLogoutAtOnce },
            ...more?.features,
        },
        interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
        findAccount: (ctx, sub, token) => account(sub, token),
        loadExistingGrant: grantEverythingAsked,
        renderError: (ctx, out) => {
            ctx.type = 'text/plain';
            ctx.body = `${out.error}: ${out.error_description}\n`;
        },
        ttl: {
            AccessToken: accessTokenLife,
            ClientCredentials: accessTokenLife,
            AuthorizationCode: 600,
            IdToken: 3600,
            Interaction: 600,
            Grant: 86400,
            Session: 86400,
        },
        // The built-in guard refuses back-channel calls to loopback addresses, which is all there
        // is here.
        fetch: (target, { dispatcher, ...init }) => fetch(target, init),
    });
    provider.Client.prototype.redirectUriAllowed = redirectAllowed;
    provider.Client.prototype.postLogoutRedirectUriAllowed = redirectAllowed;
    provider.use(forgetBrowserSession);
    provider.use(noteForm);
    if (accessTokens === 'scalekit') {
        const signer = { issuer, client, key: keys[0] };
        provider.use(async (ctx, next) => {
            await next();
            scalekitAccessToken(signer, state, ctx);
        });
    }
    return provider;
}

function clientMetadata({ id, secret }, method) {
    return {
        client_id: id,
        client_secret: secret,
        token_endpoint_auth_method: method,
        redirect_uris: ['http://localhost/auth/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
        backchannel_logout_uri: 'http://localhost/auth/backchannel-logout',
        backchannel_logout_session_required: true,
    };
}

// Scalekit's rules for a development environment: exact hosts or one wildcard label, no query, no
// fragment. Everything below these test domains counts as registered.
function redirectAllowed(value) {
    const uri = URL.parse(value);
    return (
        uri !== null &&
        !value.includes('?') &&
        !value.includes('#') &&
        /(^|\.)(localhost|example|test)$|^127\.0\.0\.1$/.test(uri.hostname)
    );
}

// A broker has no single sign-on of its own: every authorize request goes to the identity provider,
// also when the browser was there a moment ago for another organization. Logout still finds the
// session.
function forgetBrowserSession(ctx, next) {
    if (ctx.path.startsWith(paths.authorization) && ctx.headers.cookie) {
        ctx.headers.cookie = ctx.headers.cookie
            .split(/;\s*/)
            .filter((pair) => !/^_session(\.|=)/.test(pair))
            .join('; ');
    }
    return next();
}

async function noteForm(ctx, next) {
    await next();
    if (ctx.method === 'POST' && ctx.oidc?.body) {
        Object.assign(ctx.req.journalEntry.params, withoutSecrets(ctx.oidc.body));
    }
}

function account(sub, token) {
    const user = directory.userBySubject(sub);
    return (
        user && {
            accountId: sub,
            claims: () => ({ ...directory.claimsOf(user), sid: token?.sessionUid }),
        }
    );
}

// First-party application: nobody is asked for consent.
async function grantEverythingAsked(ctx) {
    const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
    });
    const { scope, resource } = ctx.oidc.params;
    grant.addOIDCScope(scope);
    [resource ?? []].flat().forEach((one) => grant.addResourceScope(one, scope));
    await grant.save();
    return grant;
}

function confirmLogoutAtOnce(ctx, form) {
    ctx.body = `<!doctype html><title>Signing out</title>${form}
<script>const form = document.forms[0];
form.insertAdjacentHTML('beforeend', '<input type="hidden" name="logout" value="yes">'); form.submit();</script>`;
}

// The step at which a person proves who they are: routes the request, then signs in, shows the
// page, or fails.
async function interact(provider, state, request, response) {
    try {
        const { params, uid } = await provider.interactionDetails(request, response);
        const finish = (result) => provider.interactionFinished(request, response, result);
        const { connection, error, description } = route(params, state.mode);
        if (error) {
            return await finish({ error, error_description: description });
        }
        if (state.login === 'auto') {
            return await finish(signedIn(defaultUser(connection, params)));
        }
        if (request.method === 'POST') {
            const form = await readForm(request);
            const user = directory.userBySubject(form.get('sub') ?? '');
            if (form.has('cancel') || user?.connection !== connection.id) {
                return await finish({
                    error: 'authentication_not_completed',
                    error_description: 'sign-in was cancelled',
                });
            }
            return await finish(signedIn(user));
        }
        const users = directory.usersOf(connection);
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(
            loginPage({
                action: `/interaction/${uid}`,
                connection,
                organization: directory.organizationById(connection.organization),
                users: users.length > 0 ? users : [defaultUser(connection, params)],
            }),
        );
    } catch (failure) {
        response.statusCode = failure instanceof errors.SessionNotFound ? 400 : 500;
        response.end(`${failure.message}\n`);
    }
}

const signedIn = (user) => ({ login: { accountId: user.sub, amr: [user.connection] } });

async function readForm(request) {
    let body = '';
    for await (const chunk of request) {
        body += chunk;
    }
    return new URLSearchParams(body);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const { values } = parseArgs({
        options: {
            port: { type: 'string', default: '9400' },
            issuer: { type: 'string' },
            https: { type: 'boolean' },
            login: { type: 'string', default: 'auto' },
            mode: { type: 'string', default: 'modular' },
        },
    });
    const provider = await startProvider({
        ...values,
        port: Number(values.port),
        tls: values.https,
    });
    console.log(
        `issuer ${provider.issuer}\nclient_id ${client.id}\nclient_secret ${client.secret}`,
    );
    for (const signal of ['SIGINT', 'SIGTERM']) {
        process.once(signal, () => provider.close());
    }
}
