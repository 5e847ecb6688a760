// A certificate authority for one test run, made with the openssl program in a temporary folder:
// good server certificates for the loopback names, and the bad ones that a client has to refuse.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Clients accept no wildcard directly below a top-level name.
const loopbackNames =
    'IP:127.0.0.1,DNS:localhost,DNS:app.localhost,DNS:*.app.localhost,DNS:app.example,DNS:*.app.example';

// Made in no time, unlike RSA keys: what most tests use.
const ellipticCurve = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

let made;

// Answers {folder, ca (PEM), caFile, good, rsa, expired, wrongName, unknownAuthority}; each kind is
// {key, cert, keyFile, certFile}. Made once per process; the folder goes when the process ends.
export function certificates() {
    made ??= make(mkdtempSync(join(tmpdir(), 'scalekit-ca-')));
    return made;
}

function make(folder) {
    process.once('exit', () => execFileSync('rm', ['-rf', folder]));
    const openssl = (...args) =>
        execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });

    const authority = (name) =>
        openssl(
            'req',
            '-x509',
            '-newkey',
            ...ellipticCurve,
            '-nodes',
            '-days',
            '2',
            '-subj',
            `/CN=${name}`,
            '-addext',
            'basicConstraints=critical,CA:true',
            '-keyout',
            `${name}.key`,
            '-out',
            `${name}.pem`,
        );
    authority('ca');
    authority('stranger');

    const issue = (name, options = {}) => {
        const { by = 'ca', names = loopbackNames, validity = ['-days', '2'] } = options;
        openssl(
            'req',
            '-newkey',
            ...(options.key ?? ellipticCurve),
            '-nodes',
            '-subj',
            '/CN=test',
            '-keyout',
            `${name}.key`,
            '-out',
            `${name}.csr`,
        );
        writeFileSync(join(folder, `${name}.cnf`), authorityConfig(name, by, names));
        writeFileSync(join(folder, `${name}.index`), '');
        openssl(
            'ca',
            '-batch',
            '-notext',
            '-config',
            `${name}.cnf`,
            '-in',
            `${name}.csr`,
            '-out',
            `${name}.pem`,
            ...validity,
        );
        const keyFile = join(folder, `${name}.key`);
        const certFile = join(folder, `${name}.pem`);
        return { key: readFileSync(keyFile), cert: readFileSync(certFile), keyFile, certFile };
    };

    let rsa;
    return {
        folder,
        caFile: join(folder, 'ca.pem'),
        ca: readFileSync(join(folder, 'ca.pem'), 'utf8'),
        good: issue('good'),
        get rsa() {
            return (rsa ??= issue('rsa', { key: ['rsa:2048'] }));
        },
        expired: issue('expired', {
            validity: ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'],
        }),
        wrongName: issue('wrong-name', { names: 'DNS:elsewhere.example' }),
        unknownAuthority: issue('unknown-authority', { by: 'stranger' }),
    };
}

// `openssl ca` is the one command of every OpenSSL 3 that can sign with dates in the past.
function authorityConfig(name, by, names) {
    return `[ca]
default_ca = this
[this]
database = ${name}.index
new_certs_dir = .
rand_serial = yes
certificate = ${by}.pem
private_key = ${by}.key
default_md = sha256
policy = anything
x509_extensions = server
[anything]
commonName = supplied
[server]
basicConstraints = CA:false
subjectAltName = ${names}
`;
}
