# Who a bearer token says somebody is: the variables and headers of a session, and those that only
# tokens have.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $ignore = "underscores_in_headers on;\nignore_invalid_headers off;\n";

our $shown = "add_header X-Seen '" . join('|', '$scalekit_authenticated', '$scalekit_sub', '$scalekit_email',
    '$scalekit_name', '$scalekit_picture', '$scalekit_org_id', '$scalekit_connection_id', '$scalekit_session_id',
    '$scalekit_roles', '$scalekit_permissions', '$scalekit_method', '$scalekit_error') . "' always;";

# What a client may try; the last one is an honest header, which stays.
our $forged = join "\n", 'X-Scalekit-Sub: forged', 'x_scalekit_scopes: forged', 'X-SCALEKIT-CLIENT-ID: forged',
    'X-Scalekit-Connection-Id: forged', 'X-Scalekit-Anything: forged', 'x.scalekit.scopes: forged',
    'X-Scalekitty: fine';
our $honest = "X-Scalekitty: fine\n";

# A token, and a pattern of the header that tells its end. It may be made in the next second.
our @ending = do {
    my $now = time;
    my $token = bearer(exp => 1234);
    ($token, 'X-Left: (?:' . join('|', map { $_ + 1234 } $now .. time) . ')');
};

run_tests();

__DATA__

=== each variable with a bearer token
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; $::shown add_header X-Scopes \$scalekit_scopes; empty_gif; }"
--- request eval
["GET /", "GET /"]
--- more_headers eval
[::bearer(sub => 'usr_1', email => 'a@b.example', name => 'Ann B', picture => 'https://b.example/a.png',
    roles => ['admin', 'own,er'], permissions => ['read', 'write']),
    ::bearer(claims => {map { $_ => undef } qw(x)}, iss => "http://127.0.0.1:$ENV{TEST_NGINX_PROVIDER}", aud => 'skc_1',
        sub => 'conn_1;u', client_id => 'skc_1', jti => 'tkn_1', exp => 3600, iat => 0)]
--- response_headers eval
["X-Seen: 1|usr_1|a\@b.example|Ann B|https://b.example/a.png|org_1||ses_1|admin,own%2Cer|read,write|bearer|\n"
    . 'X-Scopes: openid,profile,email', "X-Seen: 1|conn_1;u|||||||||bearer|\n! X-Scopes"]



=== claims of a bearer token: the client, numbers, nested ones, and what is Scalekit's own
--- config
location / {
    scalekit_auth acme;
    scalekit_bearer only;
    add_header X-Claims "$scalekit_claim_client_id|$scalekit_claim_level|$scalekit_claim_on|$scalekit_claim_org_plan";
    add_header X-More "$scalekit_claim_xoid|$scalekit_claim_groups|$scalekit_claim_scope|$scalekit_claim_absent";
    empty_gif;
}
--- request
GET /
--- more_headers eval
::bearer(client_id => 'm2m_1', level => 7, on => JSON::PP::true(), org => {plan => 'pro'}, xoid => 'ext_1',
    groups => ['a', 'b,c'])
--- response_headers
X-Claims: m2m_1|7|true|pro
X-More: ext_1|a,b%2Cc|openid profile email|



=== $scalekit_scopes: of a text, a list or both, then each once, of sessions too
--- config
location / { scalekit_auth acme; scalekit_bearer on; add_header X-Scopes "[$scalekit_scopes]"; empty_gif; }
--- request eval
[("GET /") x 7]
--- more_headers eval
[(map { ::bearer(@$_) } [scope => 'read  write'], [scope => undef, scopes => ['read', 'write']],
    [scope => 'read write', scopes => ['write', 'admin,all']], [scope => undef]),
    map { 'Cookie: ' . ::session(@$_) } ['claim:scope' => 'read write'], ['list:scopes' => ['read', "\xc3\xa9"]], []]
--- response_headers eval
[map {"X-Scopes: [$_]"} 'read,write', 'read,write', 'read,write,admin%2Call', '', 'read,write', 'read,%C3%A9', '']



=== control characters, non-ASCII and % of a token are encoded as well
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; $::shown add_header X-Claim \$scalekit_claim_c;
    add_header X-Scopes \$scalekit_scopes; empty_gif; }"
--- request
GET /
--- more_headers eval
my $evil = "a\r\nX-Evil: 1\t\xc3\xa9%";
::bearer((map { $_ => $evil } qw(email name picture c)), (map { $_ => [$evil, ','] } qw(roles permissions scopes)),
    scope => undef)
--- response_headers eval
my $safe = 'a%0D%0AX-Evil: 1%09%C3%A9%25';
"X-Seen: 1|usr_1|$safe|$safe|$safe|org_1||ses_1|$safe,%2C|$safe,%2C|bearer|\n"
    . "X-Claim: $safe\nX-Scopes: $safe,%2C\n! X-Evil"



=== $scalekit_expires of a token is its exp, whatever limits sessions have
--- environment
session_lifetime 60s;
session_idle 10s;
--- config
location / { scalekit_auth acme; scalekit_bearer on; add_header X-Left $scalekit_expires; empty_gif; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
[($::ending[0]) x 2]
--- response_headers_like eval
[($::ending[1]) x 2]



=== the headers of a bearer token: those of a session, and its scopes and client
--- http_config eval: $::ignore
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; $::upstream }"
--- request eval
["GET /", "GET /"]
--- more_headers eval
["$::forged\n" . ::bearer(email => 'a@b.example', name => 'Ann B', roles => ['admin', 'own,er']),
    "$::forged\nX-Scalekit-Client-Id: forged\nX-Scalekit-Scopes: forged\n" . ::bearer(oid => undef, sid => undef,
        roles => undef, permissions => undef, scope => undef, scopes => ['read'], client_id => 'm2m_1')]
--- response_body_like eval
["\\AGET /\n${main::honest}Authorization: Bearer \\S+\n" . CORE::join('', map {"X-Scalekit-$_\n"} 'Sub: usr_1',
    'Email: a@b\.example', 'Name: Ann B', 'Org-Id: org_1', 'Session-Id: ses_1', 'Roles: admin,own%2Cer',
    'Permissions: data:read', 'Scopes: openid,profile,email', 'Client-Id: skc_1') . '\z',
    "\\AGET /\n${main::honest}Authorization: Bearer \\S+\nX-Scalekit-Sub: usr_1\nX-Scalekit-Scopes: read\n"
        . "X-Scalekit-Client-Id: m2m_1\n\\z"]



=== nothing raw of a token: control characters, non-ASCII and % are percent-encoded
--- config eval
"location / { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- request
GET /
--- more_headers eval
my $evil = "a\r\nX-Evil: 1\xc3\xa9%";
::bearer(name => $evil, oid => $evil, sid => $evil, client_id => $evil, roles => [$evil, 'b,c'], permissions => undef,
    scope => undef, scopes => [$evil, 'x,y'])
--- response_body_like eval
my $safe = 'a%0D%0AX-Evil: 1%C3%A9%25';
CORE::join '', 'X-Scalekit-Sub: usr_1\n', map {"X-Scalekit-$_\n"} "Name: $safe", "Org-Id: $safe", "Session-Id: $safe",
    "Roles: $safe,b%2Cc", "Scopes: $safe,x%2Cy", "Client-Id: $safe"



=== FastCGI, SCGI and uwsgi are told of a token what HTTP is told
--- http_config eval: $::ignore
--- config
scalekit_auth acme;
scalekit_bearer on;
location /fastcgi { fastcgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /scgi { scgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /uwsgi { uwsgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /auth/ { }
--- request eval
["GET /fastcgi", "GET /scgi", "GET /uwsgi"]
--- more_headers eval
[("$::forged\nX-Scalekit-Client-Id: forged\n" . ::bearer()) x 3]
--- response_body_like eval
[('x-scalekit-client-id: skc_1\n.*x-scalekit-scopes: openid,profile,email\n.*x-scalekit-sub: usr_1\n') x 3]
--- response_body_unlike eval
[('forged') x 3]
--- response_body_filters eval
\&::sorted



=== variables before the access phase say what it will find
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location / { scalekit_auth acme; scalekit_bearer on;
    set \$early '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes';
    add_header X-Early \$early always;
    add_header X-Late '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes' always;
    $::upstream }
location /tenant { scalekit_auth acme; scalekit_bearer on; scalekit_organization_id org_2;
    set \$early '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes';
    add_header X-Early \$early always; $::upstream }
location /role { scalekit_auth acme; scalekit_bearer on; scalekit_require roles admin;
    set \$early '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes';
    add_header X-Early \$early always; $::upstream }"
--- request eval
["GET /warm", ("GET /") x 6, "GET /tenant", "GET /role"]
--- more_headers eval
[::bearer(), ::bearer(), '', $::badToken, "$::badToken\n$::cookie", $::cookie, ::bearer() . "\n$::cookie", ::bearer(),
    ::bearer()]
--- error_code eval
[200, 200, 401, 401, 401, 200, 200, 403, 403]
--- response_headers eval
my $known = '1|usr_1|bearer|member|openid,profile,email';
['', "X-Early: $known\nX-Late: $known", ("X-Early: 0||||\nX-Late: 0||||") x 3,
    "X-Early: 1|usr_cookie|session||\nX-Late: 1|usr_cookie|session||", "X-Early: $known\nX-Late: $known",
    ('X-Early: 0||||') x 2]



=== variables before the access phase: nobody is somebody, also for the first request of a worker
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; set \$early '\$scalekit_authenticated|\$scalekit_sub';
    add_header X-Early \$early always; $::upstream }"
--- request
GET /
--- more_headers eval: $::badToken
--- error_code: 401
--- response_headers
X-Early: 0|
--- no_upstream



=== a token and if in front of the access phase
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location / { scalekit_auth acme; scalekit_bearer only; if (\$scalekit_roles !~ admin) { return 403; } $::upstream }
location /id { scalekit_auth acme; scalekit_bearer only; return 200 '[\$scalekit_authenticated|\$scalekit_sub]'; }"
--- request eval
["GET /warm", ("GET /") x 3, ("GET /id") x 3]
--- more_headers eval
[::bearer(), '', ::bearer(), ::bearer(roles => ['admin']), '', $::badToken, ::bearer()]
--- error_code eval
[200, 403, 403, 200, 200, 200, 200]
--- response_body_like eval
['', '', '', 'usr_1', '\A\[0\|\]\z', '\A\[0\|\]\z', '\A\[1\|usr_1\]\z']



=== a tenant, a requirement or an audience that is said to be what the token says is nobody's
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location /tenant { scalekit_auth acme; scalekit_bearer only; scalekit_organization_id \$scalekit_org_id; empty_gif; }
location /early { scalekit_auth acme; scalekit_bearer only; scalekit_organization_id \$scalekit_org_id;
    set \$early \$scalekit_sub; empty_gif; }
location /token { scalekit_auth acme; scalekit_bearer only; scalekit_token \$scalekit_claim_token; empty_gif; }"
--- request eval
["GET /warm", "GET /tenant", "GET /early", "GET /token"]
--- more_headers eval
[::bearer(), ::bearer(), ::bearer(), ::bearer(token => ::token())]
--- error_code eval
[200, 403, 403, 401]
