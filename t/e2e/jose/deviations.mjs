// Where the module and jose (version 6) do not agree about a token, and why that is right. A name
// stands for every mutation of that name: all of them deviate, and nothing else does.

const both = (names) => names.flatMap((name) => [`header: ${name}`, `payload: ${name}`]);

// jose accepts, the module refuses: all of them stricter readings.
const stricter = [
    {
        why:
            'Member names must be unique (RFC 7515 section 4, RFC 7519 section 4); a reader ' +
            'may take the last of several, but two readers of one token then see two tokens. ' +
            'jose takes the last.',
        names: [
            ...both([
                'a member twice',
                'a member twice, once in escapes',
                'a member twice, deep inside',
            ]),
            'header: alg twice',
            'header: alg twice, the first one wrong',
            'payload: sub twice',
            'payload: sub twice, the first one wrong',
        ],
    },
    {
        why:
            'NUL ends a string for everything that is written in C, which is where claims ' +
            'go: to nginx variables, headers and logs. No issuer has a use for it.',
        names: [
            ...both(['an escape of NUL', 'an escape of NUL in a name']),
            'keys: a kid with NUL',
        ],
    },
    {
        why:
            'Half a surrogate pair is no Unicode text and has no UTF-8 (RFC 8259 section ' +
            '8.2, RFC 8725 section 3.7). JavaScript strings can hold it, so jose does.',
        names: both([
            'half a pair of surrogates',
            'the other half of a pair of surrogates',
            'a pair of surrogates the wrong way round',
        ]),
    },
    {
        why:
            'JSON begins with no byte order mark (RFC 8259 section 8.1); a reader may ignore ' +
            'one. jose does, because the TextDecoder of JavaScript drops it.',
        names: both(['a byte order mark']),
    },
    {
        why:
            'Nesting is limited to 32 levels (RFC 8259 section 9 allows limits), so that no ' +
            'token can exhaust the stack of a worker. JSON.parse has no limit of its own.',
        names: both([
            'nesting of 33 levels',
            'nesting of 2000 levels',
            'nesting of 33 levels of objects',
        ]),
    },
    {
        why:
            'Numbers that a 64-bit integer or a double cannot hold are refused (RFC 8259 ' +
            'section 6 allows limits); JSON.parse makes Infinity or another number of them.',
        names: both([
            'a number of 1e999',
            'a number of -1e999',
            'an integer beyond 64 bits',
            'an integer far below 64 bits',
        ]),
    },
    {
        why:
            'typ is a string (RFC 7515 section 4.1.9). jose looks at it only when it is ' +
            'asked for a type.',
        names: ['header: typ of null', 'header: typ of a number', 'header: typ of a list'],
    },
    {
        why:
            'The module understands no extension, so none may be critical (RFC 7515 section ' +
            '4.1.11), and JWTs must not use b64 (RFC 7797 section 7). jose implements b64, ' +
            'lets a b64 of true pass, and does not look at one that is not critical.',
        names: [
            'header: critical b64 of true',
            'header: b64 of true',
            'header: b64 of false',
            'header: unencoded payload, any',
        ],
    },
    {
        why:
            'A header with enc is one of an encrypted token (RFC 7516 section 9). There was ' +
            'a library that skipped the signature then (CVE-2024-33531). jose tells JWS from ' +
            'JWE by its parts alone.',
        names: ['header: enc', 'header: enc of null'],
    },
    {
        why:
            'base64url in JOSE has no padding, no white space and nothing else behind the ' +
            'last byte (RFC 7515 section 2; unused bits are zero, RFC 4648 section 3.5), so ' +
            'that a token has one text: verdicts are remembered by it. jose decodes as ' +
            'atob() does. The signature is not covered by itself: anybody can write it so; ' +
            'header and payload only who signs.',
        names: ['padding', 'other unused bits', 'white space'].flatMap((form) => [
            `encoding: ${form} of the signature`,
            `encoding: ${form} of the header, signed`,
            `encoding: ${form} of the payload, signed`,
        ]),
    },
    {
        why:
            'The numbers of a JWK are strict base64url like everything else (RFC 7518 ' +
            'section 6.3.1.1).',
        names: ['keys: a modulus with padding', 'keys: a modulus with white space'],
    },
    {
        why: 'A coordinate is exactly as long as the field (RFC 7518 section 6.2.1.2).',
        names: ['keys: a coordinate with a zero before it'],
    },
    {
        why:
            'A published key that holds any private or symmetric member is not used: its ' +
            'owner mistook what to publish. jose looks at "d" alone.',
        names: ['keys: a symmetric member', 'keys: a private member of RSA', 'keys: oth'],
    },
    {
        why:
            'A kid is a string (RFC 7517 section 4.5), of 1 to 256 bytes in a token: it ' +
            'comes from the client and is compared before anything is verified (RFC 8725 ' +
            'section 3.10).',
        names: [
            'keys: no kid, and a key with kid of null',
            'keys: an empty kid of both',
            'keys: a kid of 257 bytes',
        ],
    },
    {
        why: 'A key set has at most 100 entries, so that reading one has bounds.',
        names: ['keys: 101 entries'],
    },
    {
        why:
            'With an exponent of 1 a signature is the padded message itself, for everybody ' +
            'to make. OpenSSL, and with it the WebCrypto of Node, takes such a key.',
        names: ['keys: a forgery for an exponent of 1'],
    },
    {
        why:
            'Dates beyond the year 9999 cannot be written as one and are mistakes of unit or ' +
            'attacks.',
        names: [
            'claims: exp of a millionth year',
            'claims: exp of 1e300',
            'claims: exp of 1e999',
            'claims: exp of 9223372036854775808',
        ],
    },
    {
        why:
            'Dates are cut to whole seconds, as nginx counts them: a token may end up to one ' +
            'earlier.',
        names: ['claims: exp a fraction of a second ago, less the leeway'],
    },
    {
        why:
            'A token from the future is none (the clock of the module is wrong, or that of ' +
            'the issuer); jose compares iat only when it is asked for the age. Dates before ' +
            '1970 are none.',
        names: ['claims: iat in the future', 'claims: nbf below zero'],
    },
    {
        why:
            'jose asks claims to be there, not to be of a form (RFC 7519 section 4.1.2, RFC ' +
            '9068 section 2.2, RFC 8693 section 4.2): a subject is 1 to 255 bytes of text ' +
            '(OpenID Connect Core section 2).',
        names: [
            'claims: an empty sub',
            'claims: sub of a number',
            'claims: sub of 256 bytes',
            'claims: sub with a line end',
            'claims: aud with a number in its list',
            'claims: scope of a number',
            'claims: scopes of a text',
            'claims: an empty client_id, of type at+jwt',
            'claims: jti of a number, of type at+jwt',
        ],
    },
    {
        why:
            'Tokens of one kind must not pass as another (RFC 8725 section 3.12): what ID ' +
            'tokens and logout tokens carry refuses one of type JWT, which has to show that ' +
            'it is an access token. jose has no rule for that.',
        names: [
            'claims: events',
            'claims: nonce, of type JWT',
            'claims: at_hash, of type JWT',
            'claims: amr, of type JWT',
            'claims: neither scope nor jti, of type JWT',
        ],
    },
];

// The module accepts, jose refuses. No part of a token does that: they are about published keys.
const looser = [
    {
        why:
            'Keys that share a kid: RFC 7517 section 4.5 only says that they should not. ' +
            'jose leaves it to its caller to try them one by one, the module does that ' +
            "itself, up to four. A test below does the same with jose's error and gets the " +
            "module's verdict.",
        names: [
            'keys: two keys with its kid, the right one last',
            'keys: two keys with its kid, the right one first',
            'keys: the right key twice',
        ],
    },
    {
        why:
            'key_ops may hold more than verify, and names that are not known (RFC 7517 ' +
            'section 4.3). WebCrypto imports public keys for verify alone.',
        names: ['keys: key_ops of verify and sign', 'keys: key_ops of verify and an unknown one'],
    },
    {
        why:
            'ext belongs to WebCrypto and says nothing about a public key; unknown members ' +
            'are ignored (RFC 7517 section 4).',
        names: ['keys: ext that is no boolean'],
    },
    {
        why:
            'Entries of a set that cannot be used are ignored (RFC 7517 section 5), whatever ' +
            'they are: one of them must not put out the others. jose ignores only those that ' +
            'are objects.',
        names: ['keys: an entry that is no object beside it'],
    },
];

const rows = (groups, accepts) =>
    groups.flatMap(({ names, why }) => names.map((name) => [name, { accepts, why }]));

export const deviations = new Map([...rows(stricter, 'jose'), ...rows(looser, 'module')]);
