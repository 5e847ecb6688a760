# What the upstream is told: the module's headers once each, nothing of that name from the client in
# any mode, no cookie of the module's, and no value that could be mistaken for something else.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $guarded = "location / { scalekit_auth acme; $upstream }";
our $ignore = "underscores_in_headers on;\nignore_invalid_headers off;\n";

our @all = (sub => 'usr_1', email => 'a@b.example', name => 'Ann B', org => 'org_1',
    connection => 'conn_1',
    sid => 'ses_1', picture => 'https://b.example/a.png', 'list:roles' => ['admin', 'owner'],
    'list:permissions' => ['read', 'write']);
our $told = join '', map {"X-Scalekit-$_\n"} 'Sub: usr_1', 'Email: a@b.example', 'Name: Ann B',
    'Org-Id: org_1',
    'Connection-Id: conn_1', 'Session-Id: ses_1', 'Roles: admin,owner', 'Permissions: read,write';

sub parameters { return sorted(CORE::join '', map { s/^([^:]+)/lc $1/er } $_[0] =~ /.*\n/g) }

# Everything a client may try; the last two are honest headers, which stay.
our $forged = join "\n", 'X-Scalekit-Sub: forged', 'X-Scalekit-Sub: twice',
    'x-scalekit-email: forged',
    'X-SCALEKIT-ROLES: forged', 'X_Scalekit_Org_Id: forged', 'X-Scalekit_Name: forged',
    'x_SCALEKIT-permissions: forged', 'x.scalekit.email: forged', "X\xa0Scalekit~Sub: forged",
    'X-Scalekit-Connection-Id: forged', 'X-Scalekit-Anything: forged', 'X-Scalekit-: forged',
    'Connection: close, X-Scalekit-Sub, X-Scalekit-Email', 'X-Scalekitty: fine',
    "X.Scale~kit\xa0: fine";
our $honest = "X-Scalekitty: fine\nX.Scale~kit\xa0: fine\n";

run_tests();

__DATA__

=== everything the session knows, once each, in a fixed order
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- response_body eval
"GET /\n$::told"



=== what the session does not know is not sent
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session('list:roles' => [])
--- response_body
GET /
X-Scalekit-Sub: usr_1



=== what the client sends under these names never passes: with a session
--- http_config eval: $::ignore
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
"$::forged\nCookie: " . ::session(@::all)
--- response_body eval
"GET /\n$::honest$::told"



=== what the client sends under these names never passes: where the session has nothing of that name
--- http_config eval: $::ignore
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
"$::forged\nCookie: " . ::session()
--- response_body eval
"GET /\n${main::honest}X-Scalekit-Sub: usr_1\n"



=== what the client sends under these names never passes in any other mode: auth off, pass, headers off, another server, every method
--- http_config eval
"$::ignore server { listen 127.0.0.1:\$TEST_NGINX_OTHER; location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM; } }"
--- config
location /auth/ { scalekit_auth acme; }
location /none { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /off  { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /pass {
    scalekit_auth acme;
    scalekit_unauthenticated pass;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /mute {
    scalekit_auth acme;
    scalekit_identity_headers off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /unguarded-mute {
    scalekit_identity_headers off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /other {
    proxy_set_header X-Scalekit-Sub from-elsewhere;
    proxy_pass http://127.0.0.1:$TEST_NGINX_OTHER;
}
--- request eval
["GET /none", "OPTIONS /none", "GET /off", "POST /off\n", "GET /pass", "OPTIONS /pass", "GET /mute",
    "GET /unguarded-mute",
    "GET /other"]
--- more_headers eval
[($::forged) x 6, "$::forged\nCookie: " . ::session(@::all), ($::forged) x 2]
--- response_body eval
[map {"$_\n$::honest"} "GET /none", "OPTIONS /none", "GET /off", "POST /off", "GET /pass",
    "OPTIONS /pass", "GET /mute",
    "GET /unguarded-mute", "GET /other"]



=== what the client sends under these names never passes to an error page of the administrator's
--- http_config eval: $::ignore
--- config
location / {
    scalekit_auth acme;
    error_page 401 = @denied;
    error_page 404 = /gone;
    proxy_intercept_errors on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location @denied { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /gone { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /a", "GET /status/404", "OPTIONS /a"]
--- more_headers eval
[$::forged, "$::forged\nCookie: " . ::session(), $::forged]
--- response_body_like eval
["\\AGET /a\n$::honest\\z", "\\AGET /gone\n$::honest(?:X-Scalekit-Sub: usr_1\n)?\\z",
    "\\AOPTIONS /a\n$::honest\\z"]



=== what the client sends under these names changes nothing at an endpoint
--- config eval: $::guarded
--- request eval
["GET /auth/session", "GET /auth/callback?code=x&state=y"]
--- more_headers eval
[$::forged, $::forged]
--- error_code eval
[401, 400]
--- no_upstream



=== a prefix of the administrator's own: both are taken from the client, one is set
--- http_config eval: $::ignore
--- config
scalekit_auth acme;
location /user/ {
    scalekit_identity_headers on prefix=X-User-;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /house/ { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /none/ { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /user/", "GET /house/", "GET /none/"]
--- more_headers eval
["X-User-Sub: forged\nx_user_email: forged\n$::forged\nCookie: "
    . ::session(email => 'a@b.example'),
    "X-User-Sub: forged\nx_user_email: forged\n$::forged\nCookie: " . ::session(),
    "X-User-Sub: forged\nx_user_email: forged\n$::forged"]
--- response_body eval
["GET /user/\n${main::honest}X-User-Sub: usr_1\nX-User-Email: a\@b.example\n",
    "GET /house/\n${main::honest}X-Scalekit-Sub: usr_1\n", "GET /none/\n$::honest"]



=== on, off and the prefix are inherited
--- config
scalekit_auth acme;
scalekit_identity_headers on prefix=X-Server-;
location /inherits { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /replaces {
    scalekit_identity_headers on prefix=X-Here-;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /default {
    scalekit_identity_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /off { scalekit_identity_headers off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /inherits", "GET /replaces", "GET /default", "GET /off"]
--- more_headers eval
[('Cookie: ' . ::session()) x 4]
--- response_body eval
["GET /inherits\nX-Server-Sub: usr_1\n", "GET /replaces\nX-Here-Sub: usr_1\n",
    "GET /default\nX-Scalekit-Sub: usr_1\n",
    "GET /off\n"]



=== identity headers once each after internal redirects, judged anew by the place they lead to
--- config
scalekit_auth acme;
location /try { root /nonexistent; try_files $uri @app; }
location /tries { root /nonexistent; try_files $uri /app; }
location /missing { error_page 404 = /app; root /nonexistent; }
location /chain { error_page 404 = /tries; root /nonexistent; }
location /accel/ { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /rename {
    scalekit_identity_headers on prefix=X-User-;
    error_page 404 = /app;
    root /nonexistent;
}
location /mute { error_page 404 = /muted; root /nonexistent; }
location /muted { scalekit_identity_headers off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /app { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location @app { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /try", "GET /tries", "GET /missing", "GET /chain", "GET /accel/app", "GET /rename",
    "GET /mute"]
--- more_headers eval
[("X-Scalekit-Sub: forged\nX-User-Sub: forged\nCookie: a=b; " . ::session(@::all)) x 7]
--- response_body eval
["GET /try\nCookie: a=b\n$::told", (map {"GET /app\nCookie: a=b\n$_"} ($::told) x 5),
    "GET /muted\nCookie: a=b\n"]



=== identity headers once each through index, which nginx redirects to internally
--- config
scalekit_auth acme;
location = /dir/ { root html; index page; }
location = /dir/page { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /auth/ { }
--- user_files
>>> dir/page
--- request
GET /dir/
--- more_headers eval
'Cookie: ' . ::session(@::all)
--- response_body eval
"GET /dir/page\n$::told"



=== the module's cookies do not reach the upstream, all others do
--- http_config
scalekit_environment other {
    url https://b.example; client_id b; client_secret b; session_keys 'literal:a key of the other environment, 32 bytes';
    session_cookie __Secure-other; base_path /other;
}
--- config
location / { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /off { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /", "GET /off", "GET /", "GET /", "GET /"]
--- more_headers eval
my $session = ::session();
my $own = 'sk_login=x; __Host-sk_login=x; sk_session.1=x; sk_session.2=x; sk_session.3=x; __Host-sk_session=x; '
    . '__Host-sk_session.1=x; other=x; __Secure-other=x; __Secure-other.3=x; sk_session=x';
["Cookie: $session; a=b; $own; c=\"d\"; e=", "Cookie: $own; a=b;c=\"d\" ;  e=",
    "Cookie: $session\nCookie: a=b\nCookie: $own",
    "Cookie: a=b; $session\nX-Other: y\ncookie: sk_session.9=z; sk_sessions=z; SK_SESSION_=z; flag",
    "Cookie: $session"]
--- response_body eval
["GET /\nCookie: a=b; c=\"d\"; e=\nX-Scalekit-Sub: usr_1\n",
    "GET /off\nCookie: a=b;c=\"d\" ;  e=\n",
    "GET /\nCookie: a=b\nX-Scalekit-Sub: usr_1\n",
    "GET /\nCookie: a=b\nX-Other: y\ncookie: sk_sessions=z; SK_SESSION_=z; flag\nX-Scalekit-Sub: usr_1\n",
    "GET /\nX-Scalekit-Sub: usr_1\n"]



=== nothing raw: control characters, non-ASCII and % are percent-encoded
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(sub => "usr\0\r\n1", email => "a\tb\@c.example\x7f",
    name => "Jos\xc3\xa9 \"B\" <x>\r\nX-Evil: 1",
    org => '100%41', sid => "\xff\xfe", 'list:roles' => ["a\r\nX-Evil: 1", "\xe2\x82\xac"])
--- response_body
GET /
X-Scalekit-Sub: usr%00%0D%0A1
X-Scalekit-Email: a%09b@c.example%7F
X-Scalekit-Name: Jos%C3%A9 "B" <x>%0D%0AX-Evil: 1
X-Scalekit-Org-Id: 100%2541
X-Scalekit-Session-Id: %FF%FE
X-Scalekit-Roles: a%0D%0AX-Evil: 1,%E2%82%AC



=== blanks at the ends, which HTTP takes off: " admin" is not "admin"
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(name => ' Ann B  ', email => '  ', 'list:roles' => [' admin', 'owner ', 'a b'])
--- response_body
GET /
X-Scalekit-Sub: usr_1
X-Scalekit-Email: %20%20
X-Scalekit-Name: %20Ann B%20%20
X-Scalekit-Roles: %20admin,owner%20,a b



=== a long value passes whole
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(name => 'n' x 4000)
--- response_body eval
"GET /\nX-Scalekit-Sub: usr_1\nX-Scalekit-Name: " . 'n' x 4000 . "\n"



=== a role that holds a comma is not two roles
--- config eval: $::guarded
--- request eval
[("GET /") x 5]
--- more_headers eval
[map { 'Cookie: ' . ::session(@$_) } ['list:roles' => ['a,b', 'c']], ['list:roles' => ['a', 'b',
    'c']],
    ['list:roles' => ['a%2Cb']], ['claim:roles' => 'admin'], ['claim:roles' => 'a,b',
        'list:permissions' => [',']]]
--- response_body eval
[map {"GET /\nX-Scalekit-Sub: usr_1\n$_\n"} 'X-Scalekit-Roles: a%2Cb,c', 'X-Scalekit-Roles: a,b,c',
    'X-Scalekit-Roles: a%252Cb', 'X-Scalekit-Roles: admin',
    "X-Scalekit-Roles: a%2Cb\nX-Scalekit-Permissions: %2C"]



=== FastCGI, SCGI and uwsgi are told the same, and of the client's copies nothing
--- http_config eval: $::ignore
--- config
scalekit_auth acme;
location /fastcgi { fastcgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /scgi { scgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /uwsgi { uwsgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /auth/ { }
--- request eval
["GET /fastcgi", "GET /scgi", "GET /uwsgi"]
--- more_headers eval
[("$::forged\nCookie: a=b; " . ::session(@::all)) x 3]
--- response_body eval
[(::parameters("Cookie: a=b\n$::honest$::told")) x 3]
--- response_body_filters eval
\&::sorted



=== FastCGI, SCGI and uwsgi: what the client sends under these names never passes where auth is off
--- http_config eval: $::ignore
--- config
location /fastcgi { fastcgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /scgi { scgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /uwsgi { uwsgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /fastcgi", "GET /scgi", "GET /uwsgi"]
--- more_headers eval
[("$::forged\nCookie: a=b") x 3]
--- response_body eval
[(::parameters("Cookie: a=b\n$::honest")) x 3]
--- response_body_filters eval
\&::sorted



=== FastCGI, SCGI, uwsgi and gRPC upstreams are called by nobody without a session
--- config
scalekit_auth acme;
location /fastcgi { fastcgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /scgi { scgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /uwsgi { uwsgi_pass 127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /grpc { grpc_pass grpc://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /auth/ { }
--- request eval
[map {"POST /$_\nbody"} qw(fastcgi scgi uwsgi grpc)]
--- error_code eval
[(401) x 4]
--- no_upstream



=== gRPC, with nginx as the upstream: rewrite comes before anything is taken out
--- http_config eval
"$::ignore" . <<'EOC';
server {
    listen 127.0.0.1:$TEST_NGINX_OTHER http2;
    location / {
        return 200 "$http_x_scalekit_sub|$http_x_scalekit_email|$http_x_scalekit_roles|$http_x_scalekit_anything|$http_cookie";
    }
}
EOC
--- config
location / { scalekit_auth acme; grpc_pass grpc://127.0.0.1:$TEST_NGINX_OTHER; }
--- request
GET /
--- more_headers eval
"$::forged\nCookie: a=b; " . ::session(@::all)
--- response_body chomp
usr_1|a@b.example|admin,owner||a=b



=== the administrator's own headers may be made of the identity
--- config
location / {
    scalekit_auth acme;
    scalekit_identity_headers off;
    proxy_set_header Remote-User $scalekit_email;
    proxy_set_header X-Scalekit-Sub $scalekit_sub;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request
GET /
--- more_headers eval
"Remote-User: forged\nX-Scalekit-Sub: forged\nCookie: " . ::session(email => 'a@b.example')
--- response_body
GET /
Remote-User: a@b.example
X-Scalekit-Sub: usr_1



=== scalekit_set_header: by name over the levels, beside proxy_set_header lines, and never the client's
--- http_config eval: $::ignore
--- config
scalekit_auth acme;
scalekit_identity_headers off;
scalekit_set_header X-WEBAUTH-USER $scalekit_email;
scalekit_set_header X-Site main;
location /inherits { proxy_set_header X-Own yes; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /adds {
    scalekit_set_header X-Org $scalekit_org_id;
    scalekit_set_header x-site here;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
location /takes { scalekit_set_header X-Webauth-User ""; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /pass { scalekit_unauthenticated pass; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /off { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /accel/ { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /inherits", "GET /adds", "GET /takes", "GET /pass", "GET /off", "GET /accel/takes"]
--- more_headers eval
my $forged = "X-WEBAUTH-USER: forged\nX_Webauth_User: forged\nx.webauth.user: forged\nX-SITE: forged\nX-Org: forged\nX-Orga: fine\n";
my $session = 'Cookie: ' . ::session(email => 'a@b.example', org => 'org_1');
[($forged . $session) x 3, ($forged) x 2, $forged . $session]
--- response_body eval
["GET /inherits\nX-Own: yes\nX-Orga: fine\nX-WEBAUTH-USER: a\@b.example\nX-Site: main\n",
    "GET /adds\nX-Orga: fine\nX-Org: org_1\nx-site: here\nX-WEBAUTH-USER: a\@b.example\n",
    "GET /takes\nX-Orga: fine\nX-Site: main\n", "GET /pass\nX-Orga: fine\n", "GET /off\nX-Orga: fine\n",
    "GET /takes\nX-Orga: fine\nX-Site: main\n"]



=== scalekit_set_header: nothing raw, and no blanks that HTTP takes off
--- config
location / {
    scalekit_auth acme;
    scalekit_identity_headers off;
    scalekit_set_header X-Value "$scalekit_claim_team";
    scalekit_set_header X-Blank " a b ";
    scalekit_set_header X-Blanks "  ";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session('claim:team' => "x\r\nX-Evil: 1\x7f")
--- response_body
GET /
X-Value: x%0D%0AX-Evil: 1%7F
X-Blank: %20a b%20
X-Blanks: %20%20



=== scalekit_set_header: tokens, subrequests, and other servers
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_OTHER;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
}
--- config
scalekit_auth acme;
scalekit_bearer on;
scalekit_identity_headers off;
scalekit_set_header X-User $scalekit_sub;
location /token { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /page { auth_request /ask; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /ask { scalekit_set_header X-Asked $scalekit_sub; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /other { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_OTHER; }
--- request eval
["GET /token", "GET /page", "GET /other"]
--- more_headers eval
["X-User: forged\n" . ::bearer(), "X-User: forged\nX-Asked: forged\nCookie: " . ::session(), "X-User: forged"]
--- response_body_like eval
['\AGET /token\n(?:Authorization: .*\n)?X-User: usr_1\n\z', '\AGET /page\nX-User: usr_1\n\z', '\AGET /other\n\z']



=== $http_ variables of the request do not show what the client forged
--- config
location / { scalekit_auth off; add_header X-Seen "[$http_x_scalekit_sub]"; empty_gif; }
--- request
GET /
--- more_headers
X-Scalekit-Sub: forged
--- response_headers
X-Seen: []



=== a cached answer carries nobody's cookie
--- http_config
proxy_cache_path cache keys_zone=cache:1m;
--- config
location / {
    scalekit_auth acme;
    proxy_cache cache;
    proxy_cache_key $uri;
    proxy_cache_valid 200 1m;
    add_header X-Cache $upstream_cache_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
['Cookie: ' . ::session(created => 1000, seen => 1000), 'Cookie: ' . ::session(sub => 'usr_2'), '']
--- error_code eval
[200, 200, 401]
--- raw_response_headers_like eval
['X-Cache: MISS\r\n.*Set-Cookie|Set-Cookie.*X-Cache: MISS', 'X-Cache: HIT', 'WWW-Authenticate']
--- raw_response_headers_unlike eval
['X-Scalekit', 'Set-Cookie|X-Scalekit', 'Set-Cookie|X-Cache']



=== a cache with the person in its key: one person's answer is not another's
--- http_config
proxy_cache_path cache keys_zone=cache:1m;
--- config
location / {
    scalekit_auth acme;
    proxy_cache cache;
    proxy_cache_key "$uri $scalekit_sub";
    proxy_cache_valid 200 1m;
    add_header X-Cache $upstream_cache_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request eval
[("GET /") x 4]
--- more_headers eval
[map { 'Cookie: ' . ::session(sub => $_) } qw(usr_1 usr_2 usr_1 usr_2)]
--- response_body_like eval
[map {"X-Scalekit-Sub: $_\n"} qw(usr_1 usr_2 usr_1 usr_2)]
--- response_headers eval
[('X-Cache: MISS') x 2, ('X-Cache: HIT') x 2]



=== of a session the scopes are told, but no client
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
"X-Scalekit-Client-Id: forged\nCookie: " . ::session('list:scopes' => ['read', 'write'])
--- response_body
GET /
X-Scalekit-Sub: usr_1
X-Scalekit-Scopes: read,write
