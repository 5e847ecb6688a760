# Several requests on a connection: HTTP/2 with nginx as the client, and pipelining.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== HTTP/2, with nginx as the client
--- http_config eval
"server {
    listen 127.0.0.1:\$TEST_NGINX_OTHER http2;
    scalekit_auth acme;
    location / { $::upstream }
}"
--- config
location / {
    grpc_pass grpc://127.0.0.1:$TEST_NGINX_OTHER;
    grpc_set_header Cookie $http_x_cookie;
    grpc_set_header X-Cookie "";
}
--- request eval
["GET /a", "GET /a", "GET /a", "POST /a\n" . 'x' x 70000, "GET /auth/session", "POST /a\nbody"]
--- more_headers eval
my $session = 'X-Cookie: a=b; ' . ::session();
[$session, ::navigation(), ::script(), '', $session, $session]
--- error_code eval
[200, 302, 401, 401, 200, 200]
--- response_body_like eval
['\AGET /a\n[Cc]ookie: a=b\nX-Scalekit-Sub: usr_1\n\z', '\A\z', ('"unauthenticated"') x 2,
    '"id":"usr_1"', '\n\nbody\n\z']



=== requests one after the other on a connection, before the first is answered
--- config eval
"location / { scalekit_auth acme; $::upstream }"
--- pipelined_requests eval
["GET /1", "GET /2", "GET /auth/callback?code=x&state=y", "POST /auth/logout\nx=y", "GET /5",
    "GET /auth/session", "GET /7"]
--- more_headers eval
[$::session, ::navigation(), '', $::session, ::script(), $::session, 'Cookie: '
    . ::session(sub => 'usr_7')]
--- error_code eval
[200, 302, 400, 200, 401, 401, 200]
--- response_body_like eval
['usr_1', '\A\z', 'state_invalid', '"ok":true', '"unauthenticated"', '"session_ended"', 'usr_7']



=== HTTP/2, with nginx as the client, and tokens
--- http_config eval
"server {
    listen 127.0.0.1:\$TEST_NGINX_OTHER http2;
    scalekit_auth acme;
    scalekit_bearer on;
    location / { $::upstream }
}"
--- config
location / {
    grpc_pass grpc://127.0.0.1:$TEST_NGINX_OTHER;
    grpc_set_header Authorization $http_x_authorization;
    grpc_set_header X-Authorization "";
}
--- request eval
["GET /a", "GET /a", "GET /a", "POST /a\nbody", "POST /a\nbody"]
--- more_headers eval
my $good = 'X-' . ::bearer();
[$good, "X-$::badToken", '', $good, "X-$::badToken"]
--- error_code eval
[200, 401, 401, 200, 401]
--- response_body_like eval
['X-Scalekit-Sub: usr_1\n', '"invalid_token"', '"unauthenticated"', '\n\nbody\n\z', '"invalid_token"']
