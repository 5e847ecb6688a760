# What somebody without a session is told: a login for people who navigate, 401 for everything else,
# and never a byte of the upstream; for any method, fetch and web socket, with no state left behind
# by exemptions.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $guarded = "location / { scalekit_auth acme; $upstream }";
our $websocket = "Upgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==";

# Everything of the authorization request that does not depend on routing.
our $authorize = "http://127\\.0\\.0\\.1:$ENV{TEST_NGINX_PROVIDER}/oauth/authorize\\?response_type=code&client_id=skc_1"
    . '&redirect_uri=http%3A%2F%2Flocalhost%2Fauth%2Fcallback&scope=openid%20profile%20email'
    . '&state=[\\w-]{100,700}&nonce=[\\w-]{22}&code_challenge=[\\w-]{43}&code_challenge_method=S256';

our @navigations = (
    navigation(),
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept: application/xml, TEXT/HTML',
    'Sec-Fetch-Mode: navigate',
    navigation('Sec-Fetch-Dest: iframe'),
);
our @others = (
    '',
    'Accept: */*',
    'Accept: application/json',
    script(),
    "Sec-Fetch-Mode: cors\nAccept: text/html",
    "Sec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image\nAccept: text/html",
    "Sec-Fetch-Mode: same-origin\nAccept: text/html",
    "Sec-Fetch-Mode: Navigate",
    "Sec-Fetch-Mode:\nAccept: text/html",
    "Sec-Fetch-Mode: websocket\nConnection: Upgrade, close\n$websocket",
);
our @unsafe = qw(POST PUT DELETE PATCH OPTIONS PROPFIND MKCOL LOCK BREW);

our $refusal = '\{"error":"unauthenticated","reason":"unauthenticated","message":"You need to be signed in to see '
    . 'this\\.","reference":"[0-9a-f]{12}","login":"/auth/login"\}';

run_tests();

__DATA__

=== a navigation is sent to the provider
--- config eval: $::guarded
--- request eval
[("GET /a/b?c=d&e=%2f") x @::navigations]
--- more_headers eval
[@::navigations]
--- error_code eval
::same(302, scalar @::navigations)
--- response_headers_like eval
::same("Location: $::authorize\nCache-Control: no-store\nReferrer-Policy: no-referrer\n"
    . 'Content-Length: 0', scalar @::navigations)
--- raw_response_headers_unlike eval
::same('X-Upstream|WWW-Authenticate', scalar @::navigations)
--- response_body eval
::same('', scalar @::navigations)
--- no_upstream



=== the browser gets one small cookie for the login
--- config eval: $::guarded
--- request
GET /
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like
Set-Cookie: sk_login=[\w-]{80,200}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax
--- no_upstream



=== over TLS that cookie is bound to the host
--- environment
base_url https://app.example;
--- config eval: $::guarded
--- request
GET /
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like
Set-Cookie: __Host-sk_login=[\w-]{80,200}; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax
Location: .*&redirect_uri=https%3A%2F%2Fapp\.example%2Fauth%2Fcallback&.*
--- no_upstream



=== HEAD is a navigation too
--- config eval: $::guarded
--- request
HEAD /
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like eval: "Location: $::authorize"
--- response_body
--- no_upstream



=== everything that is no navigation gets 401, a challenge, JSON and no cookie
--- config eval: $::guarded
--- request eval
[("GET /a/b?c=d") x @::others]
--- more_headers eval
[@::others]
--- error_code eval
::same(401, scalar @::others)
--- response_headers eval
::same(qq{WWW-Authenticate: Scalekit realm="acme"\nContent-Type: application/json\nCache-Control: no-store\n}
    . "X-Content-Type-Options: nosniff\n! Set-Cookie\n! Location\n! X-Upstream", scalar @::others)
--- response_body_like eval
::same("\\A$::refusal\n\\z", scalar @::others)
--- no_upstream



=== no other method is a navigation, whatever its headers say
--- config eval: $::guarded
--- request eval
[map {"$_ /a"} @::unsafe]
--- more_headers eval
::same(::navigation(), scalar @::unsafe)
--- error_code eval
::same(401, scalar @::unsafe)
--- response_headers eval
::same(qq{WWW-Authenticate: Scalekit realm="acme"\n! Set-Cookie\n! Location\n! X-Upstream\n}
    . '! Access-Control-Allow-Origin', scalar @::unsafe)
--- response_body_like eval
::same('You need to be signed in', scalar @::unsafe)
--- no_upstream



=== an upgrade to a web socket is no navigation
--- config eval: $::guarded
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
["Connection: Upgrade, close\nAccept: text/html\n$::websocket", "Accept: text/html\nUpgrade: h2c"]
--- error_code eval
::same(401, 2)
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location|X-Upstream', 2)
--- no_upstream



=== a body is neither forwarded nor left on the connection
--- config eval: $::guarded
--- pipelined_requests eval
["POST /a\n" . 'x' x 100_000, "GET /b"]
--- error_code eval
[401, 401]
--- response_body_like eval
["\\A$::refusal\n\\z", "\\A$::refusal\n\\z"]
--- no_upstream



=== HEAD of a script gets 401 and no body
--- config eval: $::guarded
--- request
HEAD /
--- more_headers eval: ::script()
--- error_code: 401
--- response_body
--- no_upstream



=== a CORS preflight is no exemption
--- config eval: $::guarded
--- request
OPTIONS /a
--- more_headers
Origin: https://evil.example
Access-Control-Request-Method: POST
Access-Control-Request-Headers: x-scalekit-sub
--- error_code: 401
--- raw_response_headers_unlike: (?i)access-control
--- no_upstream



=== TRACE, and methods that are none, do not get as far as the upstream
--- config eval: $::guarded
--- raw_request eval
["TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- error_code: 405
--- no_upstream



=== 401 refuses navigations too, with a page for people
--- config
location / {
    scalekit_auth acme;
    scalekit_unauthenticated 401;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request eval
["GET /", "GET /", "POST /"]
--- more_headers eval
[::navigation(), ::script(), ::navigation()]
--- error_code eval
[401, 401, 401]
--- response_headers_like eval
["Content-Type: text/html; charset=utf-8\nWWW-Authenticate: Scalekit realm=\"acme\"\nCache-Control: no-store\n"
    . "Content-Security-Policy: .*frame-ancestors 'none'.*", "Content-Type: application/json",
    "Content-Type: text/html.*"]
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location|X-Upstream', 3)
--- response_body_like eval
['<h1>Please sign in</h1>', $::refusal, '<h1>Please sign in</h1>']
--- no_upstream



=== redirect sends everything to the provider, methods with a body by 303
--- config
location / {
    scalekit_auth acme;
    scalekit_unauthenticated redirect;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request eval
["GET /", "HEAD /", "POST /\na=b", "GET /", "OPTIONS /"]
--- more_headers eval
[::script(), ::script(), ::navigation(), $::websocket, ""]
--- error_code eval
[302, 302, 303, 302, 303]
--- response_headers_like eval
::same("Location: $::authorize\nCache-Control: no-store", 5)
--- no_upstream



=== pass lets everybody in, without an identity
--- config
location / {
    scalekit_auth acme;
    scalekit_unauthenticated pass;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request eval
["GET /a", "POST /b\nc", "GET /d"]
--- more_headers eval
[::navigation("X-Scalekit-Sub: forged"), ::script(), "Cookie: sk_session=forged; a=b"]
--- error_code eval
[200, 200, 200]
--- response_headers eval
::same('! Set-Cookie', 3)
--- response_body eval
["GET /a\nSec-Fetch-Mode: navigate\nAccept: text/html\n",
    "POST /b\nSec-Fetch-Mode: cors\nAccept: application/json\n\nc\n",
    "GET /d\nCookie: a=b\n"]



=== pass knows a session all the same
--- config
location / {
    scalekit_auth acme;
    scalekit_unauthenticated pass;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session()
--- response_body
GET /
X-Scalekit-Sub: usr_1



=== nothing exempts from the next decision: a forged session after every exemption of a worker
--- config
scalekit_auth acme;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_OTHER; }
location /pass { scalekit_unauthenticated pass; return 204; }
location /off { scalekit_auth off; return 204; }
location /hello { scalekit_unauthenticated 401; empty_gif; }
--- request eval
["GET /pass", "GET /off", "GET /auth/login", "GET /auth/session", "GET /auth/callback?error=access_denied",
    "GET /hello", "OPTIONS /", "GET /"]
--- more_headers eval
["", "", "", "", "", 'Cookie: ' . ::session(), "", "Cookie: sk_session=" . 'A' x 200]
--- error_code eval
[204, 204, 302, 401, 403, 200, 401, 401]
--- no_upstream



=== the challenge of a reason: why there is no session
--- config eval: $::guarded
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
["Cookie: sk_session=x", 'Cookie: ' . ::session(created => 9 * 3600), 'Cookie: '
    . ::session(created => 7300, seen => 3601)]
--- error_code eval
[401, 401, 401]
--- response_body_like eval
[$::refusal, '"reason":"session_expired"', '"reason":"session_idle"']
--- no_upstream



=== the reference stands in the log too, with the reason, the environment, the host and the path
--- config eval: $::guarded
--- request
GET /page?q=secret
--- more_headers
Cookie: sk_session=x
--- error_code: 401
--- error_log eval
qr/\[info\] .*scalekit: refused: reason=session_invalid environment=acme ref=[0-9a-f]{12}, client: 127\.0\.0\.1, server: localhost, host: "localhost", path: "\/page"/
--- no_error_log
secret
--- no_upstream



=== who brings no session at all does not fill the log at level info
--- config eval: $::guarded
--- request
GET /favicon.ico
--- error_code: 401
--- no_error_log
refused
--- no_upstream



=== a provider that cannot be reached: 503 for navigations within the timeout, 401 as ever for others
--- environment
url http://127.0.0.1:$TEST_NGINX_OTHER;
timeout 500ms;
--- config eval: $::guarded
--- request eval
["GET /", "GET /"]
--- more_headers eval
[::navigation(), ::script()]
--- error_code eval
[503, 401]
--- response_headers_like eval
["Retry-After: 5\nCache-Control: no-store\nContent-Type: text/html.*",
    "Content-Type: application/json"]
--- response_body_like eval
['<h1>Sign-in is not available right now</h1>', $::refusal]
--- no_upstream
