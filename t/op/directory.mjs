// The organizations, connections and users that the local provider knows. Small on purpose: two
// tenants that differ in everything, one with two connections, one that cannot sign in, and one
// social provider.

export const organizations = [
    { id: 'org_111', name: 'Hooli', domains: ['hooli.example'] },
    { id: 'org_222', name: 'Initech', domains: ['initech.example', 'initech.test'] },
    { id: 'org_333', name: 'Pied Piper', domains: ['piedpiper.example'] },
];

export const connections = [
    { id: 'conn_hooli', organization: 'org_111', type: 'SAML', active: true },
    { id: 'conn_hooli_partners', organization: 'org_111', type: 'OIDC', active: true },
    { id: 'conn_initech', organization: 'org_222', type: 'OIDC', active: true },
    { id: 'conn_piedpiper', organization: 'org_333', type: 'SAML', active: false },
    { id: 'conn_google', provider: 'google', type: 'OAUTH', active: true },
    { id: 'conn_otp', type: 'PASSWORDLESS', active: true },
];

export const users = [
    person('conn_hooli', 'gavin', 'Gavin', 'Belson', 'gavin@hooli.example'),
    person('conn_hooli', 'denpok', 'Dénpok', 'Singh, Jr.', 'denpok@hooli.example'),
    person('conn_hooli_partners', 'jian', 'Jian', 'Yang', 'jian@partner.example'),
    person('conn_initech', 'peter', 'Peter', 'Gibbons', 'peter@initech.example'),
    person('conn_initech', 'milton', 'Milton', 'Waddams', 'milton@initech.test'),
    person('conn_google', '1029', 'Monica', 'Hall', 'monica@mail.example'),
];

function person(connection, id, given, family, email) {
    return {
        connection,
        sub: `${connection};${id}`,
        given_name: given,
        family_name: family,
        name: `${given} ${family}`,
        email,
        picture: `https://pictures.example/${id}.png`,
    };
}

export const connectionById = (id) => connections.find((connection) => connection.id === id);

export const organizationById = (id) =>
    organizations.find((organization) => organization.id === id);

export const organizationByDomain = (domain) =>
    organizations.find((organization) => organization.domains.includes(domain?.toLowerCase()));

export const usersOf = (connection) => users.filter((user) => user.connection === connection.id);

// A subject names its connection, as in Scalekit's Modular SSO: "conn_…;<id at the identity
// provider>". Whoever is not in the table came in by one-time password and belongs to no
// organization.
export function userBySubject(sub) {
    const known = users.find((user) => user.sub === sub);
    if (known || !sub.startsWith('conn_otp;')) {
        return known;
    }
    return { connection: 'conn_otp', sub, email: sub.slice('conn_otp;'.length) };
}

// The claims of a user in Scalekit's words: `oid` is the organization, `amr` holds the connection.
export function claimsOf(user) {
    const { connection: id, ...profile } = user;
    const { organization } = connectionById(id);
    return {
        ...profile,
        ...(organization && { oid: organization }),
        amr: [id],
        ...(profile.email && { email_verified: true, preferred_username: profile.email }),
    };
}
