# Internal redirects: X-Accel-Redirect, error_page, try_files, rewrite and index into guarded places. Each is
# judged by where it leads, and a verdict of one place opens no other.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $seen = '$scalekit_authenticated|$scalekit_sub|$scalekit_method|$scalekit_error';
our $shown = "add_header X-Seen '$seen' always;";

run_tests();

__DATA__

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
[(::script(), ::navigation(), "X-Scalekit-Sub: forged\n$::session") x 7]
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
[('') x 5, $::session]
--- error_code eval
[401, 418, 401, 302, 403, 403]
--- response_body_like eval
[('sign in here') x 3, '302', ('sign in here') x 2]
--- response_headers_like eval
['WWW-Authenticate: Scalekit realm="acme"', '', 'WWW-Authenticate: Scalekit realm="acme"',
    'Location: https://b.example/', '', '']
--- no_upstream



=== an error page that is guarded itself ends, it does not go round
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



=== X-Accel-Redirect, error_page, try_files, rewrite and index into a place that takes tokens
--- config eval
"location /accel/ { $::upstream }
location /error { error_page 404 = /guarded; root /nonexistent; }
location /named { error_page 404 = \@guarded; root /nonexistent; }
location /try { root /nonexistent; try_files \$uri \@guarded; }
location /rewrite { rewrite ^ /guarded last; }
location = /dir/ { root html; index page; }
location = /dir/page { scalekit_auth acme; scalekit_bearer only; $::upstream }
location /guarded { scalekit_auth acme; scalekit_bearer only; $::upstream }
location \@guarded { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- user_files
>>> dir/page
--- request eval
[map { ("GET $_") x 4 } qw(/accel/guarded /error /named /try /rewrite /dir/)]
--- more_headers eval
[('', $::badToken, $::cookie, "X-Scalekit-Sub: forged\n" . ::bearer()) x 6]
--- error_code eval
[(401, 401, 401, 200) x 6]
--- response_body_like eval
[('"unauthenticated"', '"invalid_token"', '"unauthenticated"',
    '\AGET \S+\n(?!.*forged).*X-Scalekit-Sub: usr_1\n') x 6]



=== a verdict of one place opens no other, for tokens: each redirect is judged by where it leads
--- config eval
"scalekit_auth acme; scalekit_bearer only;
location /tenant { error_page 404 = /org_2; root /nonexistent; }
location /org_2 { scalekit_organization_id org_2; $::upstream }
location /audience { error_page 404 = \@audience; root /nonexistent; }
location \@audience { scalekit_audience https://api.example; $::upstream }
location /role { rewrite ^ /admin last; }
location /admin { scalekit_require roles admin; $::upstream }
location /off { error_page 404 = /cookies; root /nonexistent; }
location /cookies { scalekit_bearer off; $::upstream }
location /auth/ { scalekit_bearer off; }"
--- request eval
[map {"GET /$_"} qw(tenant audience role off)]
--- more_headers eval
::same(::bearer(), 4)
--- error_code eval
[403, 401, 403, 401]
--- response_body_like eval
['"reason":"organization_mismatch"', '"reason":"audience_mismatch"', '"reason":"requirement_unmet"',
    '"reason":"unauthenticated"']
--- no_upstream



=== a token that the first place refused is somebody where it may be
--- config eval
"location / { scalekit_auth acme; scalekit_bearer only; scalekit_organization_id org_2; error_page 403 = /any;
    $::shown empty_gif; }
location /aud { scalekit_auth acme; scalekit_bearer only; scalekit_audience x; error_page 401 = /any;
    $::shown empty_gif; }
location /any { scalekit_auth acme; scalekit_bearer only; $::shown empty_gif; }"
--- request eval
["GET /", "GET /aud"]
--- more_headers eval
[(::bearer()) x 2]
--- response_headers eval
::same('X-Seen: 1|usr_1|bearer|', 2)



=== the administrator's answer to 400, 401 and 403 where tokens are taken
--- config eval
"scalekit_auth acme; scalekit_bearer only; error_page 400 401 403 /sorry.html;
location / { scalekit_require scope openid; $::upstream }
location /changed { error_page 401 =418 /sorry.html; $::upstream }
location /named { error_page 401 = \@sorry; $::upstream }
location = /sorry.html { scalekit_auth off; root html; }
location \@sorry { scalekit_auth off; root html; rewrite ^ /sorry.html break; }"
--- user_files
>>> sorry.html
sorry
--- request eval
[("GET /") x 4, "GET /changed", "GET /named"]
--- more_headers eval
['', 'Authorization: Bearer', $::badToken, ::bearer(scope => 'x'), $::badToken, $::badToken]
--- error_code eval
[401, 400, 401, 403, 418, 200]
--- response_body_like eval
::same('\Asorry', 6)
--- raw_response_headers_like eval
['WWW-Authenticate: Bearer realm="acme"\r\n', 'WWW-Authenticate: Bearer realm="acme", error="invalid_request"',
    'WWW-Authenticate: Bearer realm="acme", error="invalid_token"',
    'WWW-Authenticate: Bearer realm="acme", error="insufficient_scope"', '', '']
--- no_upstream



=== an error page that takes tokens itself ends, it does not go round
--- config eval
"scalekit_auth acme; scalekit_bearer on; error_page 401 /sorry.html; recursive_error_pages on;
location / { $::upstream }
location = /sorry.html { root html; }"
--- user_files
>>> sorry.html
sorry
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
['', $::badToken, ::navigation($::badToken)]
--- error_code eval
::same(401, 3)
--- response_body_unlike eval
::same('sorry', 3)
--- no_upstream



=== error_page 401 to a place for strangers, told why
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; error_page 401 = \@stranger; $::upstream }
location \@stranger { scalekit_auth off; add_header X-Error '\$scalekit_error|\$scalekit_sub' always; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[::script(), $::badToken, "$::badToken\n$::cookie"]
--- response_headers eval
['X-Error: unauthenticated|', 'X-Error: signature_invalid|', 'X-Error: signature_invalid|']
--- response_body_unlike eval
::same('X-Scalekit', 3)



=== error_page 401 to a place that signs people in: a bad token is not sent there
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; error_page 401 = \@login; $::upstream }
location \@login { scalekit_auth acme; $::upstream }"
--- request eval
["GET /", "GET /"]
--- more_headers eval
[$::badToken, "$::badToken\n" . ::navigation()]
--- error_code eval
[401, 401]
--- raw_response_headers_unlike eval
::same('Location', 2)
--- no_upstream



=== a guarded error page with a good status of its own: who is not let in gets an answer
--- config
location /missing { error_page 404 =200 /guarded; return 404; }
location /tokens  { error_page 404 =200 /api; return 404; }
location /guarded { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /api { scalekit_auth acme; scalekit_bearer only; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /auth/ { scalekit_auth acme; }
--- request eval
["GET /missing", "GET /missing", "GET /tokens", "GET /missing"]
--- more_headers eval
['', ::navigation(), 'Authorization: Bearer x', 'Cookie: ' . ::session()]
--- error_code eval
[401, 401, 401, 200]
--- raw_response_headers_unlike eval
[('X-Upstream|Location') x 3, 'WWW-Authenticate']
