# scalekit_resource: an API describes itself as a protected resource (RFC 9728), its challenge leads
# there whatever host the request names, and its tokens are those of Scalekit's resource servers.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $issuer = "http://127.0.0.1:$ENV{TEST_NGINX_PROVIDER}";
our $known = '/.well-known/oauth-protected-resource';
our $only = 'scalekit_auth acme; scalekit_bearer only;';

our $document = qq({"resource":"https://api.example/mcp","authorization_servers":["$issuer"],)
    . '"bearer_methods_supported":["header"]}';

# The members of the document, whatever its blanks and order.
sub described {
    my %members = @_;
    my $json = JSON::PP->new->canonical;
    my $wanted = $json->encode({bearer_methods_supported => ['header'], authorization_servers => [$issuer], %members});
    return sub { return $json->encode($json->decode($_[0])) eq $wanted ? 'as wanted' : "$_[0] is not $wanted" };
}

run_tests();

__DATA__

=== the document, exactly
--- config eval
"location /mcp { $::only scalekit_resource https://api.example/mcp; $::upstream }"
--- request eval
"GET $::known/mcp"
--- response_headers
Content-Type: application/json
Access-Control-Allow-Origin: *
X-Content-Type-Options: nosniff
! WWW-Authenticate
! Set-Cookie
--- response_body_like eval
"\\A\Q$::document\E\\s*\\z"
--- no_upstream



=== scopes and servers of the administrator's
--- environment
issuer https://login.acme.example;
--- config eval
"location /mcp { $::only scalekit_resource https://api.example/mcp scopes=read,write:all
    servers=$::issuer/resources/res_1,https://login.acme.example; $::upstream }"
--- request eval
"GET $::known/mcp"
--- response_body_filters eval
::described(resource => 'https://api.example/mcp', scopes_supported => ['read', 'write:all'],
    authorization_servers => ["$::issuer/resources/res_1", 'https://login.acme.example'])
--- response_body chomp
as wanted



=== the identifier stands there as it is written, the path follows it, with a slash at the end or without
--- config eval
"location /a { $::only scalekit_resource https://API.example:8443/A/b.c/; $::upstream }"
--- request eval
["GET $::known/A/b.c/", "GET $::known/A/b.c", "GET $::known/a/b.c/"]
--- error_code eval
[200, 200, 404]
--- response_body_like eval
[('"resource":"https://API\.example:8443/A/b\.c/"') x 2, '404']



=== a server with one resource describes it at the root of the well-known paths too
--- config eval
"location /mcp { $::only scalekit_resource https://api.example/mcp; $::upstream }"
--- request eval
[map {"GET $::known$_"} '', '/mcp', '/', '/other', '/mcp/', '/mcp/x', 'x', '?x=y']
--- error_code eval
[200, 200, 200, 404, 200, 404, 404, 200]
--- no_upstream



=== a resource without a path, written with a slash and without
--- config eval
"location / { $::only scalekit_resource https://api.example; $::upstream }"
--- request eval
["GET $::known", "GET $::known/", "GET /"]
--- error_code eval
[200, 200, 401]
--- response_body_like eval
[('"resource":"https://api\.example"') x 2, '"unauthenticated"']
--- no_upstream



=== written with a slash it is found at the same place, and keeps its slash
--- config eval
"location / { $::only scalekit_resource https://api.example/; $::upstream }"
--- request eval
["GET $::known", "GET /"]
--- error_code eval
[200, 401]
--- response_body_like eval
['"resource":"https://api\.example/"', '"unauthenticated"']
--- raw_response_headers_like eval
['', "WWW-Authenticate: Bearer realm=\"acme\", resource_metadata=\"https://api\\.example$::known\"\r\n"]



=== two resources of a server: each at its own path, and none at the root
--- config eval
"location /a { $::only scalekit_resource https://api.example/a scopes=a; $::upstream }
location /b { $::only scalekit_resource https://api.example/b/c scopes=b; $::upstream }"
--- request eval
[map {"GET $::known$_"} qw(/a /b/c /b), '']
--- error_code eval
[200, 200, 404, 404]
--- response_body_like eval
['"https://api\.example/a".*"scopes_supported":\["a"\]', '"https://api\.example/b/c".*"scopes_supported":\["b"\]', '', '']



=== two servers do not know each other's
--- http_config eval
"server {
    listen 127.0.0.1:\$TEST_NGINX_OTHER;
    $::only
    location /other { scalekit_resource https://other.example/mcp; $::upstream }
}"
--- config eval
"location /mcp { $::only scalekit_resource https://api.example/mcp; $::upstream }
location /proxied/ { proxy_pass http://127.0.0.1:\$TEST_NGINX_OTHER/; }"
--- request eval
["GET $::known", "GET $::known/mcp", "GET /proxied$::known", "GET /proxied$::known/mcp", "GET /proxied/other"]
--- error_code eval
[200, 200, 200, 200, 401]
--- response_body_like eval
[('https://api\.example/mcp') x 2, ('https://other\.example/mcp') x 2, '']
--- raw_response_headers_like eval
[('') x 4, "resource_metadata=\"https://other\\.example$::known/mcp\""]



=== whatever else the path would meet: other locations, redirects, a server that is guarded as a whole
--- config eval
"$::only scalekit_resource https://api.example/mcp;
location / { $::upstream }
location /.well-known/ { deny all; return 404; }
location ~ oauth { return 404; }
location = $::known/mcp { return 404; }"
--- request eval
["GET $::known", "GET $::known/mcp", "GET /"]
--- error_code eval
[200, 200, 401]
--- no_upstream



=== the server's own rewriting does not hide the document
--- config eval
"location / { $::only scalekit_resource https://api.example/mcp; $::upstream }
if (\$http_x_proto != https) { return 301 https://api.example\$request_uri; }"
--- request eval
["GET $::known/mcp", "GET /"]
--- error_code eval
[200, 301]



=== cookies and tokens make no difference, nor does a bad one
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; scalekit_resource https://api.example/mcp; $::upstream }"
--- request eval
[("GET $::known/mcp") x 5]
--- more_headers eval
['Cookie: ' . ::session(created => 1000, seen => 1000), ::bearer(seed => 'x' x 32), 'Authorization: Bearer', ::navigation(),
    "Authorization: Bearer a\nAuthorization: Basic x"]
--- error_code_like eval
[('^200$') x 4, '^(?:200|400)$']
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location|WWW-Authenticate', 5)
--- no_upstream



=== GET, HEAD and OPTIONS, for scripts of any origin; no other method
--- config eval
"location / { $::only scalekit_resource https://api.example/mcp; $::upstream }"
--- request eval
[map {"$_ $::known/mcp"} qw(GET HEAD OPTIONS POST PUT DELETE)]
--- more_headers
Origin: https://app.example
Access-Control-Request-Method: GET
Access-Control-Request-Headers: mcp-protocol-version
--- error_code eval
[200, 200, 204, 405, 405, 405]
--- response_headers_like eval
['Access-Control-Allow-Origin: \*', "Access-Control-Allow-Origin: \\*\nContent-Type: application/json",
    "Access-Control-Allow-Origin: \\*\nAccess-Control-Allow-Methods: .*GET.*\nAccess-Control-Allow-Headers: "
        . '(?:\*|.*mcp-protocol-version.*)',
    ('Allow: GET, HEAD, OPTIONS') x 3]
--- response_body_like eval
['https://api\.example/mcp', '\A\z', '\A\z', ('405') x 3]
--- raw_response_headers_unlike eval
::same('Access-Control-Allow-Credentials', 6)
--- no_upstream



=== HEAD has the Content-Length of GET, which is that of the document
--- config eval
"location /mcp { $::only scalekit_resource https://api.example/mcp; $::upstream }"
--- request eval
["GET $::known/mcp", "HEAD $::known/mcp"]
--- response_body eval
[$::document, '']
--- response_headers eval
[('Content-Length: ' . length $::document) x 2]



=== bodies that come with it are neither forwarded nor left on the connection
--- config eval
"location / { $::only scalekit_resource https://api.example/mcp; $::upstream }"
--- pipelined_requests eval
["GET $::known/mcp\n" . 'x' x 50_000, "POST $::known/mcp\n" . 'x' x 50_000, "GET $::known"]
--- error_code eval
[200, 405, 200]
--- no_upstream



=== every challenge of the place leads to it, independent of what the request calls the host
--- config eval
"location /mcp { $::only scalekit_resource https://api.example/mcp; scalekit_require scope openid; $::upstream }
location /on { scalekit_auth acme; scalekit_bearer on realm=api; scalekit_resource https://api.example:444/on; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- request eval
[("GET /mcp") x 5, ("GET /on") x 2]
--- more_headers eval
['', "Host: evil.example\nX-Forwarded-Host: evil.example\nX-Forwarded-Proto: http", 'Authorization: Bearer',
    ::bearer(aud => 'https://api.example/mcp', seed => 'x' x 32), ::bearer(aud => 'https://api.example/mcp', scope => 'x'),
    '', 'Host: evil.example']
--- error_code eval
[401, 401, 400, 401, 403, 401, 401]
--- raw_response_headers_like eval
my $metadata = "resource_metadata=\"https://api\\.example$::known/mcp\"";
my $other = "WWW-Authenticate: Bearer realm=\"api\", resource_metadata=\"https://api\\.example:444$::known/on\"\r\n";
[("WWW-Authenticate: Bearer realm=\"acme\", $metadata\r\n") x 2,
    (map {"WWW-Authenticate: Bearer realm=\"acme\", error=\"$_\", [^\r]*$metadata\r\n"}
        qw(invalid_request invalid_token insufficient_scope)), ($other) x 2]
--- raw_response_headers_unlike eval
::same('evil', 7)



=== places below inherit it, others have none
--- config eval
"$::only
location /mcp/ { scalekit_resource https://api.example/mcp; location /mcp/deep { $::upstream }
    location /mcp/own { scalekit_resource https://api.example/own; $::upstream }
    location /mcp/cookies { scalekit_bearer off; $::upstream } }
location /elsewhere { $::upstream }
location /auth/ { scalekit_bearer off; }"
--- request eval
[map {"GET $_"} qw(/mcp/deep /mcp/own /mcp/cookies /elsewhere)]
--- error_code eval
::same(401, 4)
--- response_headers eval
[(map {"WWW-Authenticate: Bearer realm=\"acme\", resource_metadata=\"https://api.example$::known/$_\""} qw(mcp own)),
    'WWW-Authenticate: Scalekit realm="acme"', 'WWW-Authenticate: Bearer realm="acme"']



=== tokens for the resource: by its URL or Scalekit's id of it, not by the client's
--- config eval
"location /mcp { $::only scalekit_resource https://api.example/mcp servers=$::issuer/resources/res_1; $::upstream }"
--- request eval
[("GET /mcp") x 10]
--- more_headers eval
[map { ::bearer(aud => $_) } 'https://api.example/mcp', 'res_1', ['https://api.example/mcp', 'res_1'], ['x', 'res_1'],
    'https://api.example/mcp/', 'skc_1', 'res_2', 'https://api.example/mcp//', 'https://api.example', "$::issuer/resources/res_1"]
--- error_code eval
[(200) x 5, (401) x 5]



=== a resource at the root of its host: clients write its URL with a slash or without
--- config eval
"location / { $::only scalekit_resource https://api.example; $::upstream }"
--- request eval
[("GET /") x 4]
--- more_headers eval
[map { ::bearer(aud => $_) } 'https://api.example', 'https://api.example/', 'https://api.example//', 'https://api.example/x']
--- error_code eval
[200, 200, 401, 401]



=== a resource at the root of its host that is written with a slash
--- config eval
"location / { $::only scalekit_resource https://api.example/; $::upstream }"
--- request eval
[("GET /") x 2]
--- more_headers eval
[map { ::bearer(aud => $_) } 'https://api.example/', 'https://api.example//']
--- error_code eval
[200, 401]



=== scalekit_audience comes before the resource's own audience
--- config eval
"$::only
location /own { scalekit_resource https://api.example/own; scalekit_audience https://own.example; $::upstream }
location /any { scalekit_resource https://api.example/any; scalekit_audience off; $::upstream }"
--- request eval
[map { ("GET $_") x 3 } qw(/own /any)]
--- more_headers eval
[(map { ::bearer(aud => $_) } 'https://own.example', 'https://api.example/own', undef) x 2]
--- error_code eval
[200, 401, 401, 200, 200, 200]



=== a resource forgets the audiences that are asked for around it
--- config eval
"$::only scalekit_audience https://around.example;
location / { $::upstream }
location /mcp/ { scalekit_resource https://api.example/mcp; $::upstream
    location /mcp/own { scalekit_audience https://own.example; $::upstream } }"
--- request eval
[map { ("GET $_") x 3 } qw(/ /mcp/ /mcp/own)]
--- more_headers eval
[(map { ::bearer(aud => $_) } 'https://around.example', 'https://api.example/mcp', 'https://own.example') x 3]
--- error_code eval
[200, 401, 401, 401, 200, 401, 401, 401, 200]



=== a resource belongs to its environment: places of another one below it have none
--- http_config eval
"scalekit_environment other { url $::issuer; client_id skc_2; allow_http on; }"
--- config eval
"$::only scalekit_resource https://api.example/mcp;
location / { $::upstream }
location /other { scalekit_auth other; $::upstream }"
--- request eval
[map { ("GET $_") x 3 } qw(/ /other)]
--- more_headers eval
[('', ::bearer(aud => 'https://api.example/mcp'), ::bearer(aud => 'skc_2')) x 2]
--- error_code eval
[401, 200, 401, 401, 401, 200]
--- raw_response_headers_like eval
['realm="acme", resource_metadata=', 'X-Upstream', 'realm="acme", error="invalid_token", .*resource_metadata=',
    'realm="other"\r\n', 'realm="other", error="invalid_token", error_description="[^"]+"\r\n', 'X-Upstream']



=== issuers: the environment's and those of the resource's servers, in this place alone
--- environment
issuer https://login.acme.example;
--- config eval
"$::only
location /mcp { scalekit_resource https://api.example/mcp servers=$::issuer/resources/res_1; $::upstream }
location /two { scalekit_resource https://api.example/two servers=$::issuer/resources/res_1,$::issuer/resources/res_2;
    $::upstream }
location /none { scalekit_audience off; $::upstream }"
--- request eval
[map { ("GET $_") x 6 } qw(/mcp /two /none)]
--- more_headers eval
[(map { ::bearer(iss => $_, aud => ['res_1', 'skc_1']) } $::issuer, "$::issuer/resources/res_1",
    'https://login.acme.example', "$::issuer/resources/res_2", "$::issuer/resources/res_1/", "$::issuer/resources") x 3]
--- error_code eval
[200, 200, 200, 401, 401, 401, 200, 200, 200, 200, 401, 401, 200, 401, 200, 401, 401, 401]



=== what a browser with a session gets where bearer is on
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; scalekit_resource https://api.example/mcp; $::upstream }"
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
['Cookie: ' . ::session(), ::navigation(), ::script()]
--- error_code eval
[200, 302, 401]
--- raw_response_headers_like eval
['X-Upstream', 'Location: [^\r]+/oauth/authorize', 'resource_metadata=']
--- raw_response_headers_unlike eval
['resource_metadata', 'resource_metadata', 'Location']



=== an outer audience is not that of a resource, which has its own
--- config eval
"$::only scalekit_audience off;
location /open { $::upstream }
location /mcp { scalekit_resource https://api.example/mcp; $::upstream }
location /both { scalekit_resource https://api.example/both; scalekit_audience https://api.example/mcp; $::upstream }"
--- request eval
[map { ("GET $_") x 2 } qw(/open /mcp /both)]
--- more_headers eval
[(::bearer(aud => ['https://else.example']), ::bearer(aud => ['https://api.example/mcp'])) x 3]
--- error_code eval
[200, 200, 401, 200, 401, 200]



=== a place of another environment inherits no resource: neither its audience nor its issuers
--- http_config
scalekit_environment other {
    url        https://other.example;
    client_id  skc_other;
    endpoint   authorize https://other.example/authorize;
    endpoint   token     https://other.example/token;
    endpoint   jwks      http://127.0.0.1:$TEST_NGINX_PROVIDER/keys;
    allow_http on;
}
--- config eval
"$::only scalekit_resource https://api.example/mcp; location / { $::upstream }
location /other { scalekit_auth other; $::upstream }"
--- request eval
["GET /", "GET /other", "GET /other", "GET /other"]
--- more_headers eval
my $token = ::bearer(aud => ['https://api.example/mcp']);
[$token, $token, ::bearer(iss => 'https://other.example', aud => ['skc_other']), '']
--- error_code eval
[200, 401, 200, 401]
--- raw_response_headers_like eval
['', 'realm="other", error="invalid_token"', '', 'WWW-Authenticate: Bearer realm="other"\r\n']
