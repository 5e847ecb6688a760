# Between nginx's other access modules, error pages, subrequests and internal redirects: every way
# into a guarded place is judged, and a verdict of one place opens no other.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $upstream = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;';
our $basic = 'auth_basic door; auth_basic_user_file ../html/passwords;';
our $good = 'Authorization: Basic dXNlcjpwYXNz';
our $bad = 'Authorization: Basic dXNlcjpub3Bl';
our $cookie = 'Cookie: ' . session();

sub same { my ($value, $count) = @_; return [($value) x $count] }

run_tests();

__DATA__

=== satisfy all: a denied address is denied before anybody is sent to sign in
--- config eval
"scalekit_auth acme;
location / { deny all; $::upstream }
location /allowed { allow 127.0.0.1; deny all; $::upstream }
location /auth/ { }"
--- request eval
[("GET /") x 3, ("GET /allowed") x 3]
--- more_headers eval
[(::navigation(), ::script(), $::cookie) x 2]
--- error_code eval
[403, 403, 403, 302, 401, 200]
--- raw_response_headers_unlike eval
[('Location|Set-Cookie|X-Upstream|WWW-Authenticate') x 3, 'X-Upstream',
    'X-Upstream|Location|Set-Cookie', 'Location']



=== satisfy any: an allowed address needs no session, and is nobody
--- config eval
"location / { satisfy any; allow 127.0.0.1; deny all; scalekit_auth acme; $::upstream }"
--- request eval
[("GET /") x 3]
--- more_headers eval
[::navigation(), 'X-Scalekit-Sub: forged', $::cookie]
--- response_body_like eval
['\AGET /\n(?!.*X-Scalekit)', '\AGET /\n\z', '\AGET /\n']



=== satisfy any: from a denied address a session opens, and nothing else does
--- config eval
"location / { satisfy any; deny all; scalekit_auth acme; $::upstream }"
--- request eval
[("GET /") x 5]
--- more_headers eval
[$::cookie, ::navigation(), ::script(), 'Cookie: sk_session=x', ::navigation($::cookie)]
--- error_code eval
[200, 302, 401, 401, 200]
--- response_body_like eval
['X-Scalekit-Sub: usr_1', '\A\z', '', '', 'X-Scalekit-Sub: usr_1']
--- raw_response_headers_unlike eval
['WWW-Authenticate', ('X-Upstream') x 3, 'WWW-Authenticate']



=== satisfy any: of no way in, nothing reaches the upstream
--- config eval
"location / { satisfy any; deny all; scalekit_auth acme; $::basic $::upstream }"
--- user_files
>>> passwords
user:{PLAIN}pass
--- request eval
[("GET /") x 4]
--- more_headers eval
['', $::bad, ::script("Cookie: sk_session=x"), "$::bad\nCookie: sk_session=x"]
--- error_code eval
::same(401, 4)
--- no_upstream



=== satisfy any with auth_basic, each winning and losing
--- config eval
"location / { satisfy any; scalekit_auth acme; $::basic $::upstream }"
--- user_files
>>> passwords
user:{PLAIN}pass
--- request eval
[("GET /") x 7]
--- more_headers eval
['', $::bad, $::good, $::cookie, "$::bad\n$::cookie", "$::good\n$::cookie",
    "$::good\nCookie: sk_session=x"]
--- error_code eval
[401, 401, 200, 200, 200, 200, 200]
--- response_body_like eval
['401', '401', '\AGET /\n(?!.*X-Scalekit)', ('X-Scalekit-Sub: usr_1\n') x 3,
    '\AGET /\n(?!.*X-Scalekit)']
--- raw_response_headers_like eval
[('WWW-Authenticate: Scalekit realm="acme"\r\n.*WWW-Authenticate: Basic realm="door"') x 2,
    ('\A(?!.*WWW-Authenticate)') x 5]



=== satisfy any with auth_basic: a browser is sent to sign in
--- config eval
"location / { satisfy any; scalekit_auth acme; $::basic $::upstream }"
--- user_files
>>> passwords
user:{PLAIN}pass
--- request
GET /
--- more_headers eval: ::navigation()
--- error_code: 302
--- no_upstream



=== satisfy all with auth_basic: both are needed
--- config eval
"location / { scalekit_auth acme; $::basic $::upstream }"
--- user_files
>>> passwords
user:{PLAIN}pass
--- request eval
[("GET /") x 5]
--- more_headers eval
['', $::good, $::cookie, "$::bad\n$::cookie", "$::good\n$::cookie"]
--- error_code eval
[401, 401, 401, 401, 200]
--- raw_response_headers_like eval
[('WWW-Authenticate: Scalekit') x 2, ('WWW-Authenticate: Basic') x 2, 'X-Upstream']



=== pass leaves the decision to the others
--- config eval
"scalekit_auth acme; scalekit_unauthenticated pass;
location /any { satisfy any; deny all; $::upstream }
location /all { deny all; $::upstream }
location /basic { $::basic $::upstream }"
--- user_files
>>> passwords
user:{PLAIN}pass
--- request eval
["GET /any", "GET /any", "GET /all", "GET /basic", "GET /basic"]
--- more_headers eval
['', $::cookie, $::cookie, $::cookie, $::good]
--- error_code eval
[403, 200, 403, 401, 200]



=== auth_request of the administrator's comes after, and knows who asks
--- config eval
"location / { scalekit_auth acme; auth_request /check; $::upstream }
location = /check { internal; $::upstream proxy_pass_request_body off; }
location /refused { scalekit_auth acme; auth_request /no; $::upstream }
location = /no { internal; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM/status/403; }"
--- request eval
["GET /", "GET /", "GET /refused"]
--- more_headers eval
['', $::cookie, $::cookie]
--- error_code eval
[401, 200, 403]
--- response_body_like eval
['"unauthenticated"', 'X-Scalekit-Sub: usr_1', '403']



=== auth_request into a guarded location: it guards there too, for a page that is guarded alike
--- config eval
"location / { scalekit_auth acme; auth_request /check; $::upstream }
location /open { auth_request /check; $::upstream }
location = /check { internal; scalekit_auth acme; scalekit_organization_id org_1; empty_gif; }
location /auth/ { scalekit_auth acme; }"
--- request eval
["GET /open", "GET /open", "GET /open", "GET /open", "GET /", "GET /"]
--- more_headers eval
['', ::navigation(), ('Cookie: ' . ::session(org => 'org_2'), 'Cookie: ' . ::session(org => 'org_1')) x 2]
--- error_code eval
[401, 401, 403, 401, 403, 200]
--- raw_response_headers_unlike eval
[('X-Upstream') x 5, 'WWW-Authenticate']



=== an SSI include of a guarded place, into an open page and into one that is guarded alike
--- config eval
"location /page.html { ssi on; ssi_types text/plain; root html; }
location /known.html { scalekit_auth acme; ssi on; ssi_types text/plain; root html; }
location /guarded { scalekit_auth acme; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- user_files
>>> page.html
before <!--# include virtual="/guarded?x=1" --> after
>>> known.html
before <!--# include virtual="/guarded?x=1" --> after
--- request eval
["GET /page.html", "GET /page.html", "GET /known.html"]
--- more_headers eval
["X-Scalekit-Sub: forged\nCookie: sk_session=x", ("X-Scalekit-Sub: forged\n$::cookie") x 2]
--- response_body_like eval
['before (?!.*(?:GET /guarded|forged)).*after',
    'before (?!.*(?:GET /guarded|forged)).*403.*after',
    'before GET /guarded\?x=1\n(?!.*forged)X-Scalekit-Sub: usr_1\n.*after']



=== without a session that include calls nobody
--- config eval
"location /page.html { ssi on; ssi_types text/plain; root html; }
location /guarded { scalekit_auth acme; $::upstream }
location /tenant { scalekit_auth acme; scalekit_organization_id org_1; $::upstream }
location /unknown { scalekit_auth acme; scalekit_organization_id \$arg_none; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- user_files
>>> page.html
before <!--# include virtual="/guarded" --><!--# include virtual="/tenant" --><!--# include virtual="/unknown" --> after
--- request eval
["GET /page.html", "POST /page.html\n"]
--- more_headers eval
["Cookie: sk_session=x", "Cookie: sk_session=x"]
--- error_code eval
[200, 405]
--- no_upstream



=== an include out of a guarded page, into a place of another tenant
--- config eval
"scalekit_auth acme;
location /page.html { ssi on; ssi_types text/plain; root html; }
location /tenant { scalekit_organization_id org_2; $::upstream }
location /auth/ { }"
--- user_files
>>> page.html
before <!--# include virtual="/tenant" --> after
--- request
GET /page.html
--- more_headers eval
'Cookie: ' . ::session(org => 'org_1')
--- response_body_like: before .*403.* after
--- no_upstream



=== the page around an include keeps its own identity
--- config eval
"location / { scalekit_auth acme; add_after_body /after; $::upstream }
location /after { scalekit_auth acme; scalekit_organization_id org_2; $::upstream }"
--- request
GET /
--- more_headers eval
"Accept: text/html\nCookie: " . ::session(org => 'org_1')
--- response_body_like: X-Scalekit-Sub: usr_1\nX-Scalekit-Org-Id: org_1\n(?!.*GET /after)



=== mirror into a guarded place, without a session
--- config eval
"location / { mirror /mirror; empty_gif; }
location = /mirror { internal; scalekit_auth acme; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- request
GET /
--- wait: 0.2
--- no_upstream



=== mirror into a guarded place, with one, of a place that is guarded alike
--- config eval
"location / { scalekit_auth acme; mirror /mirror; empty_gif; }
location = /mirror { internal; scalekit_auth acme; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- request
GET /
--- more_headers eval: $::cookie
--- wait: 0.2
--- error_log
upstream: called



=== X-Accel-Redirect, error_page, try_files, rewrite and index into a guarded place
--- config eval
"location /accel/ { $::upstream }
location /error { error_page 404 = /guarded; root /nonexistent; }
location /named { error_page 404 = \@guarded; root /nonexistent; }
location /try { root /nonexistent; try_files \$uri \@guarded; }
location /tries { root /nonexistent; try_files \$uri /guarded; }
location /rewrite { rewrite ^ /guarded last; }
location = /dir/ { root html; index page; }
location = /dir/page { scalekit_auth acme; $::upstream }
location /guarded { scalekit_auth acme; $::upstream }
location \@guarded { scalekit_auth acme; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- user_files
>>> dir/page
--- request eval
[map { ("GET $_") x 3 } qw(/accel/guarded /error /named /try /tries /rewrite /dir/)]
--- more_headers eval
[(::script(), ::navigation(), "X-Scalekit-Sub: forged\n$::cookie") x 7]
--- error_code eval
[(401, 302, 200) x 7]
--- response_body_like eval
[('"unauthenticated"', '\A\z', '\AGET \S+\nX-Scalekit-Sub: usr_1\n\z') x 7]



=== a verdict of one place opens no other: each redirect is judged by where it leads
--- config eval
"scalekit_auth acme; scalekit_organization_id org_1;
location / { $::upstream }
location /error { error_page 404 = /tenant; root /nonexistent; }
location /named { error_page 404 = \@tenant; root /nonexistent; }
location /tenant { scalekit_organization_id org_2; $::upstream }
location \@tenant { scalekit_organization_id org_2; $::upstream }
location /unknown { error_page 404 = /nobody; root /nonexistent; }
location /nobody { scalekit_organization_id \$arg_none; $::upstream }"
--- request eval
[map {"GET $_"} qw(/accel/tenant /error /named /unknown)]
--- more_headers eval
::same('Cookie: ' . ::session(org => 'org_1'), 4)
--- error_code eval
::same(403, 4)
--- response_body_like eval
[('"reason":"organization_mismatch"') x 3, '"reason":"tenant_unknown"']
--- raw_response_headers_unlike eval
::same('X-Upstream', 4)



=== the administrator's answer to 401 and 403
--- config eval
"scalekit_auth acme;
location / { error_page 401 /sign-in.html; $::upstream }
location /changed { error_page 401 =418 /sign-in.html; $::upstream }
location /named { error_page 401 \@sign_in; $::upstream }
location /elsewhere { error_page 401 =302 https://b.example/; $::upstream }
location /tenant { error_page 403 /sign-in.html; scalekit_organization_id \$arg_org; $::upstream }
location = /sign-in.html { scalekit_auth off; root html; }
location \@sign_in { scalekit_auth off; root html; rewrite ^ /sign-in.html break; }"
--- user_files
>>> sign-in.html
sign in here
--- request eval
[map {"GET /$_"} '', 'changed', 'named', 'elsewhere', 'tenant', 'tenant?org=org_2']
--- more_headers eval
[('') x 5, $::cookie]
--- error_code eval
[401, 418, 401, 302, 403, 403]
--- response_body_like eval
[('sign in here') x 3, '302', ('sign in here') x 2]
--- response_headers_like eval
['WWW-Authenticate: Scalekit realm="acme"', '', 'WWW-Authenticate: Scalekit realm="acme"',
    'Location: https://b.example/', '', '']
--- no_upstream



=== an error page of its own that is guarded as well ends, it does not go round
--- config eval
"scalekit_auth acme; error_page 401 /sign-in.html; recursive_error_pages on;
location / { $::upstream }
location = /sign-in.html { root html; }"
--- user_files
>>> sign-in.html
sign in here
--- request
GET /
--- error_code: 401
--- no_upstream



=== error_page to the login endpoint: scripts are sent to sign in as well
--- config eval
"location / { scalekit_auth acme; error_page 401 = /auth/login; $::upstream }"
--- request
GET /
--- more_headers eval: ::script()
--- error_code: 302
--- response_headers_like
Location: http://127\.0\.0\.1:\d+/oauth/authorize\?.*
--- no_upstream



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
[$::cookie, ::navigation(), '', $::cookie, ::script(), $::cookie, 'Cookie: '
    . ::session(sub => 'usr_7')]
--- error_code eval
[200, 302, 400, 200, 401, 200, 200]
--- response_body_like eval
['usr_1', '\A\z', 'state_invalid', '"ok":true', '"unauthenticated"', '"id":"usr_1"', 'usr_7']
