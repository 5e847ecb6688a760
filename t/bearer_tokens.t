# Which access tokens are good: Scalekit's shapes and RFC 9068's, issuer, audience, type, dates, and
# the tenant of a place. A verdict is remembered for its own policy alone.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $only = "location / { scalekit_auth acme; scalekit_bearer only; $upstream }";
our $any = "location / { scalekit_auth acme; scalekit_bearer only; scalekit_audience off; $upstream }";
our $issuer = "http://127.0.0.1:$ENV{TEST_NGINX_PROVIDER}";
our @dates = (exp => 3600, iat => 0, nbf => 0);

# Shapes of Scalekit's tokens; a new token of each for a list of changes.
our %modular = (iss => $issuer, aud => ['skc_1'], sub => 'conn_1;u', jti => 'tkn_1', client_id => 'skc_1',
    @dates);
our %machine = (iss => $issuer, sub => 'm2morg_1', client_id => 'm2morg_1', oid => 'org_1',
    scopes => ['read', 'write'], jti => 'tkn_1', @dates);
our %mcp = (iss => $issuer, aud => ['https://mcp.example/', 'res_1'], client_id => 'm2m_1', sub => 'usr_1',
    oid => 'org_1', resid => 'res_1', roles => ['member'], scope => 'read', scopes => ['read'], sid => 'ses_1',
    jti => 'tkn_1', @dates);
our %rfc9068 = (iss => $issuer, aud => 'skc_1', sub => 'usr_1', client_id => 'skc_1', jti => 'tkn_1',
    exp => 3600, iat => 0);
our %id = (iss => $issuer, aud => ['skc_1'], azp => 'skc_1', sub => 'usr_1', oid => 'org_1', exp => 3600, iat => 0,
    at_hash => 'x', c_hash => 'x', amr => ['conn_1'], email => 'a@b.example', sid => 'ses_1', client_id => 'skc_1');

# Answers to refused tokens.
sub invalid {
    return [map {"\\A\\{\"error\":\"invalid_token\",\"error_description\":\"[^\"]+\",\"reason\":\"$_\","} @_];
}

# An environment of the same provider with more directives.
sub second {
    my ($name, $more) = @_;
    return "scalekit_environment $name { url $issuer; client_id skc_1; client_secret s; allow_http on; "
        . "session_keys 'literal:$Scalekit::keys'; session_cookie $name; base_path /$name; $more }\n";
}

run_tests();

__DATA__

=== Scalekit's access tokens: Full Stack Auth, Modular SSO
--- config eval: $::only
--- request eval
[("GET /") x 3]
--- more_headers eval
[::bearer(), ::bearer(claims => \%::modular), ::bearer(typ => undef, claims => \%::modular)]
--- response_body_like eval
['X-Scalekit-Sub: usr_1\nX-Scalekit-Org-Id: org_1\n', ('X-Scalekit-Sub: conn_1;u\n') x 2]



=== machine clients have no audience, which a place has to allow
--- config eval
"scalekit_auth acme; scalekit_bearer only;
location / { $::upstream }
location /any { scalekit_audience off; $::upstream }"
--- request eval
["GET /", "GET /any", "GET /any", "GET /any"]
--- more_headers eval
my $machine = ::bearer(claims => \%::machine);
[$machine, $machine, ::bearer(), ::bearer(claims => \%::mcp)]
--- error_code eval
[401, 200, 200, 200]
--- response_body_like eval
[::invalid('audience_mismatch')->[0], 'X-Scalekit-Sub: m2morg_1\n', ('X-Scalekit-Sub: usr_1\n') x 2]



=== the audience is the client unless the place says otherwise: any of its own, byte by byte
--- config eval
"scalekit_auth acme; scalekit_bearer only;
location / { $::upstream }
location /api { scalekit_audience https://api.example; $::upstream }
location /both { scalekit_audience https://api.example skc_1; $::upstream }
location /nested/ { scalekit_audience https://api.example; location /nested/deep { $::upstream }
    location /nested/own { scalekit_audience skc_1; $::upstream } }"
--- request eval
[map { ("GET $_") x 4 } qw(/ /api /both /nested/deep /nested/own)]
--- more_headers eval
[(::bearer(aud => 'skc_1'), ::bearer(aud => ['x', 'skc_1']), ::bearer(aud => ['https://api.example']),
    ::bearer(aud => 'https://api.example')) x 5]
--- error_code eval
[200, 200, 401, 401, 401, 401, 200, 200, (200) x 4, 401, 401, 200, 200, 200, 200, 401, 401]



=== what only resembles the audience is another
--- config eval
"location / { scalekit_auth acme; scalekit_bearer only; scalekit_audience https://api.example; $::upstream }"
--- request eval
[("GET /") x 11]
--- more_headers eval
[map { ::bearer(aud => $_) } 'https://api.example/', 'https://API.example', 'https://api.exampl',
    'https://api.example ', "https://api.example\0", ['https://api.example/', 'HTTPS://api.example'], [], '', undef,
    {'https://api.example' => 1}, [['https://api.example']]]
--- error_code eval
::same(401, 11)
--- response_body_like eval
::same('\{"error":"invalid_token",.*"reason":"(?:audience_mismatch|claims_malformed)"', 11)
--- no_upstream



=== the issuer is the environment's, byte by byte
--- config eval: $::any
--- request eval
[("GET /") x 9]
--- more_headers eval
[map { ::bearer(iss => $_) } "$::issuer/", uc $::issuer, 'https://acme.scalekit.com', "$::issuer\0", '', undef,
    [$::issuer], "$::issuer/resources/res_1", 1]
--- error_code eval
::same(401, 9)
--- response_body_like eval
::same('\{"error":"invalid_token",.*"reason":"(?:issuer_mismatch|claims_malformed)"', 9)
--- no_upstream



=== further issuers are those of the environment
--- environment
issuer https://login.acme.example;
issuer https://acme.example/resources/res_1;
--- config eval: $::only
--- request eval
[("GET /") x 5]
--- more_headers eval
[map { ::bearer(iss => $_) } $::issuer, 'https://login.acme.example', 'https://acme.example/resources/res_1',
    'https://acme.example/resources/res_2', 'https://login.acme.example/']
--- error_code eval
[200, 200, 200, 401, 401]



=== the signature is the provider's
--- config eval: $::only
--- request eval
[("GET /") x 7]
--- more_headers eval
my $token = ::token();
my ($header, $payload, $signature) = split /\./, $token;
my ($other) = ::token(sub => 'usr_2') =~ /\.(.*)\./;
[::bearer(seed => 'x' x 32), "Authorization: Bearer $header.$other.$signature", ::bearer(kid => 'another'),
    ::bearer(alg => 'none'), ::bearer(alg => 'HS256'), ::bearer(alg => 'RS256'),
    'Authorization: Bearer ' . ::token(header => {crit => ['exp']})]
--- error_code eval
::same(401, 7)
--- response_body_like eval
::invalid('signature_invalid', 'signature_invalid', 'key_unknown', 'algorithm_not_allowed',
    'algorithm_not_allowed', '(?:key_unusable|key_unknown|algorithm_not_allowed|signature_invalid)', 'critical_header')
--- no_upstream



=== large tokens, up to 16 KB
--- config eval
"large_client_header_buffers 4 32k; location / { scalekit_auth acme; scalekit_bearer only; empty_gif; }"
--- request eval
[("GET /") x 3]
--- more_headers eval
[map { ::bearer(filler => 'x' x $_) } 6_000, 11_000, 13_000]
--- error_code eval
[200, 200, 401]
--- response_body_like eval
['GIF', 'GIF', ::invalid('token_too_large')->[0]]



=== a token without kid is tried with the keys there are
--- config eval: $::only
--- request
GET /
--- more_headers eval: ::bearer(kid => undef)
--- response_body_like: X-Scalekit-Sub: usr_1\n



=== types: JWT or none by Scalekit's shapes, at+jwt by RFC 9068, all others never
--- config eval: $::only
--- request eval
[("GET /") x 12]
--- more_headers eval
[map { ::bearer(typ => $_) } 'JWT', 'jwt', undef, 'application/jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt',
    'logout+jwt', 'dpop+jwt', 'id+jwt', 'at+jwt ', '']
--- error_code eval
[(200) x 7, (401) x 4, 200]
--- response_body_like eval
[('usr_1') x 7, (::invalid('token_type_mismatch')->[0]) x 4, 'usr_1']



=== RFC 9068: what such a token has to say
--- config eval: $::only
--- request eval
[("GET /") x 8]
--- more_headers eval
[map { ::bearer(typ => 'at+jwt', claims => \%::rfc9068, @$_) } [], [iss => undef], [exp => undef], [aud => undef],
    [sub => undef], [client_id => undef], [iat => undef], [jti => undef]]
--- error_code eval
[200, (401) x 7]
--- raw_response_headers_like eval
['X-Upstream', ('WWW-Authenticate: Bearer realm="acme", error="invalid_token"') x 7]



=== without exp, aud or iss it is no access token of any type
--- config eval: $::only
--- request eval
[("GET /") x 6]
--- more_headers eval
[map { my $type = $_; map { ::bearer(typ => $type, $_ => undef) } qw(exp aud iss) } 'JWT', 'at+jwt']
--- error_code eval
::same(401, 6)
--- raw_response_headers_like eval
::same('WWW-Authenticate: Bearer realm="acme", error="invalid_token"', 6)
--- no_upstream



=== a token is about somebody
--- config eval: $::only
--- request eval
[("GET /") x 5]
--- more_headers eval
[map { ::bearer(sub => $_) } undef, '', 7, ['usr_1'], 'u' x 5000]
--- error_code eval
::same(401, 5)
--- response_body_like eval
::same('"error":"invalid_token"', 5)
--- no_upstream



=== an ID token, a logout token and an invitation to sign in are none, whatever audience is accepted
--- config eval: $::any
--- request eval
[("GET /") x 8]
--- more_headers eval
my %invited = (iss => $::issuer, organization_id => 'org_1', connection_id => 'conn_1', login_hint => 'a@b.example',
    exp => 3600, iat => 0, nbf => 0);
my %logout = (iss => $::issuer, aud => 'skc_1', sub => 'usr_1', sid => 'ses_1', jti => 'j', exp => 3600, iat => 0,
    events => {'http://schemas.openid.net/event/backchannel-logout' => {}});
[::bearer(claims => \%::id), ::bearer(typ => undef, claims => \%::id), ::bearer(claims => {%::id, nonce => 'n'}),
    ::bearer(claims => {%::id, nonce => 'n', jti => 'tkn_1'}), ::bearer(typ => 'logout+jwt', claims => \%logout),
    ::bearer(claims => \%logout), ::bearer(claims => \%invited),
    ::bearer(claims => {%invited, sub => 'usr_1', aud => 'skc_1'})]
--- error_code eval
::same(401, 8)
--- response_body_like eval
::same('\{"error":"invalid_token",.*"reason":"(?:token_type_mismatch|subject_missing)"', 8)
--- no_upstream



=== the time of a token: not before nbf, not after exp, not from the future, but for what clocks differ
--- environment
clock_skew 5m;
--- config eval: $::only
--- request eval
[("GET /") x 9]
--- more_headers eval
[map { ::bearer(@$_) } [exp => -60], [exp => -400], [nbf => 200], [nbf => 900], [iat => 200], [iat => 900],
    [nbf => undef], [exp => 40 * 365 * 86400], [exp => -60, nbf => -3600, iat => -3600]]
--- error_code eval
[200, 401, 200, 401, 200, 401, 200, 200, 200]
--- response_body_like eval
['usr_1', ::invalid('token_expired')->[0], 'usr_1', ::invalid('token_not_yet_valid')->[0], 'usr_1',
    ::invalid('issued_at_invalid')->[0], ('usr_1') x 3]



=== by default 30 seconds are forgiven, not more
--- config eval: $::only
--- request eval
[("GET /") x 3]
--- more_headers eval
[map { ::bearer(@$_) } [exp => -31], [nbf => 150], [iat => 150]]
--- error_code eval
::same(401, 3)



=== dates that are none
--- config eval: $::only
--- request eval
[("GET /") x 10]
--- more_headers eval
my $claims = '"iss":"' . $::issuer . '","aud":"skc_1","sub":"usr_1","client_id":"skc_1","jti":"j","scope":"x"';
my $now = time;
[(map { 'Authorization: Bearer ' . ::token(payload => "{$claims,\"iat\":$now,\"exp\":$_}") } '1e300', '1e999', '-1',
    'null', '"4102444800"', '[4102444800]', '{}', 'true', '0'),
    'Authorization: Bearer ' . ::token(payload => "{$claims,\"iat\":$now.5,\"exp\":" . ($now + 600) . '.5}')]
--- error_code eval
[(401) x 9, 200]



=== the tenant: the token's organization is the place's
--- http_config
map $arg_host $org { hooli org_1; initech org_2; }
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location /static { scalekit_organization_id org_1; $::upstream }
location /map { scalekit_organization_id \$org; $::upstream }
location /optional { scalekit_organization_id \$org optional; $::upstream }
location /auth/ { }"
--- request eval
[("GET /static") x 7, "GET /map?host=hooli", "GET /map?host=initech", "GET /map?host=x",
    "GET /map", "GET /optional?host=initech", "GET /optional"]
--- more_headers eval
my $token = ::bearer();
[$token, (map { ::bearer(oid => $_) } 'org_2', undef, '', 'ORG_1', 'org_1 ', ['org_1']), ($token) x 6]
--- error_code eval
[200, (403) x 6, 200, 403, 403, 403, 403, 200]
--- response_body_like eval
my $other = '"error":"refused","reason":"organization_mismatch"';
['usr_1', ($other) x 6, 'usr_1', $other, ('"error":"refused","reason":"tenant_unknown"') x 2, $other, 'usr_1']
--- raw_response_headers_unlike eval
::same('WWW-Authenticate|Location|Set-Cookie', 13)



=== another tenant's token sends nobody to sign in, and no session helps it
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; scalekit_organization_id org_2; $::upstream }
location /pass { scalekit_auth acme; scalekit_bearer on; scalekit_unauthenticated pass;
    scalekit_organization_id org_2; $::upstream }"
--- request eval
[map { ("GET $_") x 2 } qw(/ /pass)]
--- more_headers eval
[(::navigation(::bearer()), 'Cookie: ' . ::session(org => 'org_2') . "\n" . ::bearer()) x 2]
--- error_code eval
::same(403, 4)
--- no_upstream



=== access tokens name no connection: where one is asked for they do not do
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location / { scalekit_connection_id conn_1; $::upstream }
location /optional { scalekit_connection_id \$arg_none optional; $::upstream }"
--- request eval
["GET /", "GET /", "GET /optional"]
--- more_headers eval
[::bearer(), 'Cookie: ' . ::session(connection => 'conn_1'), ::bearer()]
--- error_code eval
[403, 200, 200]
--- response_body_like eval
['"reason":"connection_mismatch"', 'usr_1', 'usr_1']



=== the same token at stricter places: evaluated again for each, in either order, again and again
--- http_config eval
::second('extra', 'issuer https://login.acme.example;') . ::second('other', '') =~ s/client_id skc_1/client_id skc_2/r
--- config eval
"scalekit_bearer only;
location /client { scalekit_auth acme; $::upstream }
location /api { scalekit_auth acme; scalekit_audience https://api.example; $::upstream }
location /any { scalekit_auth acme; scalekit_audience off; $::upstream }
location /extra { scalekit_auth extra; $::upstream }
location /other { scalekit_auth other; $::upstream }
location /resource { scalekit_auth acme; scalekit_resource https://mcp.example/mcp
    servers=$::issuer/resources/res_1; $::upstream }
location /tenant { scalekit_auth acme; scalekit_audience off; scalekit_organization_id org_2; $::upstream }
location /role { scalekit_auth acme; scalekit_audience off; scalekit_require roles admin; $::upstream }"
--- request eval
my @places = map {"GET /$_"} qw(client api any extra other resource tenant role);
[map { ($_) x 5 } @places, CORE::reverse(@places), @places]
--- more_headers eval
my @tokens = (::bearer(), ::bearer(aud => 'https://api.example'), ::bearer(iss => 'https://login.acme.example'),
    ::bearer(aud => 'skc_2'), ::bearer(aud => 'res_1', iss => "$::issuer/resources/res_1"));
[(@tokens) x 24]
--- error_code eval
my @codes = ([200, 401, 401, 401, 401], [401, 200, 401, 401, 401], [200, 200, 401, 200, 401],
    [200, 401, 200, 401, 401], [401, 401, 401, 200, 401], [401, 401, 401, 401, 200], [403, 403, 401, 403, 401],
    [403, 403, 401, 403, 401]);
[map {@$_} @codes, CORE::reverse(@codes), @codes]
