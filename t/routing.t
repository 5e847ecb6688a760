# Who the login is for: what the routing directives put on the authorization request, and what
# happens when the tenant of a request is not known.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

# A location with these directives, and the pattern of a Location whose routing part is exactly
# `query`.
sub place { return "location / {\n    scalekit_auth acme;\n    @{[join qq{\n    }, @_]}\n    "
    . 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;' . "\n}\n" }
sub routed { my ($query) = @_; return "Location: .*&code_challenge_method=S256"
    . quotemeta($query) }

run_tests();

__DATA__

=== without a routing directive nothing is sent
--- config eval: ::place()
--- request
GET /
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like eval: ::routed('')
--- no_upstream



=== every value that is set is sent; the provider resolves which one counts
--- config eval
::place('scalekit_prompt login;', 'scalekit_login_hint a@b.example;', 'scalekit_provider google;',
    'scalekit_domain b.example;', 'scalekit_organization_id org_1;',
    'scalekit_connection_id conn_1;',
    'scalekit_authorize_param ui_locales de;', 'scalekit_authorize_param max_age 60;')
--- request
GET /
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like eval
::routed('&connection_id=conn_1&organization_id=org_1&domain=b.example&domain_hint=b.example&provider=google'
    . '&login_hint=a%40b.example&prompt=login&ui_locales=de&max_age=60')
--- no_upstream



=== one directive, one parameter; the domain under both its names
--- config
location /connection/   { scalekit_auth acme; scalekit_connection_id conn_1; }
location /organization/ { scalekit_auth acme; scalekit_organization_id org_1; }
location /domain/       { scalekit_auth acme; scalekit_domain b.example; }
location /provider/     { scalekit_auth acme; scalekit_provider google; }
location /hint/         { scalekit_auth acme; scalekit_login_hint a@b.example; }
location /prompt/       { scalekit_auth acme; scalekit_prompt none; }
location /param/        { scalekit_auth acme; scalekit_authorize_param a b; }
location /auth/         { scalekit_auth acme; }
--- request eval
[map {"GET /$_/"} qw(connection organization domain provider hint prompt param)]
--- more_headers eval
[(::navigation()) x 7]
--- error_code eval
[(302) x 7]
--- response_headers_like eval
[map { ::routed($_) } '&connection_id=conn_1', '&organization_id=org_1',
    '&domain=b.example&domain_hint=b.example',
    '&provider=google', '&login_hint=a%40b.example', '&prompt=none', '&a=b']



=== values are percent-encoded, whatever they hold
--- config eval
::place('scalekit_domain $http_x_value;', 'scalekit_authorize_param "a b&c" $http_x_value;')
--- request eval
[("GET /") x 6]
--- more_headers eval
[map { ::navigation("X-Value: $_") } 'a&redirect_uri=https://evil.example', 'a b+c#d', '"<script>',
    "\xc3\xa9\xff",
    '%41%0d%0aSet-Cookie:x', "a\tb;\\"]
--- error_code eval
[(302) x 6]
--- response_headers_like eval
[map { ::routed("&domain=$_&domain_hint=$_&a%20b%26c=$_") } 'a%26redirect_uri%3Dhttps%3A%2F%2Fevil.example',
    'a%20b%2Bc%23d', '%22%3Cscript%3E', '%C3%A9%FF', '%2541%250d%250aSet-Cookie%3Ax', 'a%09b%3B%5C']
--- no_upstream



=== a CR LF that nginx itself decodes does not split the answer
--- config
location ~ (?s)^/t/(.*)$ { scalekit_auth acme; scalekit_domain $1; scalekit_login_hint $1; }
location /auth/ { scalekit_auth acme; }
--- request
GET /t/a%0d%0aSet-Cookie:%20x=y
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like eval
::routed('&domain=a%0D%0ASet-Cookie%3A%20x%3Dy&domain_hint=a%0D%0ASet-Cookie%3A%20x%3Dy'
    . '&login_hint=a%0D%0ASet-Cookie%3A%20x%3Dy')
--- raw_response_headers_unlike: Set-Cookie: x



=== a value beyond all measure is refused before the provider sees it
--- config eval: ::place('scalekit_domain $http_x_value;')
--- request
GET /
--- more_headers eval: ::navigation('X-Value: ' . 'a' x 513)
--- error_code: 400
--- raw_response_headers_unlike: Location
--- error_log
reason=request_malformed environment=acme
--- no_upstream



=== inner levels inherit, replace, and take back with an empty value
--- http_config
scalekit_auth acme;
scalekit_organization_id org_http;
scalekit_prompt login;
scalekit_authorize_param a http;
scalekit_authorize_param b http;
--- config
scalekit_domain server.example;
location /inherits/ { }
location /replaces/ {
    scalekit_organization_id org_location;
    scalekit_authorize_param a location;
    location /replaces/nested/ { scalekit_prompt consent; }
}
location /takes-back/ { scalekit_organization_id ""; scalekit_prompt ""; scalekit_domain ""; }
location /auth/ { }
--- request eval
["GET /inherits/", "GET /replaces/", "GET /replaces/nested/", "GET /takes-back/"]
--- more_headers eval
[(::navigation()) x 4]
--- error_code eval
[(302) x 4]
--- response_headers_like eval
[map { ::routed($_) }
    '&organization_id=org_http&domain=server.example&domain_hint=server.example&prompt=login&a=http&b=http',
    '&organization_id=org_location&domain=server.example&domain_hint=server.example&prompt=login&a=location',
    '&organization_id=org_location&domain=server.example&domain_hint=server.example&prompt=consent&a=location',
    '&a=http&b=http']



=== a variable that is empty sends nothing
--- config eval
::place('scalekit_domain $arg_domain;', 'scalekit_provider $arg_provider;',
    'scalekit_login_hint $arg_hint;',
    'scalekit_prompt $arg_prompt;', 'scalekit_authorize_param a $arg_a;',
    'scalekit_authorize_param b $arg_b;')
--- request eval
["GET /", "GET /?b=1"]
--- more_headers eval
[::navigation(), ::navigation()]
--- error_code eval
[302, 302]
--- response_headers_like eval
[::routed(''), ::routed('&b=1')]
--- no_upstream



=== a tenant that the map does not know is refused, whoever asks and with whatever session
--- http_config
map $http_x_tenant $org { hooli org_111; initech org_222; }
--- config eval
::place('scalekit_organization_id $org;')
--- request eval
["GET /a", "GET /a", "GET /a", "GET /auth/login", "GET /auth/session", "GET /a", "OPTIONS /a"]
--- more_headers eval
[::navigation(), ::script(), "X-Tenant: hooli\n" . ::navigation(), ::navigation(), ::script(),
    'Cookie: ' . ::session(org => 'org_111'), 'Cookie: ' . ::session(org => '')]
--- error_code eval
[403, 403, 302, 403, 403, 403, 403]
--- response_body_like eval
['<h1>No access here</h1>', '"error":"refused","reason":"tenant_unknown"', '\A\z',
    '<h1>No access here</h1>',
    '"reason":"tenant_unknown"', '"reason":"tenant_unknown"', '"reason":"tenant_unknown"']
--- raw_response_headers_unlike eval
['Set-Cookie|Location', 'Set-Cookie|Location', 'X-Upstream', 'Set-Cookie|Location',
    'Set-Cookie|Location',
    'Set-Cookie|Location', 'Set-Cookie|Location']
--- no_upstream



=== the refusal stands in the log
--- config eval: ::place('scalekit_organization_id $arg_org;')
--- request
GET /
--- error_code: 403
--- error_log eval
qr/\[error\] .*scalekit: refused: reason=tenant_unknown environment=acme ref=[0-9a-f]{12}/
--- no_upstream



=== an empty connection is a refusal likewise
--- config eval: ::place('scalekit_connection_id $arg_connection;')
--- request eval
["GET /", "GET /?connection=conn_1"]
--- more_headers eval
[::navigation(), ::navigation()]
--- error_code eval
[403, 302]
--- response_headers_like eval
['Content-Type: text/html.*', ::routed('&connection_id=conn_1')]
--- no_upstream



=== an empty tenant is a refusal in every mode
--- config
location /redirect {
    scalekit_auth acme;
    scalekit_organization_id $arg_org;
    scalekit_unauthenticated redirect;
    empty_gif;
}
location /401      {
    scalekit_auth acme;
    scalekit_organization_id $arg_org;
    scalekit_unauthenticated 401;
    empty_gif;
}
location /pass     {
    scalekit_auth acme;
    scalekit_organization_id $arg_org;
    scalekit_unauthenticated pass;
    empty_gif;
}
location /auth/    { scalekit_auth acme; }
--- request eval
["GET /redirect", "GET /401", "GET /pass"]
--- error_code eval
[403, 403, 403]



=== optional: empty means any tenant, a value still counts
--- config eval
::place('scalekit_organization_id $arg_org optional;',
    'scalekit_connection_id $arg_connection optional;')
--- request eval
["GET /", "GET /?org=org_1&connection=conn_1", "GET /", "GET /?org=org_2",
    "GET /?connection=conn_2"]
--- more_headers eval
[::navigation(), ::navigation(), map { "Cookie: $_" } (::session(org => 'org_1',
    connection => 'conn_1')) x 3]
--- error_code eval
[302, 302, 200, 403, 403]
--- response_headers_like eval
[::routed(''), ::routed('&connection_id=conn_1&organization_id=org_1'), 'X-Upstream: yes',
    'Content-Type: application/json', 'Content-Type: application/json']



=== prompt and hints route, but are not enforced on a session
--- config eval
::place('scalekit_domain other.example;', 'scalekit_provider google;',
    'scalekit_login_hint x@y.example;',
    'scalekit_prompt login;')
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(email => 'a@b.example')
--- response_body
GET /
X-Scalekit-Sub: usr_1
X-Scalekit-Email: a@b.example



=== scope and client of the environment; an authorize endpoint by hand keeps its query
--- environment
client_id  'skc_1&x=y';
scope      openid offline_access;
endpoint   authorize http://127.0.0.1:$TEST_NGINX_PROVIDER/o?tenant=a;
--- config eval: ::place('scalekit_organization_id org_1;')
--- request
GET /
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like
Location: http://127\.0\.0\.1:\d+/o\?tenant=a&response_type=code&client_id=skc_1%26x%3Dy&.*&scope=openid%20offline_access&.*&organization_id=org_1
--- no_upstream



=== base_url decides where the provider sends the browser back to, not what the client says
--- environment
base_url https://app.example:8443;
callback /api/auth/callback/scalekit;
--- config eval: ::place()
--- request
GET /
--- more_headers
Host: evil.example
X-Forwarded-Host: evil.example
X-Forwarded-Proto: ftp
X-Forwarded-Port: 1
Forwarded: host=evil.example
X-Original-URL: https://evil.example/
Accept: text/html
--- error_code: 302
--- response_headers_like
Location: .*&redirect_uri=https%3A%2F%2Fapp\.example%3A8443%2Fapi%2Fauth%2Fcallback%2Fscalekit&.*
--- raw_response_headers_unlike: evil
--- no_upstream



=== without base_url it is the host and port that the browser asked for
--- config eval: ::place()
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[map { "Accept: text/html\nX-Forwarded-Host: evil.example\nHost: $_" } 'App.Example',
    'app.example:8080', '[::1]:8080']
--- error_code eval
[302, 302, 302]
--- response_headers_like eval
[map {"Location: .*&redirect_uri=http%3A%2F%2F$_%2Fauth%2Fcallback&.*"}
    'app\.example', 'app\.example%3A8080', '%5B%3A%3A1%5D%3A8080']
--- raw_response_headers_unlike eval
['evil', 'evil', 'evil']
--- no_upstream
