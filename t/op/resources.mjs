// APIs and MCP servers that the local provider issues access tokens for, and the clients that ask
// for them: registered dynamically or beforehand, people's or machines'. A resource is
// {url, id: 'res_…', scopes: […]}; Scalekit has a page of metadata for each.

import { randomInt } from 'node:crypto';
import { errors } from 'oidc-provider';

import { machine, mcp, mintAccessToken, now } from './access_tokens.mjs';
import * as directory from './directory.mjs';

// Known to the provider from the start: an MCP client without a secret, and an organization's API
// client.
export const publicClient = { id: 'm2m_2001' };
export const machineClient = {
    id: 'm2morg_3001',
    secret: 'secret_of_a_machine',
    organization: 'org_222',
    scopes: ['deploy:applications', 'read:deployments'],
};

// What oidc-provider is configured with besides, for these resources.
export function resourceConfiguration({ resources }) {
    const server = (url) => resources.find((resource) => resource.url === url);
    return {
        clients: [
            {
                client_id: publicClient.id,
                token_endpoint_auth_method: 'none',
                redirect_uris: ['http://localhost/callback'],
                response_types: ['code'],
                grant_types: ['authorization_code', 'refresh_token'],
            },
            {
                client_id: machineClient.id,
                client_secret: machineClient.secret,
                token_endpoint_auth_method: 'client_secret_basic',
                redirect_uris: [],
                response_types: [],
                grant_types: ['client_credentials'],
            },
        ],
        scopes: [...resources.flatMap(({ scopes }) => scopes), ...machineClient.scopes],
        features: {
            clientCredentials: { enabled: true },
            registration: {
                enabled: true,
                idFactory: () => `m2m_${randomInt(10 ** 12, 10 ** 13)}`,
            },
            resourceIndicators: {
                enabled: true,
                defaultResource: () => undefined,
                useGrantedResource: () => true,
                getResourceServerInfo: (ctx, url) => {
                    if (!server(url)) {
                        throw new errors.InvalidTarget('no such resource');
                    }
                    return {
                        audience: url,
                        scope: [...server(url).scopes, ...machineClient.scopes].join(' '),
                        accessTokenFormat: 'jwt',
                        jwt: { sign: { alg: 'RS256' } },
                    };
                },
            },
        },
    };
}

// Where a resource's authorization server is, as its metadata document and its tokens name it.
export const resourceIssuer = (url, { id }) => `${url}/resources/${id}`;

// Metadata of authorization servers (RFC 8414) in both places where Scalekit has them, and the
// paths that they name: `request.url` is changed to the provider's own path. Answers whether the
// request is dealt with.
export function serveResource(request, response, { resources, issuer }) {
    const { pathname, search } = new URL(request.url, issuer);
    if (pathname === '/.well-known/oauth-authorization-server') {
        request.url = '/.well-known/openid-configuration';
        return false;
    }
    const [, id, rest] =
        /^\/resources\/(res_\w+)(\/.*)$/.exec(pathname) ??
        /^()(\/\.well-known\/oauth-authorization-server\/resources\/res_\w+)$/.exec(pathname) ??
        /^\/api\/v1\/resources\/(res_\w+)(\/clients:register)$/.exec(pathname) ??
        [];
    if (id === undefined) {
        return false;
    }
    const resource = resources.find((candidate) => candidate.id === (id || rest.split('/').at(-1)));
    if (resource && /^\/\.well-known\/oauth-authorization-server/.test(rest)) {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(metadata(issuer, resource)));
        return true;
    }
    const own = { '/oauth/authorize': rest, '/oauth/token': rest, '/clients:register': '/reg' };
    if (!resource || !own[rest]) {
        response.statusCode = 404;
        response.end();
        return true;
    }
    request.url = `${own[rest]}${search}`;
    return false;
}

function metadata(issuer, resource) {
    const base = resourceIssuer(issuer, resource);
    return {
        issuer: base,
        authorization_endpoint: `${base}/oauth/authorize`,
        token_endpoint: `${base}/oauth/token`,
        registration_endpoint: `${issuer}/api/v1/resources/${resource.id}/clients:register`,
        jwks_uri: `${issuer}/keys`,
        scopes_supported: resource.scopes,
        response_types_supported: ['code'],
        grant_types_supported: ['authorization_code', 'client_credentials', 'refresh_token'],
        token_endpoint_auth_methods_supported: [
            'none',
            'client_secret_post',
            'client_secret_basic',
        ],
        code_challenge_methods_supported: ['S256'],
    };
}

// Puts an access token of Scalekit's making into the answer of the token endpoint.
export function scalekitAccessToken(provider, state, ctx) {
    const { AccessToken: user, ClientCredentials: client } = ctx.oidc?.entities ?? {};
    if (ctx.body?.access_token && (user ?? client)) {
        ctx.body.access_token = mintAccessToken(provider, claimsOf(user ?? client, state, ctx));
    }
}

function claimsOf(token, state, ctx) {
    const scope = token.scope ?? '';
    const life = { exp: now() + token.expiration };
    const resource = state.resources.find(({ url }) => url === token.resourceServer?.identifier());
    const forResource = (claims) => ({
        ...mcp(resource.url, resource.id, { scope, scopes: scope.split(' '), ...life }),
        ...(state.issuerForm === 'resource' && { iss: resourceIssuer(state.issuer, resource) }),
        ...claims,
    });
    if (token.kind === 'ClientCredentials') {
        const { id, organization } = machineClient;
        const asked = ctx.oidc.body?.scope ?? machineClient.scopes.join(' ');
        const itself = machine({
            client_id: id,
            oid: organization,
            scopes: asked.split(' '),
            ...life,
        });
        return resource ? forResource({ ...itself, aud: [resource.url, resource.id] }) : itself;
    }
    const user = {
        sub: token.accountId,
        oid: directory.claimsOf(directory.userBySubject(token.accountId)).oid,
        sid: token.sessionUid,
        client_id: token.clientId,
    };
    return resource ? forResource(user) : { ...user, aud: [token.clientId], scope, ...life };
}
