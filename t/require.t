# scalekit_require: which claims it reads and how it compares them, for sessions and bearer tokens
# alike, how lines add up and are inherited, and what somebody without the claim is told.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $server = 'scalekit_auth acme; scalekit_bearer on;';

# The same claims as a session and as a token.
sub both {
    my %claims = @_;
    my %session = map { ref $claims{$_} ? ("list:$_" => $claims{$_}) : ("claim:$_" => $claims{$_}) } keys %claims;
    return ('Cookie: ' . session(%session), bearer(roles => undef, permissions => undef, %claims));
}

run_tests();

__DATA__

=== a claim that is a text or a list, in sessions and tokens
--- config eval
"$::server location / { scalekit_require roles admin; $::upstream }"
--- request eval
[("GET /") x 14]
--- more_headers eval
[::both(roles => 'admin'), ::both(roles => ['admin']), ::both(roles => ['user', 'admin', 'x']), ::both(roles => 'user'),
    ::both(roles => ['user', 'administrator', 'Admin', 'admin ', 'admi']), ::both(roles => 'user,admin'), ::both()]
--- error_code eval
[(200) x 6, (403) x 8]
--- response_body_like eval
[('X-Scalekit-Sub: usr_1\n') x 6, ('"error":"refused","reason":"requirement_unmet"') x 8]



=== one of several values is enough, all of several lines are needed
--- config eval
"$::server
location /or { scalekit_require roles admin owner; $::upstream }
location /and { scalekit_require roles admin owner; scalekit_require plan pro; $::upstream }
location /all { scalekit_require roles admin; scalekit_require roles owner; $::upstream }"
--- request eval
[map { ("GET $_") x 8 } qw(/or /and /all)]
--- more_headers eval
my @people = (::both(roles => ['admin']), ::both(roles => ['owner'], plan => 'pro'), ::both(plan => 'pro'),
    ::both(roles => ['admin', 'owner']));
[(@people) x 3]
--- error_code eval
[(200) x 4, 403, 403, 200, 200, 403, 403, 200, 200, (403) x 4, (403) x 6, 200, 200]



=== numbers and booleans are compared as they are written
--- config eval
"$::server
location /number { scalekit_require level 3; $::upstream }
location /true { scalekit_require verified true; $::upstream }
location /false { scalekit_require verified false; $::upstream }"
--- request eval
[(map {"GET /number"} 1 .. 6), (map {"GET /true"} 1 .. 5), (map {"GET /false"} 1 .. 3)]
--- more_headers eval
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
[(map { ::bearer(level => $_) } 3, '3', [1, 3], 30, '03', undef),
    (map { ::bearer(verified => $_) } $true, 'true', [$true], $false, 1), (map { ::bearer(verified => $_) } $false, $true, undef)]
--- error_code eval
[200, 200, 200, 403, 403, 403, 200, 200, 200, 403, 403, 200, 403, 403]



=== a path of names, and names with dots in them
--- config eval
"$::server
location /path { scalekit_require org.plan.name pro; $::upstream }
location /url { scalekit_require https://example.com/roles admin; $::upstream }
location /list { scalekit_require custom_claims.groups staff; $::upstream }"
--- request eval
[(map {"GET /path"} 1 .. 7), (map {"GET /url"} 1 .. 4), (map {"GET /list"} 1 .. 3)]
--- more_headers eval
[::bearer(org => {plan => {name => 'pro'}}), ::bearer('org.plan.name' => 'pro'), 'Cookie: '
        . ::session('claim:org.plan.name' => 'pro'), ::bearer(org => {plan => 'pro'}), ::bearer(org => 'pro'),
    ::bearer(name => 'pro', plan => {name => 'pro'}), ::bearer(org => {plan => {name => {is => 'pro'}}}),
    ::bearer('https://example.com/roles' => ['admin']), 'Cookie: ' . ::session('list:https://example.com/roles' => ['admin']),
    ::bearer('https://example.com/roles' => ['user']), ::bearer(roles => ['admin']),
    ::bearer(custom_claims => {groups => ['a', 'staff']}), ::bearer(custom_claims => {groups => 'staff'}),
    ::bearer(groups => ['staff'])]
--- error_code eval
[200, 200, 200, (403) x 4, 200, 200, 403, 403, 200, 200, 403]



=== what is not there, empty or no scalar holds nothing
--- config eval
"$::server location / { scalekit_require tier gold null 0; $::upstream }"
--- request eval
[("GET /") x 7]
--- more_headers eval
[map { ::bearer(tier => $_) } undef, '', [], [[]], [['gold']], {gold => 1}, {}]
--- error_code eval
::same(403, 7)



=== a claim that is null is none
--- config eval
"$::server location / { scalekit_require tier null; $::upstream }"
--- request eval
["GET /", "GET /"]
--- more_headers eval
my $claims = "\"iss\":\"http://127.0.0.1:$ENV{TEST_NGINX_PROVIDER}\",\"aud\":\"skc_1\",\"sub\":\"usr_1\",\"scope\":\"x\","
    . "\"client_id\":\"skc_1\",\"jti\":\"j\",\"iat\":" . time . ',"exp":' . (time + 3600);
[map { 'Authorization: Bearer ' . ::token(payload => "{$claims,\"tier\":$_}") } 'null', '"null"']
--- error_code eval
[403, 200]



=== the claims with places of their own are claims as well
--- config eval
"$::server
location /sub { scalekit_require sub usr_1; $::upstream }
location /oid { scalekit_require oid org_1 org_3; $::upstream }
location /email { scalekit_require email a\@b.example; $::upstream }
location /sid { scalekit_require sid ses_1; $::upstream }"
--- request eval
[map { ("GET $_") x 4 } qw(/sub /oid /email /sid)]
--- more_headers eval
[('Cookie: ' . ::session(sub => 'usr_1', org => 'org_1', email => 'a@b.example', sid => 'ses_1'),
    ::bearer(email => 'a@b.example'), 'Cookie: ' . ::session(sub => 'usr_2'),
    ::bearer(sub => 'usr_2', oid => undef, sid => undef)) x 4]
--- error_code eval
[(200, 200, 403, 403) x 4]



=== machine clients are known by client_id
--- config eval
"$::server scalekit_audience off; location / { scalekit_require client_id m2morg_1 m2morg_2; $::upstream }"
--- request eval
[("GET /") x 4]
--- more_headers eval
my @machine = (aud => undef, scope => undef, scopes => ['read'], roles => undef, permissions => undef, sid => undef);
[::bearer(@machine, client_id => 'm2morg_2', sub => 'm2morg_2'), ::bearer(@machine, client_id => 'm2morg_3', sub => 'm2morg_1'),
    ::bearer(), 'Cookie: ' . ::session()]
--- error_code eval
[200, 403, 403, 403]



=== scopes: a text of words or a list, by either name
--- config eval
"$::server
location /scope { scalekit_require scope read; $::upstream }
location /scopes { scalekit_require scopes read; $::upstream }"
--- request eval
[map { ("GET $_") x 8 } qw(/scope /scopes)]
--- more_headers eval
[map { ::bearer(@$_) } ([scope => 'read'], [scope => 'write read x'], [scope => undef, scopes => ['write', 'read']],
    [scope => 'write', scopes => ['read']], [scope => 'read', scopes => ['write']], [scope => '  write  read '],
    [scope => 'write', scopes => []], [scope => undef]) x 2]
--- error_code eval
[(200, 200, 200, 200, 200, 200, 403, 403) x 2]



=== scopes are whole words
--- http_config
map $uri $two { default "read write"; }
--- config eval
"$::server
location / { scalekit_require scope read; $::upstream }
location /two { scalekit_require scope \$two; $::upstream }"
--- request eval
[("GET /") x 7, "GET /two", "GET /two"]
--- more_headers eval
[(map { ::bearer(scope => $_) } 'read:all', 'unread', 'all:read read:', 'READ', 'read,write'),
    (map { ::bearer(scope => undef, scopes => $_) } ['read:all', 'xread'], ['read write']),
    ::bearer(scope => 'read write'), ::bearer(scope => 'readwrite')]
--- error_code eval
::same(403, 9)
--- response_body_like eval
::same('"error":"insufficient_scope"', 9)



=== of a session, scopes count as well
--- config eval
"$::server location / { scalekit_require scope read; $::upstream }"
--- request eval
[("GET /") x 4]
--- more_headers eval
[map { 'Cookie: ' . ::session(@$_) } ['list:scopes' => ['read', 'write']], ['claim:scope' => 'write read'],
    ['list:scopes' => ['write']], []]
--- error_code eval
[200, 200, 403, 403]



=== a level with a rule of its own forgets the outer ones, off drops them
--- config eval
"$::server scalekit_require roles admin; scalekit_require plan pro;
location /inherits { $::upstream }
location /replaces { scalekit_require roles user; $::upstream }
location /off { scalekit_require off; $::upstream }
location /nested/ { scalekit_require off; location /nested/again { scalekit_require plan free; $::upstream }
    location /nested/off { $::upstream } }"
--- request eval
[map { ("GET $_") x 4 } qw(/inherits /replaces /off /nested/again /nested/off)]
--- more_headers eval
[(::both(roles => ['admin'], plan => 'pro'), ::both(roles => ['user'], plan => 'free')) x 5]
--- error_code eval
[200, 200, 403, 403, 403, 403, 200, 200, (200) x 4, 403, 403, 200, 200, (200) x 4]



=== values of variables, evaluated for each request
--- http_config
map $arg_area $role { red admin; blue owner; default ""; }
--- config eval
"$::server
location / { scalekit_require roles \$role; $::upstream }
location /mixed { scalekit_require permissions \$arg_area:\$arg_action static; $::upstream }
location /method { scalekit_require scope \$request_method; $::upstream }"
--- request eval
["GET /?area=red", "GET /?area=blue", "GET /?area=x", "GET /", "GET /mixed?area=red&action=write",
    "GET /mixed?area=red&action=read", "GET /method", "POST /method\nx"]
--- more_headers eval
[(::bearer(roles => ['admin', '', 'x'])) x 4, (::bearer(permissions => ['red:write', ':'])) x 2,
    (::bearer(scope => 'GET HEAD')) x 2]
--- error_code eval
[200, 403, 403, 403, 200, 403, 200, 403]



=== two claims can be compared, also where they were read early
--- config eval
"$::server
location / { scalekit_require owner \$scalekit_sub; $::upstream }
location /early { set \$early \$scalekit_sub; scalekit_require owner \$scalekit_sub; $::upstream }"
--- request eval
[map { ("GET $_") x 5 } qw(/ /early)]
--- more_headers eval
[(::both(owner => 'usr_1'), ::both(owner => 'usr_2'), ::bearer(owner => '')) x 2]
--- error_code eval
[(200, 200, 403, 403, 403) x 2]



=== no session and no token: 401 or a login, not 403
--- config eval
"$::server location / { scalekit_require roles admin; $::upstream }"
--- request eval
[("GET /") x 3]
--- more_headers eval
['', ::navigation(), ::bearer(seed => 'x' x 32)]
--- error_code eval
[401, 302, 401]



=== a page for people, JSON for scripts, the rule for neither, and no login that would change nothing
--- config eval
"$::server location / { scalekit_require wonderland alice; $::upstream }
location /cookie { scalekit_bearer off; scalekit_require wonderland alice; $::upstream }"
--- request eval
["GET /", "GET /", "GET /cookie", "GET /cookie", "GET /"]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session();
[::navigation($cookie), ::script($cookie), ::navigation($cookie), ::script($cookie), ::navigation(::bearer())]
--- error_code eval
::same(403, 5)
--- response_headers eval
[map {"Content-Type: $_\nCache-Control: no-store\n! Location\n! Set-Cookie\n! WWW-Authenticate"}
    'text/html; charset=utf-8', 'application/json', 'text/html; charset=utf-8', 'application/json',
    'text/html; charset=utf-8']
--- response_body_like eval
my $json = '\A\{"error":"refused","reason":"requirement_unmet","message":"[^"]+","reference":"[0-9a-f]{12}"\}\n\z';
my $page = '<h1>[^<]+</h1>\n<p>[^<]+</p>.*<code>[0-9a-f]{12}</code>';
[$page, $json, $page, $json, $page]
--- response_body_unlike eval
::same('wonderland|alice', 5)
--- raw_response_headers_unlike eval
::same('wonderland|alice', 5)
--- no_upstream



=== the log names the rule
--- config eval
"$::server location / { scalekit_require plan pro; scalekit_require roles admin owner; $::upstream }"
--- request
GET /
--- more_headers eval: ::bearer(plan => 'pro')
--- error_code: 403
--- error_log eval
qr/\[info\] .*scalekit: refused: reason=requirement_unmet environment=acme ref=[0-9a-f]{12} \([^)]*roles admin owner[^)]*, found "[^)]*"\), .*path: "\/[^"?]*", sub: "usr_1"/
--- no_error_log
plan pro



=== the log names the rule of a scope as well
--- config eval
"$::server location / { scalekit_require scope read:all; $::upstream }"
--- request
GET /
--- more_headers eval: ::bearer()
--- error_code: 403
--- error_log eval
qr/scalekit: refused: reason=insufficient_scope environment=acme ref=[0-9a-f]{12} \([^)]*scope read:all[^)]*\)/



=== the log names the rule as it is written, not what its variables were
--- config eval
"$::server location / { scalekit_require roles \$arg_role; $::upstream }"
--- request
GET /?role=forged
--- more_headers eval: ::bearer()
--- error_code: 403
--- error_log
reason=requirement_unmet
--- no_error_log
roles forged



=== a scope that a session lacks: the challenge of the place
--- config eval
"$::server
location / { scalekit_require scope read; $::upstream }
location /cookie { scalekit_bearer off; scalekit_require scope read; $::upstream }"
--- request eval
["GET /", "GET /cookie", "GET /"]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session();
[$cookie, $cookie, ::navigation($cookie)]
--- error_code eval
::same(403, 3)
--- response_body_like eval
[('"reason":"insufficient_scope"') x 2, '<h1>']
--- raw_response_headers_unlike eval
['Location', 'WWW-Authenticate', 'Location']
--- no_upstream



=== $scalekit_error, and no identity for those who are refused
--- config eval
"$::server add_header X-Seen '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_roles|\$scalekit_error' always;
location / { scalekit_require roles admin; $::upstream }
location /scope { scalekit_require scope read; $::upstream }"
--- request eval
["GET /", "GET /", "GET /scope", "GET /"]
--- more_headers eval
[::bearer(), 'Cookie: ' . ::session(), ::bearer(), ::bearer(roles => ['admin'])]
--- error_code eval
[403, 403, 403, 200]
--- response_headers eval
['X-Seen: 0|||requirement_unmet', 'X-Seen: 0|||requirement_unmet', 'X-Seen: 0|||insufficient_scope',
    'X-Seen: 1|usr_1|admin|']



=== the administrator's answer to 403
--- config eval
"$::server
location / { scalekit_require roles admin; error_page 403 /sorry.html; $::upstream }
location /named { scalekit_require roles admin; error_page 403 = \@sorry; $::upstream }
location /weaker { scalekit_require roles admin; error_page 403 = /member; $::upstream }
location /member { scalekit_require roles member; $::upstream }
location = /sorry.html { scalekit_auth off; root html; }
location \@sorry { scalekit_auth off; proxy_set_header X-Error \$scalekit_error; $::upstream }"
--- user_files
>>> sorry.html
sorry
--- request eval
["GET /", "GET /named", "GET /weaker"]
--- more_headers eval
::same(::bearer(), 3)
--- error_code eval
[403, 200, 200]
--- response_body_like eval
['\Asorry', '\AGET /named\n(?!.*X-Scalekit).*X-Error: requirement_unmet\n', '\AGET /member\n.*X-Scalekit-Sub: usr_1\n']



=== the tenant comes first
--- config eval
"$::server location / { scalekit_organization_id org_2; scalekit_require roles admin; $::upstream }"
--- request eval
["GET /", "GET /"]
--- more_headers eval
['Cookie: ' . ::session(org => 'org_1', 'list:roles' => ['admin']), ::bearer(roles => ['admin'])]
--- error_code eval
::same(403, 2)
--- response_body_like eval
::same('"reason":"organization_mismatch"', 2)



=== subrequests: auth_request and SSI into a place with rules
--- config eval
"location /warm { scalekit_auth acme; scalekit_bearer only; empty_gif; }
location / { $::server auth_request /check; $::upstream }
location = /check { internal; $::server scalekit_require roles admin; empty_gif; }
location /page.html { $::server ssi on; ssi_types text/plain; root html; }
location /guarded { $::server scalekit_require roles admin; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- user_files
>>> page.html
before <!--# include virtual="/guarded" --> after
--- request eval
["GET /warm", ("GET /") x 4, ("GET /page.html") x 4]
--- more_headers eval
[::bearer(), (::both(roles => ['admin']), ::both(roles => ['user'])) x 2]
--- error_code eval
[200, 200, 200, 403, 403, (200) x 4]
--- response_body_like eval
['', ('\AGET /\n') x 2, ('403') x 2, ('before GET /guarded\n.*after') x 2, ('before (?!.*GET /guarded).*after') x 2]



=== satisfy any: somebody without the claim comes in another way, or not at all
--- config eval
"$::server scalekit_require roles admin;
location /denied { satisfy any; deny all; $::upstream }
location /allowed { satisfy any; allow all; $::upstream }
location /auth/ { }"
--- request eval
[map { ("GET $_") x 2 } qw(/denied /allowed)]
--- more_headers eval
[(::both(roles => ['user'])) x 2]
--- error_code eval
[403, 403, 200, 200]
--- response_body_unlike eval
::same('X-Scalekit', 4)



=== the module's own addresses are open to those who are signed in
--- config eval
"scalekit_auth acme; scalekit_require roles admin; location / { $::upstream }"
--- request eval
["GET /auth/session", "POST /auth/logout\n", "GET /auth/login"]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session();
[$cookie, $cookie, '']
--- error_code eval
[200, 200, 302]



=== a value is never that of another identity, which an earlier place knew the request by
--- config eval
"location /a { scalekit_auth acme; try_files /none/\$scalekit_sub /b; }
location /b { scalekit_auth acme; scalekit_bearer only; scalekit_require xoid \$scalekit_sub; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- request eval
["GET /a", "GET /b", "GET /b"]
--- more_headers eval
my $both = 'Cookie: ' . ::session(sub => 'usr_cookie') . "\n" . ::bearer(sub => 'usr_t', xoid => 'usr_cookie');
[$both, $both, ::bearer(sub => 'usr_t', xoid => 'usr_t')]
--- error_code eval
[403, 403, 200]



=== before the access phase nobody is known whom the place refuses, not even to its own rule
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; scalekit_require xoid \$scalekit_sub;
    set \$early \$scalekit_authenticated:\$scalekit_sub; add_header X-Early \$early always; $::upstream }"
--- request eval
["GET /", "GET /"]
--- more_headers eval
[::bearer(xoid => 'usr_2'), ::bearer(xoid => 'usr_1')]
--- error_code eval
[403, 200]
--- response_headers eval
['X-Early: 0:', 'X-Early: 1:usr_1']
