# Which place a request reaches is nginx's own decision, by its own reading of the path: no spelling
# of it, no header and no query gets around a guard, and none reaches an endpoint that nginx would
# not take it for.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

# A guarded place in an open site, and an open place in a guarded one.
our $sites = <<'EOC';
location /adm {
    scalekit_auth acme;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /auth/ { scalekit_auth acme; }
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
EOC
our $guarded = <<'EOC';
scalekit_auth acme;
location /public { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location = /exact { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location ~ \.(css|js)$ { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
EOC

# Spellings that nginx reads as something below /adm.
our @adm = qw(/adm /adm/ /a/../adm //adm ///adm /./adm /%61dm /%61%64%6d /adm%2f /adm%2Fx /adm;x
    /adm%3bx /adm%23 /adm%3f
    /adm?x=/public /adm?/public /adm?x=/../ /adm/.%2e/adm /x/%2e%2e/adm /x%2f..%2fadm /x/.%2E/adm //x/..//adm
    /adm/../adm/ /adm/%2e /adm%20 /adm%5c /adm\\x /adm%09 /adm.css /admin /adm//x /adm/?.css);

# Spellings that look like an open place of the guarded site and are none.
our @closed = qw(/ /public/../x /public/..%2fx /public/%2e%2e/x /x/public /x?/public /x?y=/public
    /x%3f/public /x%23/public
    //x/public /Public /PUBLIC /exact/ /exact/x /exact;x /exact%2f /Exact /x.css/ /x.css/y /x.css%2fy /x.CSS /x.css;y
    /x.css%20 /x\\..\\public /x.css%0a%0a /x?y.css /x.css%3fy /auth/x);

our @spoofs = (
    (map {"$_: /public"} qw(X-Forwarded-Uri X-Forwarded-Path X-Original-URL X-Original-URI
    X-Rewrite-URL X-Accel-Redirect
        X-Forwarded-Prefix Referer)),
    'X-HTTP-Method-Override: OPTIONS', 'X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1',
    'X-Forwarded-User: admin',
    'Remote-User: admin', 'Authorization: Bearer x', 'Authorization: Basic YWRtaW46YWRtaW4=',
    'Forwarded: for=127.0.0.1',
    (map {"User-Agent: $_"} 'kube-probe/1.0', 'GoogleHC/1.0', 'ELB-HealthChecker/2.0',
    'Amazon CloudFront'),
    'X-Scalekit-Sub: admin', 'Host: public', 'Upgrade-Insecure-Requests: 1', 'Purpose: prefetch',
    'Range: bytes=0-1',
    'Expect: 200-ok', 'Content-Length: 0',
);

run_tests();

__DATA__

=== no spelling of a guarded path gets in
--- config eval: $::sites
--- request eval
[map {"GET $_"} @::adm]
--- error_code eval
::same(401, scalar @::adm)
--- response_body_like eval
::same('"unauthenticated"', scalar @::adm)
--- no_upstream



=== no spelling of a guarded path gets in by another method
--- config eval: $::sites
--- request eval
[map {"POST $_\nx"} @::adm]
--- error_code eval
::same(401, scalar @::adm)
--- no_upstream



=== with a session all these spellings are just paths
--- config eval: $::sites
--- request eval
[map {"GET $_"} @::adm]
--- more_headers eval
::same('Cookie: ' . ::session(), scalar @::adm)
--- response_body_like eval
[map {"\\AGET \Q$_\E\n(?s:.*)X-Scalekit-Sub: usr_1\n\\z"} @::adm]



=== no spelling makes a guarded path look like an open one
--- config eval: $::guarded
--- request eval
[map {"GET $_"} @::closed]
--- error_code eval
::same(401, scalar @::closed)
--- no_upstream



=== the open places are open
--- config eval: $::guarded
--- request eval
[map {"GET $_"} qw(/public /public/x /publicity /exact /exact?x=y /x.css /x/y.js?z /x/../public
    /%70ublic)]
--- error_code eval
::same(200, 9)
--- response_body_unlike eval
::same('X-Scalekit', 9)



=== the request line may name scheme and host: the path counts all the same
--- config eval: $::sites
--- raw_request eval
["GET http://public.example/adm HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- error_code: 401
--- no_upstream



=== a path in the place of the host is refused
--- config eval: $::guarded
--- raw_request eval
["GET http://localhost/public/../adm?x HTTP/1.1\r\nHost: /public\r\nConnection: close\r\n\r\n"]
--- error_code: 400
--- no_upstream



=== a fragment in the request line does not widen anything
--- config eval: $::guarded
--- raw_request eval
["GET /x#/../public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- error_code: 401
--- no_upstream



=== HTTP/1.0, and no Host at all
--- config eval: $::guarded
--- raw_request eval
["GET /x HTTP/1.0\r\nAccept: application/json\r\n\r\n"]
--- error_code: 401
--- no_upstream



=== HTTP/0.9 is no way in
--- config eval: $::guarded
--- raw_request eval
["GET /x\r\n"]
--- ignore_response
--- no_upstream



=== no header opens a guarded path
--- config eval: $::guarded
--- request eval
[("GET /x") x @::spoofs]
--- more_headers eval
[@::spoofs]
--- error_code eval
::same(401, scalar @::spoofs)
--- no_upstream



=== another server of the same address guards by itself
--- http_config
server {
    listen $TEST_NGINX_SITE;
    server_name public;
    location / { return 200 "open"; }
}
--- config eval: $::guarded
--- request eval
["GET /x", "GET /x"]
--- more_headers eval
['Host: public', 'Host: localhost']
--- error_code eval
[200, 401]
--- no_upstream



=== the path that the client sent is an endpoint, whatever a rewrite makes of it
--- config
scalekit_auth acme;
rewrite ^/auth/session$ /index.php last;
location / {
    rewrite ^/(.*)$ /app/$1 break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location ~ \.php$ { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /auth/session", "GET /auth/session?x=/public", "GET http://localhost/auth/session", "GET /auth/login?return_to=/x",
    "GET /auth/logout"]
--- more_headers eval
::same('Cookie: ' . ::session(), 5)
--- error_code eval
[200, 200, 200, 302, 200]
--- response_body_like eval
[('"id":"usr_1"') x 3, '\A\z', '>Sign out</button>']
--- no_upstream



=== front controllers, try_files and named locations do not take endpoints away
--- config
location / {
    scalekit_auth acme;
    if (!-e $request_filename) { rewrite ^ /index.php?page=$uri last; }
}
location /auth/ { scalekit_auth acme; try_files $uri /index.php; }
location = /auth/login { root html; error_page 404 = @app; }
location = /auth/logout { root html; error_page 404 @app; }
location ~ \.php$ { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location @app { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /auth/session", "GET /auth/login?return_to=/x?y", "GET /auth/logout"]
--- more_headers eval
::same('Cookie: ' . ::session(), 3)
--- response_body_like eval
['"id":"usr_1"', '\A\z', '>Sign out</button>']
--- error_code eval
[200, 302, 404]
--- no_upstream



=== a rewrite to an endpoint's path leaves the application's own alone
--- config
location /x/ {
    scalekit_auth acme;
    rewrite ^/x/(.*)$ /$1 break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /accel/ { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /auth/ { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /x/auth/logout", "POST /x/auth/logout\nx", "GET /x/auth/session", "GET /x/auth/callback?code=1", "GET /accel/auth/session"]
--- more_headers eval
::same('Cookie: ' . ::session(), 5)
--- response_body_like eval
::same('X-Scalekit-Sub: usr_1', 5)



=== what only resembles an endpoint's path is a path of the application
--- config eval: $::guarded
--- request eval
[map {"GET $_"} qw(/auth/session/ /auth/session;x /auth/session%20 /auth/session%3f /auth/Session
    /AUTH/session /auth/session%23x
    /authsession /x/auth/session /auth/callback/ /auth/callback/?state=x /auth/login%2f
    /auth/../auth/session //auth/session /auth//session /%61uth/session /auth%2fsession /auth%2Flogin
    /x/../auth/session /auth/./session)]
--- more_headers eval
::same('Cookie: ' . ::session(), 20)
--- response_body_like eval
::same('X-Scalekit-Sub: usr_1', 20)
