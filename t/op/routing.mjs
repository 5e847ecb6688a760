// Which connection an authorize request leads to. Scalekit's order: provider, connection,
// organization, domain, login hint; the first one that is set decides alone, and an invalid one
// fails instead of falling through. An unknown domain is no error but leads to the one-time
// password login.

import * as directory from './directory.mjs';

const refuse = (error, description) => ({ error, description });

const rules = [
    [
        'provider',
        (name) => {
            const connection = directory.connections.find(
                (candidate) => candidate.provider === name,
            );
            return connection
                ? { connection }
                : refuse('invalid_request', 'unknown social provider');
        },
    ],
    [
        'connection_id',
        (id) => {
            const connection = directory.connectionById(id);
            if (!connection) {
                return refuse('invalid_connection_id', 'no such connection');
            }
            return connection.active
                ? { connection }
                : refuse('connection_not_active', 'the connection is not active');
        },
    ],
    [
        'organization_id',
        (id) =>
            directory.organizationById(id)
                ? ofOrganization(id)
                : refuse('invalid_organization_id', 'no such organization'),
    ],
    ['domain', ofDomain],
    ['domain_hint', ofDomain],
    ['login_hint', (email) => ofDomain(email.split('@').at(-1))],
];

function ofOrganization(id) {
    const own = directory.connections.filter((connection) => connection.organization === id);
    if (own.length === 0) {
        return refuse('no_configured_connections', 'the organization has no connection');
    }
    const connection = own.find((candidate) => candidate.active);
    return connection
        ? { connection }
        : refuse('no_active_connections', 'the organization has no active connection');
}

function ofDomain(domain) {
    const organization = directory.organizationByDomain(domain);
    return organization
        ? ofOrganization(organization.id)
        : { connection: directory.connectionById('conn_otp') };
}

// mode "modular": nothing to route by is an error. mode "full-stack": it leads to the first
// connection.
export function route(params, mode = 'modular') {
    for (const [name, resolve] of rules) {
        if (params[name]) {
            return resolve(params[name]);
        }
    }
    return mode === 'modular'
        ? refuse(
              'invalid_connection_selector',
              'one of organization_id, connection_id, domain, provider is needed',
          )
        : { connection: directory.connections[0] };
}

// The user whom the identity provider behind the connection would sign in without asking.
export function defaultUser(connection, params) {
    const own = directory.usersOf(connection);
    const hinted = own.find((user) => user.email === params.login_hint);
    if (hinted || own.length > 0) {
        return hinted ?? own[0];
    }
    return directory.userBySubject(
        `conn_otp;${params.login_hint ?? `someone@${params.domain ?? 'nowhere.example'}`}`,
    );
}
