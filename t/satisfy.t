# satisfy, with allow and deny and with auth_basic: who comes in by a session, by a token, or another way.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $basic = 'auth_basic door; auth_basic_user_file ../html/passwords;';
our $user = 'Authorization: Basic dXNlcjpwYXNz';
our $wrong = 'Authorization: Basic dXNlcjpub3Bl';

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
[(::navigation(), ::script(), $::session) x 2]
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
[::navigation(), 'X-Scalekit-Sub: forged', $::session]
--- response_body_like eval
['\AGET /\n(?!.*X-Scalekit)', '\AGET /\n\z', '\AGET /\n']



=== satisfy any: from a denied address a session opens, and nothing else does
--- config eval
"location / { satisfy any; deny all; scalekit_auth acme; $::upstream }"
--- request eval
[("GET /") x 5]
--- more_headers eval
[$::session, ::navigation(), ::script(), 'Cookie: sk_session=x', ::navigation($::session)]
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
['', $::wrong, ::script("Cookie: sk_session=x"), "$::wrong\nCookie: sk_session=x"]
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
['', $::wrong, $::user, $::session, "$::wrong\n$::session", "$::user\n$::session",
    "$::user\nCookie: sk_session=x"]
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
['', $::user, $::session, "$::wrong\n$::session", "$::user\n$::session"]
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
['', $::session, $::session, $::session, $::user]
--- error_code eval
[403, 200, 403, 401, 200]



=== satisfy all: a denied address is denied with a token as well
--- config eval
"scalekit_auth acme; scalekit_bearer only;
location / { deny all; $::upstream }
location /allowed { allow 127.0.0.1; deny all; $::upstream }"
--- request eval
[("GET /") x 2, ("GET /allowed") x 3]
--- more_headers eval
['', ::bearer(), '', $::badToken, ::bearer()]
--- error_code eval
[403, 403, 401, 401, 200]
--- raw_response_headers_unlike eval
[('WWW-Authenticate|X-Upstream') x 2, ('X-Upstream') x 2, 'WWW-Authenticate']



=== satisfy any: from a denied address a good token opens, and nothing else does
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location / { satisfy any; deny all; $::upstream }
location /tenant { satisfy any; deny all; scalekit_organization_id org_2; $::upstream }
location /role { satisfy any; deny all; scalekit_require roles admin; $::upstream }
location /auth/ { }"
--- request eval
[("GET /") x 5, map { ("GET $_") x 2 } qw(/tenant /role)]
--- more_headers eval
['', ::bearer(), $::badToken, "$::badToken\n$::cookie", 'Authorization: Bearer', ::bearer(), ::bearer(oid => 'org_2'),
    ::bearer(), ::bearer(roles => ['admin'])]
--- error_code eval
[401, 200, 401, 401, 400, 403, 200, 403, 200]
--- raw_response_headers_unlike eval
['X-Upstream', 'WWW-Authenticate', ('X-Upstream') x 4, 'WWW-Authenticate', 'X-Upstream', 'WWW-Authenticate']



=== satisfy any with auth_basic: the scheme says whose turn it is
--- config eval
"location / { satisfy any; scalekit_auth acme; scalekit_bearer on; $::basic $::upstream }"
--- user_files
>>> passwords
user:{PLAIN}pass
--- request eval
[("GET /") x 7]
--- more_headers eval
['', $::wrong, $::user, ::bearer(), $::badToken, "$::wrong\n$::cookie", "$::badToken\n$::cookie"]
--- error_code eval
[401, 401, 200, 200, 401, 200, 401]
--- raw_response_headers_like eval
[('WWW-Authenticate: Bearer realm="acme"\r\n.*WWW-Authenticate: Basic realm="door"') x 2, ('X-Upstream') x 2,
    'WWW-Authenticate: Bearer realm="acme", error="invalid_token", .*WWW-Authenticate: Basic realm="door"',
    'X-Upstream', 'WWW-Authenticate: Bearer realm="acme", error="invalid_token", ']
--- response_body_like eval
['401', '401', '\AGET /\n(?!.*X-Scalekit)', 'X-Scalekit-Sub: usr_1\n', '401', 'X-Scalekit-Sub: usr_cookie\n', '401']
