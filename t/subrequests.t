# Subrequests: auth_request, SSI, mirror and add_after_body into guarded places and out of them. A part is
# let in with the identity of its page alone; two people at once are in t/e2e/subrequests.test.mjs.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== auth_request of the administrator's comes after, and knows who asks
--- config eval
"location / { scalekit_auth acme; auth_request /check; $::upstream }
location = /check { internal; $::upstream proxy_pass_request_body off; }
location /refused { scalekit_auth acme; auth_request /no; $::upstream }
location = /no { internal; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM/status/403; }"
--- request eval
["GET /", "GET /", "GET /refused"]
--- more_headers eval
['', $::session, $::session]
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
["X-Scalekit-Sub: forged\nCookie: sk_session=x", ("X-Scalekit-Sub: forged\n$::session") x 2]
--- response_body_like eval
['before (?!.*(?:GET /guarded|forged)).*after',
    'before (?!.*(?:GET /guarded|forged)).*403.*after',
    'before GET /guarded\?x=1\n(?!.*forged)X-Scalekit-Sub: usr_1\n.*after']



=== without a session an SSI include of a guarded place calls nobody
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
--- more_headers eval: $::session
--- wait: 0.2
--- error_log
upstream: called



=== auth_request of the administrator's comes after, and knows who asks with a token
--- config eval
"location / { scalekit_auth acme; scalekit_bearer only; auth_request /check; $::upstream }
location = /check { internal; $::upstream proxy_pass_request_body off; }
location /refused { scalekit_auth acme; scalekit_bearer only; auth_request /no; $::upstream }
location = /no { internal; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM/status/403; }"
--- request eval
["GET /", "GET /", "GET /", "GET /refused"]
--- more_headers eval
['', $::badToken, ::bearer(), ::bearer()]
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
[::bearer(), '', $::cookie, $::badToken, ::bearer(exp => -60), "$::badToken\n$::cookie", ::bearer(oid => 'org_2'),
    ::navigation(), ::bearer(), ::bearer(oid => 'org_2'), ::bearer(roles => []), ::bearer()]
--- error_code eval
[200, (401) x 5, 403, 401, 401, 403, 403, 200]
--- raw_response_headers_unlike eval
['WWW-Authenticate', ('X-Upstream|Location|Set-Cookie') x 10, 'WWW-Authenticate']



=== auth_request: a malformed token gets nowhere
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
[::bearer(), ::bearer(), ::bearer(), '', $::badToken, $::cookie]
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
['', $::badToken, ::bearer(), 'Cookie: ' . ::session(org => 'org_1')]
--- response_body_like eval
['before GET /pass\n', 'before (?!.*GET /pass).*after', 'before (?!.*X-Scalekit).*after', 'before (?!.*X-Scalekit).*after']



=== the page around an include keeps its own identity, of a token as well
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; add_after_body /after; $::upstream }
location /after { scalekit_auth acme; scalekit_bearer only; scalekit_organization_id org_2; $::upstream }"
--- request
GET /
--- more_headers eval: "Accept: text/html\n" . ::bearer()
--- response_body_like: X-Scalekit-Sub: usr_1\nX-Scalekit-Org-Id: org_1\n(?!.*GET /after)
