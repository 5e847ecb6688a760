# Bearer tokens between nginx's other access modules, error pages, subrequests and internal
# redirects, and the variables in all of them: every place judges for itself.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $upstream = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;';
our $basic = 'auth_basic door; auth_basic_user_file ../html/passwords;';
our $user = 'Authorization: Basic dXNlcjpwYXNz';
our $wrong = 'Authorization: Basic dXNlcjpub3Bl';
our $cookie = 'Cookie: ' . session(sub => 'usr_cookie');
our $forged = bearer(seed => 'x' x 32);

our $seen = '$scalekit_authenticated|$scalekit_sub|$scalekit_method|$scalekit_error';
our $shown = "add_header X-Seen '$seen' always;";

sub same { my ($value, $count) = @_; return [($value) x $count] }

run_tests();

__DATA__

=== satisfy all: a denied address is denied with a token as well
--- config eval
"scalekit_auth acme; scalekit_bearer only;
location / { deny all; $::upstream }
location /allowed { allow 127.0.0.1; deny all; $::upstream }"
--- request eval
[("GET /") x 2, ("GET /allowed") x 3]
--- more_headers eval
['', ::bearer(), '', $::forged, ::bearer()]
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
['', ::bearer(), $::forged, "$::forged\n$::cookie", 'Authorization: Bearer', ::bearer(), ::bearer(oid => 'org_2'),
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
['', $::wrong, $::user, ::bearer(), $::forged, "$::wrong\n$::cookie", "$::forged\n$::cookie"]
--- error_code eval
[401, 401, 200, 200, 401, 200, 401]
--- raw_response_headers_like eval
[('WWW-Authenticate: Bearer realm="acme"\r\n.*WWW-Authenticate: Basic realm="door"') x 2, ('X-Upstream') x 2,
    'WWW-Authenticate: Bearer realm="acme", error="invalid_token", .*WWW-Authenticate: Basic realm="door"',
    'X-Upstream', 'WWW-Authenticate: Bearer realm="acme", error="invalid_token", ']
--- response_body_like eval
['401', '401', '\AGET /\n(?!.*X-Scalekit)', 'X-Scalekit-Sub: usr_1\n', '401', 'X-Scalekit-Sub: usr_cookie\n', '401']



=== auth_request of the administrator's comes after, and knows who asks
--- config eval
"location / { scalekit_auth acme; scalekit_bearer only; auth_request /check; $::upstream }
location = /check { internal; $::upstream proxy_pass_request_body off; }
location /refused { scalekit_auth acme; scalekit_bearer only; auth_request /no; $::upstream }
location = /no { internal; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM/status/403; }"
--- request eval
["GET /", "GET /", "GET /", "GET /refused"]
--- more_headers eval
['', $::forged, ::bearer(), ::bearer()]
--- error_code eval
[401, 401, 200, 403]
--- response_body_like eval
['"unauthenticated"', '"invalid_token"', 'X-Scalekit-Sub: usr_1', '403']



=== auth_request into a place that takes tokens: it guards there too, for a page that takes them alike
--- config eval
"location / { auth_request /check; $::upstream }
location /known { scalekit_auth acme; scalekit_bearer only; auth_request /check; $::upstream }
location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location = /check { internal; scalekit_auth acme; scalekit_bearer only; scalekit_organization_id org_1;
    scalekit_require roles member; empty_gif; }"
--- request eval
["GET /warm", ("GET /") x 8, ("GET /known") x 3]
--- more_headers eval
[::bearer(), '', $::cookie, $::forged, ::bearer(exp => -60), "$::forged\n$::cookie", ::bearer(oid => 'org_2'),
    ::navigation(), ::bearer(), ::bearer(oid => 'org_2'), ::bearer(roles => []), ::bearer()]
--- error_code eval
[200, (401) x 5, 403, 401, 401, 403, 403, 200]
--- raw_response_headers_unlike eval
['WWW-Authenticate', ('X-Upstream|Location|Set-Cookie') x 10, 'WWW-Authenticate']



=== auth_request: a malformed request gets nowhere either
--- config eval
"location / { auth_request /check; $::upstream }
location = /check { internal; scalekit_auth acme; scalekit_bearer only; empty_gif; }"
--- request eval
["GET /", "GET /?access_token=x"]
--- more_headers eval
['Authorization: Bearer a b', ::bearer()]
--- error_code_like eval
::same('^(?:40[013]|500)$', 2)
--- no_upstream



=== an SSI include of a place that takes tokens, into a page that takes them alike and into an open one
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location /page.html { ssi on; ssi_types text/plain; root html; }
location /known.html { scalekit_auth acme; scalekit_bearer only; ssi on; ssi_types text/plain; root html; }
location /guarded { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- user_files
>>> page.html
before <!--# include virtual="/guarded" --> after
>>> known.html
before <!--# include virtual="/guarded" --> after
--- request eval
["GET /warm", "GET /known.html", ("GET /page.html") x 4]
--- more_headers eval
[::bearer(), ::bearer(), ::bearer(), '', $::forged, $::cookie]
--- response_body_like eval
['', 'before GET /guarded\n.*after', ('before (?!.*GET /guarded).*after') x 4]



=== an SSI include is not told a forged identity
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location /page.html { scalekit_auth acme; scalekit_bearer only; ssi on; ssi_types text/plain; root html; }
location /guarded { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- user_files
>>> page.html
before <!--# include virtual="/guarded" --> after
--- request eval
["GET /warm", "GET /page.html"]
--- more_headers eval
[::bearer(), "X-Scalekit-Sub: forged\nX-Scalekit-Scopes: forged\nX-Scalekit-Client-Id: forged\n" . ::bearer()]
--- response_body_unlike eval
['forged', 'forged']



=== an include out of a guarded page: by what its own place takes
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location /page.html { ssi on; ssi_types text/plain; root html; }
location /same { $::upstream }
location /tenant { scalekit_organization_id org_2; $::upstream }
location /off { scalekit_bearer off; $::upstream }
location /audience { scalekit_audience https://api.example; $::upstream }
location /role { scalekit_require roles admin; $::upstream }"
--- user_files
>>> page.html
before <!--# include virtual="/same" --><!--# include virtual="/tenant" --><!--# include virtual="/off" --><!--# include virtual="/audience" --><!--# include virtual="/role" --> after
--- request
GET /page.html
--- more_headers eval: ::bearer()
--- response_body_like: before GET /same\n(?!.*GET /(?:tenant|off|audience|role)).*after



=== an include whose place takes another of the request's identities than the page: never told the wrong one
--- config eval
"scalekit_auth acme;
location /cookie.html { ssi on; ssi_types text/plain; root html; }
location /token.html { scalekit_bearer only; ssi on; ssi_types text/plain; root html; }
location /cookie { proxy_set_header X-Who '\$scalekit_sub'; $::upstream }
location /token { scalekit_bearer only; proxy_set_header X-Who '\$scalekit_sub'; $::upstream }
location /auth/ { }"
--- user_files
>>> cookie.html
before <!--# include virtual="/cookie" --><!--# include virtual="/token" --> after
>>> token.html
before <!--# include virtual="/cookie" --><!--# include virtual="/token" --> after
--- request eval
["GET /cookie.html", "GET /token.html"]
--- more_headers eval
::same("$::cookie\n" . ::bearer(), 2)
--- response_body_like eval
['before GET /cookie\nX-Who: usr_cookie\n.*after', 'before .*GET /token\nX-Who: usr_1\n.*after']
--- response_body_unlike eval
['GET /token\n(?:[^\n]+\n)*X-(?:Who|Scalekit-Sub): usr_cookie', 'GET /cookie\n(?:[^\n]+\n)*X-(?:Who|Scalekit-Sub): usr_1']



=== an include into a place with pass: a bad token or another tenant's gets no further than elsewhere
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location /page.html { scalekit_auth off; ssi on; ssi_types text/plain; root html; }
location /guarded.html { ssi on; ssi_types text/plain; root html; }
location /pass { scalekit_unauthenticated pass; $::upstream }
location /tenant { scalekit_unauthenticated pass; scalekit_organization_id org_2; $::upstream }"
--- user_files
>>> page.html
before <!--# include virtual="/pass" --> after
>>> guarded.html
before <!--# include virtual="/tenant" --> after
--- request eval
["GET /page.html", "GET /page.html", "GET /guarded.html", "GET /guarded.html"]
--- more_headers eval
['', $::forged, ::bearer(), 'Cookie: ' . ::session(org => 'org_1')]
--- response_body_like eval
['before GET /pass\n', 'before (?!.*GET /pass).*after', 'before (?!.*X-Scalekit).*after', 'before (?!.*X-Scalekit).*after']



=== the page around an include keeps its own identity
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; add_after_body /after; $::upstream }
location /after { scalekit_auth acme; scalekit_bearer only; scalekit_organization_id org_2; $::upstream }"
--- request
GET /
--- more_headers eval: "Accept: text/html\n" . ::bearer()
--- response_body_like: X-Scalekit-Sub: usr_1\nX-Scalekit-Org-Id: org_1\n(?!.*GET /after)



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
[('', $::forged, $::cookie, "X-Scalekit-Sub: forged\n" . ::bearer()) x 6]
--- error_code eval
[(401, 401, 401, 200) x 6]
--- response_body_like eval
[('"unauthenticated"', '"invalid_token"', '"unauthenticated"',
    '\AGET \S+\n(?!.*forged).*X-Scalekit-Sub: usr_1\n') x 6]



=== a verdict of one place opens no other: each redirect is judged by where it leads
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



=== the administrator's answer to 400, 401 and 403
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
['', 'Authorization: Bearer', $::forged, ::bearer(scope => 'x'), $::forged, $::forged]
--- error_code eval
[401, 400, 401, 403, 418, 200]
--- response_body_like eval
::same('\Asorry', 6)
--- raw_response_headers_like eval
['WWW-Authenticate: Bearer realm="acme"\r\n', 'WWW-Authenticate: Bearer realm="acme", error="invalid_request"',
    'WWW-Authenticate: Bearer realm="acme", error="invalid_token"',
    'WWW-Authenticate: Bearer realm="acme", error="insufficient_scope"', '', '']
--- no_upstream



=== an error page that is guarded as well ends, it does not go round
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
['', $::forged, ::navigation($::forged)]
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
[::script(), $::forged, "$::forged\n$::cookie"]
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
[$::forged, "$::forged\n" . ::navigation()]
--- error_code eval
[401, 401]
--- raw_response_headers_unlike eval
::same('Location', 2)
--- no_upstream



=== variables before the access phase say what it will find
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location / { scalekit_auth acme; scalekit_bearer on;
    set \$early '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes';
    add_header X-Early \$early always;
    add_header X-Late '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes' always;
    $::upstream }
location /tenant { scalekit_auth acme; scalekit_bearer on; scalekit_organization_id org_2;
    set \$early '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes';
    add_header X-Early \$early always; $::upstream }
location /role { scalekit_auth acme; scalekit_bearer on; scalekit_require roles admin;
    set \$early '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_roles|\$scalekit_scopes';
    add_header X-Early \$early always; $::upstream }"
--- request eval
["GET /warm", ("GET /") x 6, "GET /tenant", "GET /role"]
--- more_headers eval
[::bearer(), ::bearer(), '', $::forged, "$::forged\n$::cookie", $::cookie, ::bearer() . "\n$::cookie", ::bearer(),
    ::bearer()]
--- error_code eval
[200, 200, 401, 401, 401, 200, 200, 403, 403]
--- response_headers eval
my $known = '1|usr_1|bearer|member|openid,profile,email';
['', "X-Early: $known\nX-Late: $known", ("X-Early: 0||||\nX-Late: 0||||") x 3,
    "X-Early: 1|usr_cookie|session||\nX-Late: 1|usr_cookie|session||", "X-Early: $known\nX-Late: $known",
    ('X-Early: 0||||') x 2]



=== variables before the access phase: nobody is somebody, also for the first request of a worker
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; set \$early '\$scalekit_authenticated|\$scalekit_sub';
    add_header X-Early \$early always; $::upstream }"
--- request
GET /
--- more_headers eval: $::forged
--- error_code: 401
--- response_headers
X-Early: 0|
--- no_upstream



=== if in front of the access phase
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location / { scalekit_auth acme; scalekit_bearer only; if (\$scalekit_roles !~ admin) { return 403; } $::upstream }
location /id { scalekit_auth acme; scalekit_bearer only; return 200 '[\$scalekit_authenticated|\$scalekit_sub]'; }"
--- request eval
["GET /warm", ("GET /") x 3, ("GET /id") x 3]
--- more_headers eval
[::bearer(), '', ::bearer(), ::bearer(roles => ['admin']), '', $::forged, ::bearer()]
--- error_code eval
[200, 403, 403, 200, 200, 200, 200]
--- response_body_like eval
['', '', '', 'usr_1', '\A\[0\|\]\z', '\A\[0\|\]\z', '\A\[1\|usr_1\]\z']



=== a tenant, a requirement or an audience that is said to be what the token says is nobody's
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location /tenant { scalekit_auth acme; scalekit_bearer only; scalekit_organization_id \$scalekit_org_id; empty_gif; }
location /early { scalekit_auth acme; scalekit_bearer only; scalekit_organization_id \$scalekit_org_id;
    set \$early \$scalekit_sub; empty_gif; }
location /token { scalekit_auth acme; scalekit_bearer only; scalekit_token \$scalekit_claim_token; empty_gif; }"
--- request eval
["GET /warm", "GET /tenant", "GET /early", "GET /token"]
--- more_headers eval
[::bearer(), ::bearer(), ::bearer(), ::bearer(token => ::token())]
--- error_code eval
[200, 403, 403, 401]



=== HTTP/2, with nginx as the client
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
[$good, "X-$::forged", '', $good, "X-$::forged"]
--- error_code eval
[200, 401, 401, 200, 401]
--- response_body_like eval
['X-Scalekit-Sub: usr_1\n', '"invalid_token"', '"unauthenticated"', '\n\nbody\n\z', '"invalid_token"']



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
