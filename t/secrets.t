# Secrets that are none: what nginx -t refuses as session_keys, client_secret or client_id, with the
# remedy in its message, and what it takes.

use lib 't/lib';
use Scalekit;
use Spec;
use Test::Nginx::Socket 'no_plan';

use File::Path 'make_path';
use File::Temp 'tempdir';

my $files = tempdir(CLEANUP => 1);
my $key = 'wq3uXnBv1mZs8KfPd0RaLtYc5hGeJ7oI';
my $other = '5f1d7c0a94e2b86837d9ce215ab04f6e';
my $count = 0;
delete $ENV{SCALEKIT_TEST_UNSET};

sub file {
    my ($content) = @_;
    my $name = "$files/" . ++$count;
    open my $file, '>:raw', $name or die "$name: $!";
    print $file $content;
    close $file;
    chmod 0600, $name;
    return "file:$name";
}

sub variable {
    my ($content) = @_;
    my $name = 'SCALEKIT_TEST_' . ++$count;
    $ENV{$name} = $content;
    return "env:$name";
}

# The same text by every way on which it can be said to be the secret.
sub everywhere { return map { (file($_), variable($_), "'literal:$_'") } @_ }

my $path = 'is a path, not the secret';
my $bare = 'did you mean file:PATH?';
my $variable = 'is a variable or a template that nothing has replaced';
my $scheme = 'begins with a scheme that is not known here; write file:PATH, env:NAME or literal:TEXT';
my $placeholder = 'is a placeholder; put the real one in its place';

# -- a forgotten file:

my @paths = (
    '/etc/nginx/scalekit/session_keys', 'scalekit/session_keys', './session_keys',
    '../secrets/session_keys', '~/session_keys', '@/etc/nginx/scalekit/session_keys', '/run/secrets/session-keys.txt',
    '/etc/nginx/scalekit/sessionkeys', '"/etc/my secrets/of nginx/session keys"',
    'C:/nginx/conf/session_keys', 'C:\\\\nginx\\\\conf\\\\session_keys', 'secrets/prod',
);
refusedAll($_, "$path; $bare", @paths) for qw(session_keys client_secret client_id);
refusedAll($_, "$path; $bare", 'session_keys.txt', 'secret.pem', 'scalekit.json')
    for qw(session_keys client_secret);
$spec .= <<"EOC" for qw(session_keys client_secret client_id);
=== refused: the name of a file beside nginx.conf as $_
--- environment
$_ my_secret;
--- user_files
>>> ../conf/my_secret
$key
--- config
location / { }
--- must_die
--- error_log
scalekit_environment "acme": "$_" is the name of a file; did you mean file:PATH?

EOC
refusedAll($_, "$path; name that file itself as file:PATH",
    everywhere('/etc/nginx/scalekit/session_keys', './scalekit/the-session_keys-of-the-site',
        '~/scalekit/environments/session_keys'),
    map { (file($_), variable($_)) } 'scalekit/environments/production/session_keys')
    for qw(session_keys client_secret);

# -- a variable, a template

my @variables = (
    '${SESSION_KEYS_FROM_THE_ENVIRONMENT}', '$SCALEKIT_SESSION_KEYS_OF_THE_SITE',
    '{{ vault_scalekit_session_keys_of_site }}', '<%= scalekit_session_keys_of_the_site %>',
    '%SCALEKIT_SESSION_KEYS_OF_THE_SITE%', '@SCALEKIT_SESSION_KEYS_OF_THE_SITE@',
    '__SCALEKIT_SESSION_KEYS_OF_THE_SITE__', '$(openssl rand -base64 48; true; true)',
    'ENC[AES256_GCM,data:Zm9vYmFyYmF6,iv:AAAA]', '%(ENV_SCALEKIT_SESSION_KEYS_OF_THE_SITE)s', '#{scalekit.session.keys.of.the.site}',
);
refusedAll($_, $variable, map { "'$_'" } @variables) for qw(session_keys client_secret client_id);
refusedAll('client_secret', $variable, everywhere(@variables));
refusedAll('session_keys', $variable, everywhere(grep { !/^#/ } @variables));
refusedAll($_, 'the name of an environment variable without any sign around it',
    'env:$SCALEKIT_KEYS', "'env:\${SCALEKIT_KEYS}'")
    for qw(session_keys client_secret);

# -- a scheme

my @schemes = map { "$_:/etc/nginx/scalekit/the_session_keys" }
    qw(FILE File ENV Env Literal vault arn:aws:secretsmanager secret);
refusedAll($_, $scheme, 'file=/etc/nginx/scalekit/session_keys', 'ENV=SCALEKIT_SESSION_KEYS', @schemes, 'https://vault.example/session_keys', 'op://vault/scalekit/key')
    for qw(session_keys client_secret client_id);
refusedAll($_, $scheme, everywhere('file:/etc/nginx/scalekit/session_keys',
    'env:SCALEKIT_SESSION_KEYS_OF_THE_SITE', 'FILE:/etc/nginx/scalekit/session_keys'))
    for qw(session_keys client_secret);
refusedAll('client_secret', 'is empty; it stands in the Scalekit dashboard', 'literal:', "''",
    file(''), file("\n\n"), variable(''));

# -- a placeholder

my @placeholders = (
    'CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME', 'change-me-to-32-bytes-of-randomness!!',
    'ChangeThisToSomethingLongAndSecret1234', '<put-32-bytes-of-randomness-in-here>',
    'YOUR_SESSION_KEYS_OF_AT_LEAST_32_BYTES', 'your-very-long-and-very-secret-session-key',
    'replace_with_output_of_openssl_rand_48', 'REPLACE-ME-WITH-AT-LEAST-32-BYTES-000',
    'insert-your-own-32-byte-secret-here-00', 'my-placeholder-of-thirty-two-bytes-0000',
    'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', '****************************************',
    '[the session keys of this environment]', 'paste_the_secret_from_the_dashboard_here',
);
refusedAll($_, $placeholder, (map {"'$_'"} @placeholders), everywhere(@placeholders))
    for qw(session_keys client_secret);
refusedAll('client_secret', $placeholder, 'client_secret', 'CLIENT-SECRET', 'TODO', 'xxx', 'null',
    "'test_...'", 'undefined', "'test_abc*****'");
refusedAll('client_id', $placeholder, 'skc_xxxxxxxxxx', 'YOUR_CLIENT_ID', "'<client_id>'");

refusedAll($_, 'is the name of a variable, not its value; write env:NAME',
    'SCALEKIT_SESSION_KEYS_FROM_THE_ENVIRONMENT', 'MY_SECRET_OF_SCALEKIT', file('SCALEKIT_SECRET_OF_PRODUCTION_1'),
    variable('SCALEKIT_SECRET_OF_PRODUCTION_1'))
    for qw(session_keys client_secret);

# -- keys

refusedAll('session_keys', 'is a key that stands in the configuration itself; keep it in a file and '
    . 'write file:PATH, or env:NAME, or literal:TEXT', $key, "'a passphrase of some thirty-two bytes'");
refusedAll('session_keys', 'line 1 has 31 bytes, a key needs at least 32; make a key with: openssl rand',
    everywhere(substr $key, 1), file(substr($key, 1) . "\r\n"));
refusedAll('session_keys', 'line 2 has 3 bytes', file("$key\nold\n"));
refusedAll('session_keys', 'holds no key; make a key with: openssl rand -base64 48', "''", 'literal:',
    file("\n\r\n\n"), file(''), variable(''));
refusedAll('session_keys', "line $_->[0] is a comment; write nothing but keys; make a key with",
    file($_->[1]))
    for [1, "# managed by ansible, do not edit this file\n$key\n"],
    [2, "$key\n# the key of last year, to be removed\n$other\n"],
    [1, "#$key\n$other\n"], [1, "; managed by puppet, do not edit this file\n$key\n"],
    [1, "// managed by puppet, do not edit this file\n$key\n"], [1, "# short\n$key\n"],
    [1, "-- managed by puppet, do not edit this file\n$key\n"],
    [1, "/* managed by puppet, do not edit this file */\n$key\n"],
    [1, "<!-- written by hand, for the whole site -->\n$key\n"],
    [1, "managed by ansible, do not edit this file\n$key\n"], [2, "$key\nDO-NOT-EDIT-THIS-FILE-IT-IS-WRITTEN-BY-A-TOOL\n"];
refusedAll('session_keys', 'line 1 holds blanks, as a comment does; a key is one word',
    file("the first of the keys is the one that seals\n$key\n"), file("$key \n"), file(" $key\n"));
refusedAll('session_keys', "line $_->[0] begins with a byte order mark", file($_->[1]))
    for [1, "\xef\xbb\xbf$key\n"], [1, "\xff\xfe" . join('', map {"$_\0"} split //, $key)],
    [1, "\xfe\xff" . join('', map {"\0$_"} split //, $key)];
refusedAll('session_keys', 'line 1 holds a NUL byte', file("\0" x 48), file("$key\0\n"),
    file(join '', map {"$_\0"} split //, $key));
refusedAll('session_keys', 'line 1 holds a control character', file("$key\t\n"), file("$key\x1b[0m"),
    file("$key\r$other\r"), file("$key\x7f\n"));
refusedAll('session_keys', 'line 1 holds a character that is not ASCII', file("${key}\xc3\xa9\n"),
    file("\xc2\xa0$key\n"));
refusedAll('session_keys', 'line 3 is there twice; write each key once',
    file("$key\n$other\n$key\n"), file("$key\r\n$other\n$key"), variable("$key\n$other\n$key"));
refusedAll('session_keys', 'repeats itself and can be guessed; make a key with: openssl rand',
    everywhere('password' x 6, 'k' x 64, '0123456789' x 4, 'abcdefghijklmnopqrstuvwxyz0123456789',
        'ab' x 20, 'secret123' x 4, 'k' x 56 . 'abcdefgh', '0123456789abcdef' x 4));
refusedAll('session_keys', 'line 1 stands in quotes; take them out', file("\"$key\"\n"),
    file("'$key'\n"), variable("\"$key\""));
refusedAll('session_keys', 'line 1 is JSON; write the secret alone', file("{\"keys\":[\"$key\"]}\n"));
refusedAll('session_keys', 'line 1 is a PEM file',
    file("-----BEGIN PRIVATE KEY-----\n$key\n-----END PRIVATE KEY-----\n"));
refusedAll('session_keys', "line $_->[0] is a comment; write nothing but keys", $_->[1])
    for [1, variable("# managed by ansible, do not edit this file\n$key")], [2, variable("$key\n#$other")],
    [1, "'literal:# managed by ansible, do not edit this file'"];
refusedAll('session_keys', 'holds other characters than letters, digits and + / = - _; write one key a line',
    map { (file($_), variable($_)) } "$key,$other", "$key;$other", "$key\\n$other", "$key;", "b'$key'",
        "($key)", "{$key}", "{env.$key}", "\@\@$key\@\@", "%{$key}", "~$key~");
refusedAll('session_keys', 'is not a random key of its own', map { (file($_), variable($_)) }
        'default-session-key-please-override-in-prod', 'this-is-a-very-long-session-key-for-nginx',
        'Some_Words_Of_An_Administrator_And_More_2', "MIIEvQIBADANBgkqhkiG9w0B$key",
        'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p', "U2FsdGVkX1$key");
refusedAll('session_keys', 'line 1 has a comment behind it', file("$key # the first\n"), variable("$key # x"));
refusedAll('session_keys', 'is a name with a value; write the value alone', file("KEY=$key\n"),
    file("session_keys: $key\n"), file("primary:$key\n"), variable("SESSION=$key"));
refused('a key that is the client secret', "client_secret $key;\nsession_keys literal:$key;",
    'a key of "session_keys" is also the client\'s secret or id; make one of its own');
refused('a client secret that is the client ID', "client_id skc_123;\nclient_secret skc_123;",
    '"client_secret" is the client ID; the secret was shown once');
refusedAll($_, "cannot read \"$files/absent\": No such file or directory; create it, readable by",
    "file:$files/absent")
    for qw(session_keys client_secret);

# -- secrets of the client

make_path("$files/folder");
refusedAll('client_secret', 'it is no file', "file:$files/folder", 'file:', 'file:/dev/zero');
refusedAll('client_secret', 'is larger than 64 KB', file('x' x 65537));
refusedAll('client_secret', 'the environment variable "SCALEKIT_TEST_UNSET" is not set for nginx',
    'env:SCALEKIT_TEST_UNSET');
refusedAll('client_secret', 'begins with a byte order mark', file("\xef\xbb\xbftest_1234\n"));
refusedAll('client_secret', 'holds a NUL byte', file("test_1234\0"), file("t\0e\0s\0t\0"));
refusedAll('client_secret', 'holds a control character; it has to be plain text in one line',
    file("test_1234\ntest_5678\n"), file("test_\t1234"), variable("test_1234\n"));
refusedAll('client_secret', 'holds a character that is not ASCII', file("test_\xe2\x80\xa2\xe2\x80\xa2"));
refusedAll('client_secret', 'stands in quotes; take them out', file("\"test_1234\"\n"),
    file("'test_1234'"));
refusedAll('client_secret', 'is JSON; write the secret alone', file('{"client_secret":"test_1234"}'),
    file("[\"test_1234\"]\n"));
refusedAll('client_secret', 'is a name with a value', file('client_secret=test_1234'),
    file('client_secret: test_1234'), variable('SCALEKIT_CLIENT_SECRET=test_1234'),
    'SCALEKIT_CLIENT_SECRET=test_1234');
refusedAll('client_secret', 'has a comment behind it', file("test_1234 # from the dashboard\n"));
refusedAll('client_secret', 'is a line of configuration', file("client_secret test_1234;\n"));
refusedAll('client_secret', $scheme, map { (file($_), variable($_)) } 'file=/etc/x', 'env=SECRET',
    'https://acme.scalekit.com');
refusedAll('client_secret', $placeholder, 'test_xxxx', 'my-client-secret', 'credentials');
refusedAll('client_secret', "$path; $bare", 'client_secret.prod', 'secret.bak', '</etc/nginx/secret');
refusedAll('client_secret', $variable, "'!env SCALEKIT_SECRET'");
refusedAll('client_secret', 'begins or ends with a blank', file("test_1234 \n"), "' test_1234'");

# -- what is fine

accepted("session keys from $_->[0]", "session_keys $_->[1];")
    for ['a file', file("$key\n")],
    ['a file of Windows with empty lines', file("$key\r\n\r\n$other\r\n")],
    ['the environment', variable("$key\n$other")],
    ['the configuration itself', "'literal:a passphrase of thirty-two bytes'"],
    ['openssl rand -base64', file("/9+kd3vOQ0m8GhXyWcLzTnRbEuAi5JfS7pMqBwKtZx1CgHjNV2ar6DoFIYePlU4s\n")],
    ['openssl rand -hex', file("$other$key\n")],
    ['uuidgen', file("7d0c7e06-3f0a-4f6e-9b1e-2a54c8d1f933\n")];
accepted("a client secret $_->[0]", "client_secret $_->[1];")
    for ['with blanks and quotes', '"with blanks and \'quotes\'"'],
    ['of base64', 'literal:abc/def+ghi='], ['that looks like a path', 'literal:abc/DEF_g-h.i'],
    ['of Scalekit', 'test_CbGfKxzwUVO6ISirRcTKMbcX3dsfdsf'],
    ['with odd characters', "'aB3~x.Y_z-9+=%:;\@!'"], ['in a file', file("test_1234\r\n\n")];
accepted('a client ID that is a URL', 'client_id literal:https://app.example/client.json;');

env_to_nginx(grep {/^SCALEKIT_TEST_/} keys %ENV);
spec_string($spec);
run_tests();
