# $scalekit_...: right wherever nginx evaluates them, stable within a request, empty without a
# verified identity.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our @all = (sub => 'usr_1', email => 'a@b.example', name => 'Ann B', org => 'org_1',
    connection => 'conn_1',
    sid => 'ses_1', picture => 'https://b.example/a.png', 'list:roles' => ['admin', 'own,er'],
    'list:permissions' => ['read', 'write'], 'claim:department' => 'R&D',
    'claim:given_name' => 'Ann',
    'claim:address.country' => 'DE', 'claim:x-y' => 'dash', 'list:groups' => ['a', 'b'],
    'claim:age' => '7');

our $line = join '|', '$scalekit_authenticated', '$scalekit_sub', '$scalekit_email',
    '$scalekit_name', '$scalekit_picture', '$scalekit_org_id', '$scalekit_connection_id',
    '$scalekit_session_id', '$scalekit_roles', '$scalekit_permissions', '$scalekit_method',
    '$scalekit_error';
our $known = '1|usr_1|a@b.example|Ann B|https://b.example/a.png|org_1|conn_1|ses_1|'
    . 'admin,own%2Cer|read,write|session|';
our $unknown = '0|||||||||||';

# Every answer of the server shows all variables, whatever made it.
our $shown = "add_header X-Seen '$line' always;";
our $format = "log_format scalekit 'seen $line';";
our $logFormat = 'log_format who "who $scalekit_event|$scalekit_error|$scalekit_reference|'
    . '$scalekit_log_sub|$scalekit_log_org_id|$scalekit_sub|$scalekit_org_id";';
our $map = 'map $scalekit_org_id $color { org_1 red; "" none; default blue; }';

run_tests();

__DATA__

=== a claim by its name with _ for any byte but letters and digits; the exact name comes first
--- config
location / {
    scalekit_auth acme;
    add_header X-Url "$scalekit_claim_https___acme_example_dept";
    add_header X-Exact "$scalekit_claim_a_b";
    add_header X-First "$scalekit_claim_c_d";
    empty_gif;
}
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session('claim:https://acme.example/dept' => 'r', 'claim:a+b' => '1', 'claim:a_b' => '2', 'claim:c@d' => '3',
    'claim:c~d' => '4')
--- response_headers
X-Url: r
X-Exact: 2
X-First: 3



=== each variable, with a session and without
--- config eval
"location / { scalekit_auth acme; $::shown empty_gif; }
 location /pass { scalekit_auth acme; scalekit_unauthenticated pass; $::shown empty_gif; }
 location /off { $::shown empty_gif; }"
--- request eval
["GET /", "GET /pass", "GET /pass", "GET /off"]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session(@::all);
[$cookie, $cookie, '', $cookie]
--- response_headers eval
["X-Seen: $::known", "X-Seen: $::known", "X-Seen: ${main::unknown}unauthenticated",
    "X-Seen: $::unknown"]



=== a refused request knows why, and nothing else
--- config eval
"location / { scalekit_auth acme; scalekit_organization_id \$arg_org; $::shown empty_gif; }"
--- request eval
["GET /", "GET /?org=org_2", "GET /?org=org_1", "GET /?org=org_1", "GET /?org=org_1"]
--- more_headers eval
['', 'Cookie: ' . ::session(@::all), 'Cookie: ' . ::session(created => 86400),
    'Cookie: sk_session=x',
    'Cookie: ' . ::session(created => 3700, seen => 3700)]
--- error_code eval
[403, 403, 401, 401, 401]
--- response_headers eval
[map {"X-Seen: $::unknown$_"} qw(tenant_unknown organization_mismatch session_expired
    session_invalid session_idle)]



=== claims by their name; a dot or a dash in it is written as _
--- config
location / {
    scalekit_auth acme;
    add_header X-Claims "$scalekit_claim_department|$scalekit_claim_given_name|$scalekit_claim_address_country|$scalekit_claim_x_y";
    add_header X-More "$scalekit_claim_groups|$scalekit_claim_age|$scalekit_claim_email|$scalekit_claim_sub|$scalekit_claim_absent";
    empty_gif;
}
location /pass {
    scalekit_auth acme;
    scalekit_unauthenticated pass;
    add_header X-Claims "[$scalekit_claim_department]";
    empty_gif;
}
--- request eval
["GET /", "GET /pass"]
--- more_headers eval
['Cookie: ' . ::session(@::all), '']
--- response_headers eval
["X-Claims: R&D|Ann|DE|dash\nX-More: a,b|7|a\@b.example|usr_1|", 'X-Claims: []']



=== control characters, non-ASCII and % are encoded in every variable
--- config eval
"location / { scalekit_auth acme; $::shown add_header X-Claim \$scalekit_claim_c; add_header X-List \$scalekit_claim_l; empty_gif; }"
--- request
GET /
--- more_headers eval
my $evil = "a\r\nX-Evil: 1\0\xc3\xa9%";
'Cookie: ' . ::session((map { $_ => $evil } qw(sub email name picture org connection sid claim:c)),
    map { ("list:$_" => [$evil, ',']) } qw(roles permissions l))
--- response_headers eval
my $safe = 'a%0D%0AX-Evil: 1%00%C3%A9%25';
'X-Seen: 1|' . "$safe|" x 7 . "$safe,%2C|" x 2
    . "session|\nX-Claim: $safe\nX-List: $safe,%2C\n! X-Evil"



=== $scalekit_expires is when the session ends, whichever limit comes first
--- config
location / {
    scalekit_auth acme;
    add_header X-Left "$scalekit_expires";
    add_header X-Now "$msec";
    empty_gif;
}
--- request eval
["GET /", "GET /"]
--- more_headers eval
['Cookie: ' . ::session(created => 1000, seen => 100), 'Cookie: '
    . ::session(created => 8 * 3600 - 500, seen => 100)]
--- response_headers_like eval
my $now = time;
my $about = sub { my ($left) = @_; return 'X-Left: (?:' . CORE::join('|',
    $now + $left - 30 .. $now + $left + 30) . ')' };
[$about->(3500), $about->(500)]



=== in the access log, also of a refused request
--- http_config eval: $::format
--- config
location / { scalekit_auth acme; access_log logs/access.log scalekit; empty_gif; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- wait: 0.2
--- access_log eval
["seen $::known\n"]



=== in the access log of a refused request, the reason alone
--- http_config eval: $::format
--- config
location / { scalekit_auth acme; access_log logs/access.log scalekit; empty_gif; }
--- request
GET /
--- error_code: 401
--- wait: 0.2
--- access_log eval
["seen ${main::unknown}unauthenticated\n"]



=== in the access log of a refused request, who it was, and the reference of the answer
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
scalekit_organization_id org_2;
location / { access_log logs/access.log who; add_header X-Ref $scalekit_reference always; empty_gif; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- error_code: 403
--- response_headers_like
X-Ref: [0-9a-f]{12}
--- wait: 0.2
--- access_log eval
[qr/^who refused\|organization_mismatch\|[0-9a-f]{12}\|usr_1\|org_1\|\|$/m]
--- error_log eval
qr/refused: reason=organization_mismatch environment=acme ref=[0-9a-f]{12} \(organization: expected "org_2", found "org_1"\), .*sub: "usr_1", organization: "org_1"/



=== who it was is in the access log where a claim is missing
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
location / { scalekit_require roles owner; access_log logs/access.log who; empty_gif; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- error_code: 403
--- wait: 0.2
--- access_log eval
[qr/^who refused\|requirement_unmet\|[0-9a-f]{12}\|usr_1\|org_1\|\|$/m]



=== who it was is in the access log where the session is over in time
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
location / { access_log logs/access.log who; empty_gif; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all, created => 86400)
--- error_code: 401
--- wait: 0.2
--- access_log eval
[qr/^who refused\|session_expired\|[0-9a-f]{12}\|usr_1\|org_1\|\|$/m]



=== who it was is in the access log where a location lets everybody pass
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
location / {
    scalekit_unauthenticated pass;
    scalekit_organization_id org_2;
    access_log logs/access.log who;
    empty_gif;
}
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- error_code: 200
--- wait: 0.2
--- access_log eval
[qr/^who \|organization_mismatch\|\|usr_1\|org_1\|\|$/m]



=== who it was is in the access log where the request is let in
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
location / { access_log logs/access.log who; empty_gif; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- error_code: 200
--- wait: 0.2
--- access_log eval
[qr/^who \|\|\|usr_1\|org_1\|usr_1\|org_1$/m]



=== the access log of a sign-out has whose session was ended, and the error log has a line too
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
access_log logs/access.log who;
location / { empty_gif; }
--- request
POST /auth/logout
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- wait: 0.2
--- access_log eval
[qr/^who signed_out\|\|\|usr_1\|org_1\|/m]
--- error_log eval
qr/\[info\] .*signed out: environment=acme session=[0-9a-f]{8}, client: 127\.0\.0\.1, server: localhost, host: "localhost", path: "\/auth\/logout", sub: "usr_1", organization: "org_1"/



=== the access log of a sign-out without a session has none
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
access_log logs/access.log who;
location / { empty_gif; }
--- request
POST /auth/logout
--- more_headers eval
''
--- wait: 0.2
--- access_log eval
[qr/^who \|\|\|\|\|\|$/m]
--- no_error_log
signed out



=== a log of what happened alone: requests that are let in are not in it
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
location / { access_log logs/access.log who if=$scalekit_event; empty_gif; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- wait: 0.2
--- no_access_log
who



=== a request that another access module lets in is not refused
--- http_config eval: $::logFormat
--- config
location / {
    scalekit_auth acme;
    satisfy any;
    allow 127.0.0.1;
    access_log logs/access.log who;
    empty_gif;
}
location /auth/ { scalekit_auth acme; }
--- request
GET /
--- wait: 0.2
--- access_log eval
[qr/^who \|/m]



=== headers for the upstream and early reads get nothing of the variables for logs
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
location / {
    set $early "$scalekit_log_sub";
    add_header X-Early "[$early|$scalekit_log_sub]";
    access_log logs/access.log who;
    proxy_set_header X-Who "[$scalekit_log_sub|$scalekit_log_org_id]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(org => 'org_1')
--- response_headers
X-Early: [|]
--- response_body_like: X-Who: \[\|\]
--- wait: 0.2
--- access_log eval
[qr/^who \|\|\|usr_1\|org_1\|usr_1\|org_1$/m]



=== nor do rules
--- config
location / { scalekit_auth acme; scalekit_organization_id $scalekit_log_org_id; empty_gif; }
location /role { scalekit_auth acme; scalekit_require sub $scalekit_log_sub; empty_gif; }
--- request eval
["GET /", "GET /role"]
--- more_headers eval
[('Cookie: ' . ::session(org => 'org_1')) x 2]
--- error_code eval
[403, 403]
--- response_body_like eval
['tenant_unknown', 'requirement_unmet']



=== after an error page of one's own the log has the refusal that led there
--- http_config eval: $::logFormat
--- config
scalekit_auth acme;
scalekit_organization_id org_2;
access_log logs/access.log who;
error_page 403 /sorry;
location / { empty_gif; }
location /sorry { scalekit_auth off; return 403 "see $scalekit_reference"; }
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- error_code: 403
--- response_body_like: ^see [0-9a-f]{12}$
--- wait: 0.2
--- access_log eval
[qr/^who refused\|organization_mismatch\|[0-9a-f]{12}\|usr_1\|org_1\|\|$/m]



=== in a map
--- http_config eval: $::map
--- config
location / { scalekit_auth acme; add_header X-Color $color; empty_gif; }
location /pass {
    scalekit_auth acme;
    scalekit_unauthenticated pass;
    add_header X-Color $color;
    empty_gif;
}
--- request eval
["GET /", "GET /", "GET /pass"]
--- more_headers eval
['Cookie: ' . ::session(org => 'org_1'), 'Cookie: ' . ::session(org => 'org_2'), '']
--- response_headers eval
['X-Color: red', 'X-Color: blue', 'X-Color: none']



=== read before the access phase they say what it will find, and the same after it
--- http_config eval: $::map
--- config
location / {
    scalekit_auth acme;
    set $early "$scalekit_authenticated|$scalekit_sub|$scalekit_claim_department|$scalekit_roles|$color";
    add_header X-Early $early;
    add_header X-Late "$scalekit_authenticated|$scalekit_sub|$scalekit_claim_department|$scalekit_roles|$color";
    proxy_set_header X-Late "$scalekit_authenticated|$scalekit_sub";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request
GET /
--- more_headers eval
"X-Scalekit-Sub: forged\nCookie: a=b; " . ::session(org => 'org_1', 'claim:department' => 'R&D',
    'list:roles' => ['a'])
--- response_headers
X-Early: 1|usr_1|R&D|a|red
X-Late: 1|usr_1|R&D|a|red
--- response_body
GET /
X-Late: 1|usr_1
Cookie: a=b
X-Scalekit-Sub: usr_1
X-Scalekit-Org-Id: org_1
X-Scalekit-Roles: a



=== nobody is somebody before the access phase either
--- config
location / {
    scalekit_auth acme;
    scalekit_organization_id org_1;
    set $early "$scalekit_authenticated|$scalekit_sub";
    add_header X-Early $early always;
    empty_gif;
}
location /pass {
    scalekit_auth acme;
    scalekit_unauthenticated pass;
    set $early "$scalekit_authenticated|$scalekit_sub";
    add_header X-Early $early always;
    empty_gif;
}
location /open {
    set $early "$scalekit_authenticated|$scalekit_sub";
    add_header X-Early $early always;
    empty_gif;
}
--- request eval
["GET /", "GET /", "GET /", "GET /pass", "GET /pass", "GET /open"]
--- more_headers eval
my $other = 'Cookie: ' . ::session(org => 'org_2');
['', $other, 'Cookie: ' . ::session(org => 'org_1', created => 86400), 'Cookie: sk_session=x',
    $other, $other]
--- error_code eval
[401, 403, 401, 200, 200, 200]
--- response_headers eval
[('X-Early: 0|') x 4, 'X-Early: 1|usr_1', 'X-Early: 0|']



=== if in front of the access phase
--- config
location / {
    scalekit_auth acme;
    if ($scalekit_roles !~ admin) { return 403; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
['', 'Cookie: ' . ::session('list:roles' => ['user']), 'Cookie: '
    . ::session('list:roles' => ['admin'])]
--- error_code eval
[403, 403, 200]



=== return in front of the access phase is never guarded
--- config
location / { scalekit_auth acme; return 200 "[$scalekit_authenticated|$scalekit_sub]"; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
['Cookie: ' . ::session(), '']
--- response_body eval
['[1|usr_1]', '[0|]']



=== a tenant that is said to be whatever the session says is nobody's
--- config
location / { scalekit_auth acme; scalekit_organization_id $scalekit_org_id; empty_gif; }
location /early {
    scalekit_auth acme;
    scalekit_organization_id $scalekit_org_id;
    set $early $scalekit_sub;
    empty_gif;
}
--- request eval
["GET /", "GET /early"]
--- more_headers eval
[('Cookie: ' . ::session(org => 'org_1')) x 2]
--- error_code eval
[403, 403]
--- response_body_like eval
['"reason":"tenant_unknown"', '"reason":"tenant_unknown"']



=== after error_page, try_files, index and a named location
--- config eval
"scalekit_auth acme; $::shown
location /error { error_page 404 = /shown; root /nonexistent; }
location /named { error_page 404 = \@named; root /nonexistent; }
location /try { root /nonexistent; try_files \$uri \@named; }
location /tries { root /nonexistent; try_files \$uri /shown; }
location = /dir/ { root html; index page; }
location = /dir/page { root html; }
location /shown { empty_gif; }
location \@named { empty_gif; }
location /open { error_page 404 = /unguarded; root /nonexistent; }
location /unguarded { scalekit_auth off; empty_gif; }
location /returned { error_page 404 = /returns; root /nonexistent; }
location /returns { return 200 '\$scalekit_sub'; }
location /auth/ { }"
--- user_files
>>> dir/page
--- request eval
[map {"GET /$_"} qw(error named try tries dir/ open returned)]
--- more_headers eval
[('Cookie: ' . ::session(@::all)) x 7]
--- response_headers eval
[("X-Seen: $::known") x 7]



=== nobody becomes somebody on the way through internal redirects
--- config eval
"scalekit_auth acme; scalekit_unauthenticated pass; $::shown
location /error { error_page 404 = /shown; root /nonexistent; }
location /try { root /nonexistent; try_files \$uri \@named; }
location /shown { empty_gif; }
location \@named { empty_gif; }"
--- request eval
["GET /error", "GET /try"]
--- response_headers eval
[("X-Seen: ${main::unknown}unauthenticated") x 2]



=== each place judges for itself: a session that the first place refused is somebody where it may be
--- config eval
"location / { scalekit_auth acme; scalekit_organization_id org_2; error_page 403 = /any; $::shown empty_gif; }
location /any { scalekit_auth acme; $::shown empty_gif; }
location /mine { scalekit_auth acme; scalekit_organization_id org_1; error_page 404 = /theirs; root /nonexistent; }
location /theirs { scalekit_auth acme; scalekit_organization_id org_2; $::shown empty_gif; }
location /auth/ { scalekit_auth acme; }"
--- request eval
["GET /", "GET /mine"]
--- more_headers eval
[('Cookie: ' . ::session(@::all)) x 2]
--- error_code eval
[200, 403]
--- response_headers eval
["X-Seen: $::known", "X-Seen: ${main::unknown}organization_mismatch"]



=== what one place was shown is not what the next one sees
--- http_config
scalekit_environment other {
    url https://b.example; client_id b; client_secret b; session_keys 'literal:a key of the other environment, 32 bytes';
    base_path /other;
}
--- config
location / {
    scalekit_auth acme;
    proxy_set_header X-Sub $scalekit_sub;
    proxy_intercept_errors on;
    error_page 404 = /other/;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /other/ {
    scalekit_auth other;
    scalekit_unauthenticated pass;
    proxy_set_header X-Sub "[$scalekit_sub]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request
GET /status/404
--- more_headers eval
'Cookie: ' . ::session()
--- response_body
GET /other/
X-Sub: []



=== after a body that comes slowly
--- config
location / {
    scalekit_auth acme;
    proxy_set_header X-Late "$scalekit_sub|$scalekit_email";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- raw_request eval
["POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 6\r\nCookie: "
    . ::session(email => 'a@b.example')
    . "\r\n\r\n", "one", "two"]
--- raw_request_middle_delay: 0.2
--- response_body
POST /
X-Late: usr_1|a@b.example
X-Scalekit-Sub: usr_1
X-Scalekit-Email: a@b.example

onetwo



=== a body read before the upstream is called, and one in chunks
--- config
location / {
    scalekit_auth acme;
    proxy_request_buffering on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- raw_request eval
["POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nCookie: "
    . ::session() . "\r\n\r\n",
    "3\r\none\r\n", "3\r\ntwo\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.2
--- response_body
POST /
X-Scalekit-Sub: usr_1

onetwo



=== requests of one connection do not share them
--- config eval
"location / { scalekit_auth acme; scalekit_unauthenticated pass; $::shown empty_gif; }"
--- pipelined_requests eval
["GET /1", "GET /2", "GET /3"]
--- more_headers eval
['Cookie: ' . ::session(@::all), '', 'Cookie: ' . ::session(sub => 'usr_3')]
--- response_headers eval
["X-Seen: $::known", "X-Seen: ${main::unknown}unauthenticated", 'X-Seen: 1|usr_3|||||||||session|']



=== in a string beyond 4 KB, read many times
--- config eval
'location / { scalekit_auth acme; add_header X-Length "' . '$scalekit_name,' x 3 . '"; empty_gif; }'
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(name => 'n' x 2000)
--- response_headers eval
'X-Length: ' . ('n' x 2000 . ',') x 3
