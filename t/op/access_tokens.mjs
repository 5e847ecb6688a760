// Access tokens of any shape, signed with a provider's present key: those that the local provider
// itself does not issue, and those that nobody should accept.
//
//     mintAccessToken(provider)                                     a user's, of Full Stack Auth
//     mintAccessToken(provider, { oid: 'org_2', exp: now() - 60 })  other claims
//     mintAccessToken(provider, { aud: undefined })                 without this claim
//     mintAccessToken(provider, machine())                          an organization's API client's
//     mintAccessToken(provider, mcp(url, 'res_1'))                  for an MCP server
//     mintAccessToken(provider, {}, { typ: 'at+jwt' })              another header
//     mintAccessToken(provider, {}, {}, { alg: 'HS256', key: 'x' }) signed by something else
//
// `provider` is what startProvider() or startHostile() answers.

import { randomBytes } from 'node:crypto';

import { compact } from './jwt.mjs';

export const now = () => Math.floor(Date.now() / 1000);

// The claims are the defaults of Scalekit's Full Stack Auth with `claims` laid over them; so it is
// with the header. A member that is undefined is left out.
export function mintAccessToken(provider, claims = {}, header = {}, by = undefined) {
    const { alg, kid, privateKey } = provider.key;
    return compact(
        { alg, kid, typ: 'JWT', ...header },
        { ...userClaims(provider), ...claims },
        by ?? { alg, key: privateKey },
    );
}

function userClaims(provider) {
    const clientId = provider.client.id;
    return {
        iss: provider.issuer,
        aud: [clientId],
        sub: 'usr_1',
        oid: 'org_111',
        sid: 'ses_1',
        client_id: clientId,
        roles: ['admin'],
        permissions: ['workspace_data:read', 'workspace_data:write'],
        scope: 'openid profile email',
        ...lifetime(300),
    };
}

const lifetime = (seconds) => ({
    iat: now(),
    nbf: now(),
    exp: now() + seconds,
    jti: `tkn_${randomBytes(9).toString('hex')}`,
});

// What a user's token has and these have not.
const nobody = {
    sid: undefined,
    roles: undefined,
    permissions: undefined,
    scope: undefined,
};

// An organization's API client (client_credentials): no audience, scopes as a list, nobody signed
// in.
export function machine(claims = {}) {
    const id = claims.client_id ?? 'm2morg_1';
    return {
        ...nobody,
        aud: undefined,
        sub: id,
        client_id: id,
        scopes: ['deploy:applications', 'read:deployments'],
        ...lifetime(86_400),
        ...claims,
    };
}

// A user's token for an MCP server: the audience is its URL and Scalekit's id of it, scopes come in
// both forms.
export function mcp(url, resource, claims = {}) {
    return {
        permissions: undefined,
        aud: [url, resource],
        resid: resource,
        client_id: 'm2m_1',
        scope: 'mcp:read mcp:write',
        scopes: ['mcp:read', 'mcp:write'],
        ...lifetime(3_600),
        ...claims,
    };
}
