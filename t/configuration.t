# What nginx -t refuses, each with the directive and the remedy in its message, and what it takes.

use lib 't/lib';
use Scalekit;
use Spec;
use Test::Nginx::Socket 'no_plan';

use File::Temp 'tempdir';

my $files = tempdir(CLEANUP => 1);
my $key = 'wq3uXnBv1mZs8KfPd0RaLtYc5hGeJ7oI';

sub file {
    my ($name, $content) = @_;
    open my $file, '>', "$files/$name" or die "$files/$name: $!";
    print $file $content;
    close $file;
    chmod 0600, "$files/$name";
    return "file:$files/$name";
}

sub certificate {
    return scalar `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=ca -keyout '$files/ca.key' 2>'$files/said'`;
}

$ENV{SCALEKIT_TEST_SECRET} = 'from the environment';

# -- the environment block

refused('no url', 'without url',
    'scalekit_environment: "acme": "url" is missing; it is the environment URL of the Scalekit dashboard');
refused('no client_id', 'without client_id',
    'scalekit_environment: "acme": "client_id" is missing; it stands in the Scalekit dashboard');
refused('no client_secret', 'without client_secret',
    '"client_secret" is missing; write it as file:PATH, or set "client_auth none"');
refused('no session_keys', 'without session_keys',
    '"session_keys" is missing; make a key with: openssl rand');

refusedAll('url',
    'is not an issuer URL; write it as the provider does, such as https://acme.scalekit.com',
    'acme.scalekit.com', 'ftp://acme.scalekit.com', 'https://', 'https://acme.scalekit.com?x=1',
    'https://acme.scalekit.com#x', 'https://user@acme.scalekit.com', '"https://acme .com"', '""');
refusedAll('client_id', 'is empty; it stands in the Scalekit dashboard', '""', file('empty', "\n"));
refusedAll('client_secret', 'is empty; it stands in the Scalekit dashboard', '""',
    file('empty', ''));
refusedAll('client_auth', 'is post, basic or none, not "jwt"', 'jwt');


refusedAll($_, 'is not a plain path such as /auth', '/', 'auth', '/auth/', '//auth', '/a/../b',
    '/.auth', '/a%2fb',
    '"/a b"', '/a?b', '/' . 'a' x 256, '""') for qw(base_path callback);
refusedAll('base_url', 'is not an address such as https://app.example.com or https://example.com/app',
    'app.example.com', 'https://app.example.com?x=1', 'https://app.example.com/a/../b',
    'https://app.example.com//app', 'https://app.example.com/a%20b', '""');
refusedAll('scope', 'must contain openid, or there is no ID token', 'profile', '"profile email"',
    'openid2', '""');
refusedAll('endpoint', 'knows authorize, token, jwks, logout and userinfo, not "keys"',
    'keys https://a.example/k');
refusedAll('endpoint', 'is not a URL', 'token a.example/token', 'token ""', 'jwks javascript:x');
refusedAll('issuer', 'is not an issuer URL', 'a.example', '""');

refusedAll('session_lifetime', 'is not a time such as 30s, 5m or 8h', 'long', '-1', '1x', '""');
refusedAll('session_lifetime', 'is between 1s and 400d', '0', '401d');
refusedAll('session_idle', 'is not a time such as 30s, 5m or 8h', 'long', '1.5h');
refusedAll('session_idle', 'must be at least 1s; for no idle limit set it to session_lifetime',
    '0');
refusedAll('clock_skew', 'is not a time', 'x');
refusedAll('clock_skew', 'is at most 5m; let NTP set the clock instead', '6m');
refusedAll('timeout', 'is not a time between 100ms and 60s', '99ms', '61s', '0', 'soon');

refusedAll('session_cookie', 'is not a cookie name of letters, digits', 'a.b', '"a b"', 'a=b',
    '"a;b"', '""');
refusedAll('session_cookie', 'takes domain=NAME and samesite=lax or none, not',
    'sid samesite=maybe',
    'sid secure=off', 'sid .example.com');
refusedAll('session_cookie', 'is not a domain', 'sid domain=', '"sid" "domain=a b"',
    'sid domain=a.example/x',
    '"sid" "domain=a;b"', 'sid domain=a.example:80');
refusedAll('session_cookie', 'cannot have a domain under a __Host- name',
    '__Host-sid domain=a.example');
my $certificate = certificate();
my $broken = $certificate =~ s/^(-----BEGIN.*\n.{9}).../$1!!!/r;
refusedAll('trusted_certificate', 'it is a PEM file of CA certificates', "$files/absent", $files);
refusedAll('trusted_certificate', 'finds no certificate in "', map { file(@$_) =~ s/^file://r }
    ['empty.pem', ''], ['text.pem', "no certificate\n"], ['broken.pem', $broken], ['half.pem', substr $certificate, 0, 200],
    ['good-and-broken.pem', $certificate . $broken],
    ['key.pem', "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]);
refusedAll('allow_http', 'is on or off, not "yes"', 'yes');

for my $directive (qw(url client_id client_secret client_auth session_keys base_path base_url
    callback issuer
    session_lifetime session_idle session_cookie clock_skew timeout trusted_certificate allow_http
    scope endpoint)) {
    refused("$directive without a value", "$directive;",
        "scalekit_environment \"acme\": \"$directive\" "
        . 'has the wrong number of values');
}
refused('two values', 'url https://a.example https://b.example;',
    '"url" has the wrong number of values');
refused('a directive twice', "base_path /a;\nbase_path /b;", '"base_path" is written twice');
refused('an unknown directive', 'client_key x;',
    '"client_key" is not a directive of this block; see conf-examples/REFERENCE.md');
refused('a directive of another level', 'scalekit_auth acme;',
    '"scalekit_auth" is not a directive of this block');

refused("plain http in $_->[0]", "without allow_http\n$_->[1]",
    "\"$_->[0]\" is plain http; use https, or \"allow_http on\" for development on loopback")
    for ['url', 'url http://a.example;'],
    ['base_url', "url https://a.example;\nbase_url http://a.example;"],
    map { ["endpoint $_", "url https://a.example;\nendpoint $_ http://a.example/x;"] }
        qw(authorize token jwks logout userinfo);

refusedHere('a second acme', <<'EOC', 'scalekit_environment: "acme" is defined twice, first in');
http scalekit_environment acme { }
location / { }
EOC
refusedHere('an environment called off', <<'EOC', 'scalekit_environment cannot be named "off"');
http scalekit_environment off { }
location / { }
EOC
refusedHere('an environment below http', "scalekit_environment b { }\nlocation / { }",
    '"scalekit_environment" directive is not allowed here');

refusedAll($_, "is the address of the provider's metadata; write the issuer, https://acme.scalekit.com",
    'https://acme.scalekit.com/.well-known/openid-configuration',
    'https://acme.scalekit.com/.well-known/oauth-authorization-server') for qw(url issuer);

# -- the other directives

refusedHere("$_ where nothing is guarded", "$_;\nlocation / { }",
    '"' . (/^(\w+)/)[0] . '" has no effect: no location that a scalekit_auth guards inherits it; '
        . 'add "scalekit_auth NAME" there, or remove it in')
    for 'scalekit_organization_id org_1', 'scalekit_organization_id $arg_org optional', 'scalekit_connection_id conn_1';
refusedHere('the organization of a location that is open',
    "scalekit_auth acme;\nlocation /open/ { scalekit_auth off; scalekit_organization_id org_1; }",
    '"scalekit_organization_id" has no effect');

refusedHere("scalekit_set_header $_", "location / { scalekit_auth acme; scalekit_set_header $_ x; }",
    'is a header that nginx itself acts on; set it with proxy_set_header')
    for qw(Host cookie Content-Length Transfer-Encoding transfer_encoding Authorization If-None-Match X-Forwarded-For);
refusedHere("scalekit_set_header $_", "location / { scalekit_auth acme; scalekit_set_header $_ x; }",
    'is not the name of a header') for '""', 'X:', '"X Y"', 'X.Y', "X\xc3\xa9";
refusedHere("scalekit_set_header $_", "location / { scalekit_auth acme; scalekit_set_header $_ x; }",
    'is a name of the identity headers') for qw(X-Scalekit-Sub x_scalekit_anything);
refusedHere('scalekit_set_header below a prefix of its own',
    'location / { scalekit_auth acme; scalekit_identity_headers on prefix=X-User-; scalekit_set_header X_User_Mail x; }',
    '"X_User_Mail" is a name of the identity headers, whose prefix is "X-User-"');
refusedHere('a header twice', 'location / { scalekit_auth acme; scalekit_set_header X-A 1; scalekit_set_header x_a 2; }',
    '"x_a" is written twice');

refusedHere('an unknown environment', "location / { scalekit_auth acne; }",
    'scalekit_auth: there is no scalekit_environment "acne" (known: acme) in',
    'define it in http{}');
$spec .= <<'EOC';
=== refused: no environment at all
--- bare
--- config
location / { scalekit_auth acme; }
--- must_die
--- error_log
scalekit_auth: there is no scalekit_environment "acme" (none is defined) in

EOC

for my $reserved (qw(client_id redirect_uri response_type response_mode scope state nonce
    code_challenge code_challenge_method request request_uri client_secret code connection_id
    organization_id domain domain_hint provider login_hint prompt Client_ID STATE)) {
    refusedHere("the reserved parameter $reserved",
        "scalekit_authorize_param $reserved x;\nlocation / { }",
        "scalekit_authorize_param: \"$reserved\" is reserved; the module sets it itself or a "
            . 'directive of its own does');
}
refusedHere('a parameter without a name', "scalekit_authorize_param '' x;\nlocation / { }",
    'scalekit_authorize_param: "" is reserved');
refusedHere('a parameter twice',
    "scalekit_authorize_param a 1;\nscalekit_authorize_param a 2;\nlocation / { }",
    'scalekit_authorize_param: "a" is written twice');
refusedHere('a parameter without a value', "scalekit_authorize_param a;\nlocation / { }",
    'invalid number of arguments in "scalekit_authorize_param" directive');

for my $directive (qw(connection_id organization_id domain provider login_hint prompt auth
    unauthenticated)) {
    my $value = $directive eq 'auth' ? 'acme' : $directive eq 'unauthenticated' ? 'auto' : 'x';
    refusedHere("scalekit_$directive twice",
        "scalekit_$directive $value;\nscalekit_$directive $value;\nlocation / { }",
        "\"scalekit_$directive\" directive is duplicate");
    refusedHere("scalekit_$directive without a value", "scalekit_$directive;\nlocation / { }",
        "invalid number of arguments in \"scalekit_$directive\" directive");
}
refusedHere("scalekit_$_ with a wrong second value", "scalekit_$_ x maybe;\nlocation / { }",
    "scalekit_$_ takes \"optional\" as its second value, not \"maybe\"")
    for qw(connection_id organization_id);
refusedHere("scalekit_$_ optional", "scalekit_$_ x optional;\nlocation / { }",
    "invalid number of arguments in \"scalekit_$_\" directive")
    for qw(domain provider login_hint prompt);
refusedHere('an unknown variable', "scalekit_organization_id \$no_such;\nlocation / { scalekit_auth acme; }",
    'unknown "no_such" variable');
refusedHere('an unknown mode',
    "scalekit_unauthenticated 403;\nlocation / { }", 'scalekit_unauthenticated is auto, redirect, 401 or pass, not "403"');
refusedHere('identity headers neither on nor off', "scalekit_identity_headers yes;\nlocation / { }",
    'scalekit_identity_headers is on or off, not "yes"');
refusedHere('the words to caches neither on nor off', "scalekit_cache_control private;\nlocation / { }",
    'scalekit_cache_control is on or off, not "private"');
refusedHere("the prefix $_", "scalekit_identity_headers on $_;\nlocation / { }",
    'scalekit_identity_headers: ',
    'is not a prefix of letters, digits and "-" that ends in "-", such as prefix=X-User-')
    for 'prefix=', 'prefix=-', 'prefix=X', 'prefix=X_User-', 'prefix=X-User', '"prefix=X User-"',
    'name=X-User-';
refusedHere("a zone of $_", "http scalekit_zone $_;\nlocation / { }",
    "scalekit_zone: \"$_\" is not a size of at least 1m") for '1023k', '0', 'big', '-1m';
refusedHere('two zones', "http scalekit_zone 2m; scalekit_zone 2m;\nlocation / { }",
    '"scalekit_zone" directive is duplicate');

# -- a callback that nobody would receive

sub unreachable {
    my ($name, $config, $location) = @_;
    refusedHere("a callback $name", $config,
        'is guarded by "acme", but its callback path "/auth/callback" reaches location '
            . "\"$location\", which is not; add \"location /auth/ { scalekit_auth acme; }\" there, or "
            . 'change base_path');
}
unreachable('that reaches no location', 'location /app/ { scalekit_auth acme; }', 'server level');
unreachable('whose location has auth off',
    "scalekit_auth acme;\nlocation /auth/ { scalekit_auth off; }", '/auth/');
unreachable('with an exact location of its own',
    "scalekit_auth acme;\nlocation = /auth/callback { scalekit_auth off; }", '/auth/callback');
unreachable('taken by a regex location',
    "scalekit_auth acme;\nlocation / { }\nlocation ~ callback\$ { scalekit_auth off; }", 'callback$');
unreachable('taken by a regex of any case',
    "scalekit_auth acme;\nlocation ~* ^/AUTH { scalekit_auth off; }", '^/AUTH');
unreachable('taken by a nested location',
    'scalekit_auth acme; location /auth/ { location /auth/call { scalekit_auth off; } }',
    '/auth/call');
unreachable('taken by a regex nested in a prefix',
    'scalekit_auth acme; location / { location ~ back$ { scalekit_auth off; } }', 'back$');
unreachable('while only a named location is guarded',
    'location @app { scalekit_auth acme; }', 'server level');
unreachable('while only a regex location is guarded',
    'location ~ \.php$ { scalekit_auth acme; }', 'server level');
unreachable('while only a nested location is guarded',
    'location / { location /app/ { scalekit_auth acme; } }', '/');

my $other = "http scalekit_environment other { url https://b.example; client_id b; client_secret b; "
    . "session_keys 'literal:$key'; }";
unreachable('that another environment would get',
    "$other\nscalekit_auth acme;\nlocation /auth/ { scalekit_auth other; }", '/auth/');
refusedHere('two environments with one callback path', <<EOC, 'but its callback path');
$other
location / { scalekit_auth acme; }
location /b/ { scalekit_auth other; }
EOC

# -- what is fine

accepted('every directive of the environment', <<EOC);
client_id         @{[file('id', "skc_1\n")]};
client_secret     env:SCALEKIT_TEST_SECRET;
client_auth       basic;
session_keys      @{[file('keys', "$key\r\n\n${key}2\n")]};
base_path         /sso/v1;
base_url          https://app.example:8443/;
callback          /auth/callback/scalekit;
scope             openid profile email offline_access;
endpoint          authorize https://login.example/authorize;
endpoint          logout    https://login.example/logout;
issuer            https://login.example;
issuer            https://login2.example;
session_lifetime  400d;
session_idle      400d;
session_cookie    __Secure-sid domain=app.example samesite=none;
clock_skew        5m;
timeout           100ms;
EOC
accepted('a file of several authorities', 'trusted_certificate '
    . (file('two.pem', "# ours\n$certificate\n# another\n$certificate") =~ s/^file://r) . ';');
accepted('a public client', "client_auth none;\nclient_secret x;");
accepted('no idle limit', "session_lifetime 1s;\nsession_idle 1s;");
accepted('a cookie for all sites', 'session_cookie sid samesite=none;');
accepted('one scope in quotes', 'scope "openid email";');
accepted('an IPv6 issuer', "url http://[::1]:1/x/;\n");

accepted('a callback by an exact location', '', <<'EOC');
location /app/ { scalekit_auth acme; }
location = /auth/callback { scalekit_auth acme; }
EOC
accepted('a callback by a regex location', '', <<'EOC');
location /app/ { scalekit_auth acme; }
location ~ ^/(auth|sso)/ { scalekit_auth acme; }
EOC
accepted('a regex that a stronger prefix keeps off', '', <<'EOC');
scalekit_auth acme;
location ^~ /auth/ { }
location ~ callback$ { scalekit_auth off; }
EOC
accepted('a callback by a nested location', '', <<'EOC');
location /auth/ { location /auth/callback { scalekit_auth acme; } }
location /app/ { scalekit_auth acme; }
EOC
accepted('a callback at server level', '', <<'EOC');
scalekit_auth acme;
location /assets/ { scalekit_auth off; }
EOC
accepted('a callback path of its own', "callback /api/auth/callback/scalekit;", <<'EOC');
location /api/ { scalekit_auth acme; }
location /auth/ { scalekit_auth off; }
EOC
accepted('everything below http', '', <<'EOC');
scalekit_auth acme;
scalekit_unauthenticated pass;
scalekit_connection_id conn_1 optional;
scalekit_organization_id $arg_org optional;
scalekit_domain $host;
scalekit_provider "";
scalekit_login_hint a@b.example;
scalekit_prompt login;
scalekit_authorize_param ui_locales de;
scalekit_authorize_param max_age 60;
scalekit_identity_headers on prefix=X-User-;
location / { }
EOC

$spec .= <<'EOC';
=== accepted: a zone, and an environment that nobody uses
--- http_config
scalekit_zone 1m;
--- config
location / { return 200 up; }
--- request
GET /
--- response_body chomp
up

=== accepted: another module's zone called scalekit
--- http_config
limit_req_zone $remote_addr zone=scalekit:1m rate=9r/s;
--- config
location / { return 200 up; }
--- request
GET /
--- response_body chomp
up

=== accepted: the module loaded and nothing configured
--- bare
--- config
location / { return 200 "$scalekit_authenticated$scalekit_sub"; }
--- request
GET /
--- response_body chomp
0

=== a secret that everyone may read is worth a warning
--- environment eval
"client_secret " . ::readableByAll() . ";"
--- config
location / { return 200 up; }
--- request
GET /
--- response_body chomp
up
--- error_log
is readable by everyone; chmod 600 keeps it secret

=== plain http is worth a warning
--- config
location / { return 200 up; }
--- request
GET /
--- response_body chomp
up
--- error_log
"allow_http on" is for development on loopback

EOC

sub readableByAll {
    my $secret = file('readable', 'secret');
    chmod 0644, "$files/readable";
    return $secret;
}

env_to_nginx("SCALEKIT_TEST_SECRET");
spec_string($spec);
run_tests();
