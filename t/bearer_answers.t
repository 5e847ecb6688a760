# What a place that takes bearer tokens says when it refuses: the challenge of RFC 6750 section 3,
# JSON for scripts and a page for people, nothing of the token anywhere, and one line in the log.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $on = "location / { scalekit_auth acme; scalekit_bearer on; $upstream }";
our $only = "location / { scalekit_auth acme; scalekit_bearer only; $upstream }";

our $forged = token(seed => 'x' x 32);
our $expired = bearer(exp => -60);
our $once = '\A(?!.*WWW-Authenticate.*WWW-Authenticate).*\r\n';
our $reference = '"reference":"[0-9a-f]{12}"';

run_tests();

__DATA__

=== nothing sent: a challenge without an error, exactly
--- config eval: $::only
--- request
GET /
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="acme"
Content-Type: application/json
Cache-Control: no-store
X-Content-Type-Options: nosniff
! Access-Control-Expose-Headers
! Set-Cookie
! Location
--- response_body_like eval
"\\A\\{\"error\":\"unauthenticated\",\"reason\":\"unauthenticated\",\"message\":\"[^\"]+\",$::reference\\}\n\\z"
--- no_upstream



=== a malformed request: 400 and invalid_request
--- config eval: $::only
--- request
GET /
--- more_headers
Authorization: Bearer a b
--- error_code: 400
--- response_headers_like
WWW-Authenticate: Bearer realm="acme", error="invalid_request", error_description="[ !#-\[\]-~]+"
Content-Type: application/json
Cache-Control: no-store
--- response_body_like eval
"\\A\\{\"error\":\"invalid_request\",\"error_description\":\"[^\"]+\",\"reason\":\"request_malformed\",$::reference\\}\n\\z"
--- no_upstream



=== a bad token: 401, invalid_token, the reason as a word and in a sentence
--- config eval: $::only
--- request eval
[("GET /") x 4]
--- more_headers eval
["Authorization: Bearer $::forged", $::expired, ::bearer(aud => ['x']), 'Authorization: Bearer t']
--- error_code eval
::same(401, 4)
--- response_headers_like eval
[map {"WWW-Authenticate: Bearer realm=\"acme\", error=\"invalid_token\", error_description=\"$_\"\n"
    . "Content-Type: application/json\nCache-Control: no-store\nX-Content-Type-Options: nosniff"}
    'The signature of the access token is not valid', 'The access token has expired',
    'The access token is for another audience', 'The access token is not a well-formed JWT']
--- response_body_like eval
[map {"\\A\\{\"error\":\"invalid_token\",\"error_description\":\"$_,$::reference\\}\n\\z"}
    'The signature of the access token is not valid","reason":"signature_invalid"',
    'The access token has expired","reason":"token_expired"',
    'The access token is for another audience","reason":"audience_mismatch"',
    'The access token is not a well-formed JWT","reason":"token_malformed"']
--- no_upstream



=== a scope that is missing: 403, insufficient_scope and which scopes would do
--- config eval
"location / { scalekit_auth acme; scalekit_bearer only; scalekit_require scope read read:all; scalekit_require scopes write;
    $::upstream }"
--- request
GET /
--- more_headers eval: ::bearer()
--- error_code: 403
--- response_headers_like
WWW-Authenticate: Bearer realm="acme", error="insufficient_scope", error_description="[ !#-\[\]-~]+", scope="read write"
Content-Type: application/json
Cache-Control: no-store
--- response_body_like eval
"\\A\\{\"error\":\"insufficient_scope\",\"error_description\":\"[^\"]+\",\"reason\":\"insufficient_scope\","
    . "\"scope\":\"read write\",$::reference\\}\n\\z"
--- no_upstream



=== the wrong tenant, or a requirement that is no scope: 403, and no challenge that a new token would answer
--- config eval
"scalekit_auth acme; scalekit_bearer only;
location /tenant { scalekit_organization_id org_2; $::upstream }
location /unknown { scalekit_organization_id \$arg_none; $::upstream }
location /connection { scalekit_connection_id conn_1; $::upstream }
location /role { scalekit_require roles admin; $::upstream }"
--- request eval
[map {"GET /$_"} qw(tenant unknown connection role)]
--- more_headers eval
::same(::bearer(), 4)
--- error_code eval
::same(403, 4)
--- response_body_like eval
[map {"\\A\\{\"error\":\"refused\",\"reason\":\"$_\",\"message\":\"[^\"]+\",$::reference\\}\n\\z"}
    qw(organization_mismatch tenant_unknown connection_mismatch requirement_unmet)]
--- raw_response_headers_unlike eval
::same('WWW-Authenticate|Set-Cookie|Location', 4)
--- no_upstream



=== no keys to judge by: 503, without a challenge
--- environment
url http://127.0.0.1:$TEST_NGINX_OTHER;
timeout 500ms;
--- config eval: $::only
--- request eval
["GET /", "GET /"]
--- more_headers eval
my $issuer = "http://127.0.0.1:$ENV{TEST_NGINX_OTHER}";
[::bearer(iss => $issuer), '']
--- error_code eval
[503, 401]
--- response_body_like eval
['"reason":"provider_unavailable"', '"unauthenticated"']
--- raw_response_headers_like eval
['Retry-After: 5\r\n', 'WWW-Authenticate: Bearer realm="acme"\r\n']
--- raw_response_headers_unlike eval
['WWW-Authenticate', 'Retry-After']
--- no_upstream



=== pass lets nobody in whose token cannot be judged
--- environment
url http://127.0.0.1:$TEST_NGINX_OTHER;
timeout 500ms;
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; scalekit_unauthenticated pass; $::upstream }"
--- request
GET /
--- more_headers eval
::bearer(iss => "http://127.0.0.1:$ENV{TEST_NGINX_OTHER}")
--- error_code: 503
--- no_upstream



=== realm: the administrator's
--- config eval
"scalekit_auth acme;
location /a { scalekit_bearer only realm=api; $::upstream }
location /b { scalekit_bearer on 'realm=An (old) API, v1'; $::upstream }
location /c { scalekit_bearer only 'realm=An API' expose_headers; $::upstream }
location /auth/ { }"
--- request eval
["GET /a", "GET /b", "GET /c"]
--- error_code eval
::same(401, 3)
--- response_headers eval
['WWW-Authenticate: Bearer realm="api"', 'WWW-Authenticate: Bearer realm="An (old) API, v1"',
    'WWW-Authenticate: Bearer realm="An API"']



=== realm and expose_headers are inherited with on and only, and replaced with them
--- config eval
"scalekit_auth acme; scalekit_bearer on realm=outer expose_headers;
location / { $::upstream }
location /inner { scalekit_bearer on; $::upstream }
location /off { scalekit_bearer off; $::upstream }"
--- request eval
["GET /", "GET /inner", "GET /off"]
--- error_code eval
::same(401, 3)
--- response_headers eval
["WWW-Authenticate: Bearer realm=\"outer\"\nAccess-Control-Expose-Headers: WWW-Authenticate",
    "WWW-Authenticate: Bearer realm=\"acme\"\n! Access-Control-Expose-Headers",
    "WWW-Authenticate: Scalekit realm=\"acme\"\n! Access-Control-Expose-Headers"]



=== expose_headers: scripts of other origins may read the challenge, where there is one
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on expose_headers; scalekit_require scope openid; $::upstream }"
--- request eval
[("GET /") x 5]
--- more_headers eval
['', 'Authorization: Bearer', "Authorization: Bearer $::forged", ::bearer(scope => 'x'), ::bearer()]
--- error_code eval
[401, 400, 401, 403, 200]
--- response_headers eval
[('Access-Control-Expose-Headers: WWW-Authenticate') x 4, '! Access-Control-Expose-Headers']
--- raw_response_headers_unlike eval
::same('Access-Control-Allow', 5)



=== without expose_headers nothing is said about CORS
--- config eval: $::on
--- request eval
[("GET /") x 3]
--- more_headers eval
[map {"Origin: https://app.example\n$_"} '', 'Authorization: Bearer', "Authorization: Bearer $::forged"]
--- error_code eval
[401, 400, 401]
--- raw_response_headers_unlike eval
::same('(?i)Access-Control', 3)



=== a page for people, with the same status and challenge
--- config eval
"location / { scalekit_auth acme; scalekit_bearer only; scalekit_require scope openid; $::upstream }"
--- request eval
[("GET /") x 4]
--- more_headers eval
[::navigation(), map { ::navigation($_) } 'Authorization: Bearer', "Authorization: Bearer $::forged",
    ::bearer(scope => 'x')]
--- error_code eval
[401, 400, 401, 403]
--- response_headers_like eval
[map {"Content-Type: text/html; charset=utf-8\nWWW-Authenticate: Bearer realm=\"acme\"$_\n"
    . "Content-Security-Policy: .*frame-ancestors 'none'.*"} '', ', error="invalid_request", .*',
    ', error="invalid_token", .*', ', error="insufficient_scope", .*, scope="openid"']
--- response_body_like eval
::same('<h1>[^<]+</h1>\n<p>[^<]+</p>.*<code>[0-9a-f]{12}</code>', 4)
--- response_body_unlike eval
::same('\{"error|eyJ', 4)
--- raw_response_headers_unlike eval
::same('Location|Set-Cookie', 4)
--- no_upstream



=== HEAD: the same headers and no body
--- config eval: $::on
--- request eval
[("HEAD /") x 3]
--- more_headers eval
['', 'Authorization: Bearer', "Authorization: Bearer $::forged"]
--- error_code eval
[401, 400, 401]
--- raw_response_headers_like eval
[map {"${main::once}WWW-Authenticate: Bearer realm=\"acme\"$_"} '\r\n', ', error="invalid_request"',
    ', error="invalid_token"']
--- response_body eval
::same('', 3)
--- no_upstream



=== the answer says nothing of the token, nor does its challenge
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; scalekit_audience https://secret.example; $::upstream }"
--- request eval
[("GET /") x 4]
--- more_headers eval
['Authorization: Bearer <script>', ::bearer(sub => 'usr_"><script>'), ::bearer(typ => '"\\x'),
    ::bearer(kid => 'evil"')]
--- error_code eval
[400, 401, 401, 401]
--- response_body_unlike eval
::same('script>|evil|\\\\|usr_|secret', 4)
--- raw_response_headers_unlike eval
::same('script>|evil|\\\\|usr_|secret', 4)



=== the refusal's line in the log: reason, environment and reference
--- config eval: $::on
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::forged"
--- error_code: 401
--- error_log eval
qr/\[info\] .*scalekit: refused: reason=signature_invalid environment=acme ref=[0-9a-f]{12}/
--- no_error_log eval
[$::forged, $::forged =~ /\.([^.]+)\z/, '[error]']



=== a line without the token, also where nginx would quote the request line
--- config eval: $::on
--- request eval
"GET /?access_token=$::forged"
--- more_headers eval
"Authorization: Bearer $::forged"
--- error_code: 400
--- error_log
scalekit: refused: reason=request_malformed environment=acme
--- no_error_log eval
[$::forged]



=== an accepted token leaves no line at all
--- config eval: $::on
--- request
GET /
--- more_headers eval: ::bearer()
--- no_error_log eval
[qr/scalekit: (?!nginx-scalekit|environment "acme": ready)/]



=== a session's refusals where bearer is on: a bearer challenge without an error
--- config eval: $::on
--- request eval
[("GET /") x 3]
--- more_headers eval
['Cookie: sk_session=x', 'Cookie: ' . ::session(created => 9 * 3600), 'Cookie: '
    . ::session(created => 7300, seen => 3601)]
--- error_code eval
::same(401, 3)
--- response_headers eval
::same('WWW-Authenticate: Bearer realm="acme"', 3)
--- response_body_like eval
['"error":"unauthenticated","reason":"unauthenticated"', '"error":"unauthenticated","reason":"session_expired"',
    '"error":"unauthenticated","reason":"session_idle"']



=== a body is neither forwarded nor left on the connection
--- config eval: $::on
--- pipelined_requests eval
["POST /a\n" . 'x' x 100_000, "POST /b\n" . 'x' x 100_000, "GET /c"]
--- more_headers eval
["Authorization: Bearer $::forged", 'Authorization: Bearer', '']
--- error_code eval
[401, 400, 401]
--- no_upstream



=== a preflight carries no token and is no exemption
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on expose_headers; $::upstream }"
--- request
OPTIONS /
--- more_headers
Origin: https://evil.example
Access-Control-Request-Method: POST
Access-Control-Request-Headers: authorization
--- error_code: 401
--- raw_response_headers_unlike: (?i)access-control-allow
--- no_upstream



=== requests of one connection are judged each for itself
--- config eval: $::on
--- pipelined_requests eval
[map {"GET /$_"} 1 .. 6]
--- more_headers eval
[::bearer(), '', ::bearer(sub => 'usr_3'), "Authorization: Bearer $::forged", 'Cookie: ' . ::session(sub => 'usr_5'),
    ::bearer()]
--- error_code eval
[200, 401, 200, 401, 200, 200]
--- response_body_like eval
['Sub: usr_1\n', '"unauthenticated"', 'Sub: usr_3\n', '"invalid_token"', 'Sub: usr_5\n', 'Sub: usr_1\n']



=== a session of another tenant where tokens are taken: no token was asked for, so no challenge
--- config
location / { scalekit_auth acme; scalekit_bearer on; scalekit_organization_id org_2;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(org => 'org_1')
--- error_code: 403
--- response_headers
! WWW-Authenticate
--- response_body_like: "reason":"organization_mismatch"
--- no_upstream
