# The session cookie: who it opens for and until when, how it is written, and every way in which it
# can be nobody's.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

use File::Temp 'tempdir';

our $folder = tempdir(CLEANUP => 1);
our $guarded = "location / { scalekit_auth acme; $upstream }";
our $user = "GET /\nX-Scalekit-Sub: usr_1\n";
our $nobody = '\A\{"error":"unauthenticated","reason":"unauthenticated",'
    . '"message":"You need to be signed in to see this\."'
    . ',"reference":"[0-9a-f]{12}","login":"/[a-z]+/login"\}\n\z';
our ($old, $new) = ('b7Vq2Lr9Xc4Tn8Zd1Kw6Hs3Jm5Pg0FyQ',
    'N4zR8kT2vB6xW0qL5mH9cJ3dF7gS1pYe');

# Another environment with the same keys, url and all.
our $second = <<"EOC";
scalekit_environment second {
    url http://127.0.0.1:\$TEST_NGINX_PROVIDER; client_id skc_1; client_secret secret;
    session_keys 'literal:$Scalekit::keys'; base_path /second; allow_http on;
}
EOC

# A session too large for one cookie: so many bytes of claims.
sub large { my ($size, @more) = @_; return session('claim:filler' => 'x' x $size, @more) }

sub cookies { return [map { length ? "Cookie: $_" : '' } @_] }

# The cookie pairs of a header value by name.
sub pairs { return map { /^([^=]+)=(.*)$/ } split /; /, $_[0] }

sub chunks {
    my ($session, @names) = @_;
    my %pairs = pairs($session);
    return join '; ', map {"$_=$pairs{$_}"} grep { exists $pairs{$_} } @names;
}

# The TLS side of the tests: nginx in front of nginx, which takes the cookie from a header of
# another name, as the module keeps its own cookies from every upstream.
sub tls {
    system("openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=app.example "
        . "-keyout $folder/key.pem -out $folder/cert.pem 2>$folder/log") == 0
        or die 'openssl could not make a certificate: is the package openssl installed?';
    return $folder;
}
our $tls = tls();

our $site = <<"EOC";
server {
    listen 127.0.0.1:\$TEST_NGINX_TLS ssl;
    ssl_certificate $tls/cert.pem;
    ssl_certificate_key $tls/key.pem;
    scalekit_auth acme;
    location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM; }
}
EOC
our $front = <<'EOC';
location / {
    proxy_pass https://127.0.0.1:$TEST_NGINX_TLS;
    proxy_set_header Host app.example;
    proxy_set_header Cookie $http_x_cookie;
    proxy_set_header X-Cookie "";
}
EOC

run_tests();

__DATA__

=== a session of this environment opens
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session()
--- response_headers
! Set-Cookie
X-Upstream: yes
--- response_body eval: $::user



=== what is no session at all: the same answer for each
--- config eval: $::guarded
--- request eval
[("GET /") x 30]
--- more_headers eval
my $good = ::session();
my ($value) = $good =~ /=(.*)/;
my $flip = sub {
    my ($at) = @_;
    my $bad = $value;
    substr($bad, $at, 1) =~ tr/A-Za-z0-9_-/B-Za-z0-9_\-A/;
    return "sk_session=$bad";
};
my $last = substr $value, -1;
::cookies('sk_session=', 'sk_session=x', 'sk_session', '=', ';;', 'sk_session==', $flip->(0),
    $flip->(5), $flip->(10),
    $flip->(40), $flip->(-3), 'sk_session=' . substr($value, 0, -1), 'sk_session=' . substr($value,
        1), "${good}A",
    "$good=", "$good==", "sk_session=1.$value", 'sk_session=%' . $value, ::session(key => 'x' x 32),
    'sk_session=' . 'A' x 7000, '= ', ' = ; ', "=$value", 'sk_session.', "sk_session.1=$value", "${good}AAAA",
    "$good.1", "$good%20", 'a' x 7000, ';' x 7000)
--- error_code eval
[(401) x 30]
--- response_headers eval
[("WWW-Authenticate: Scalekit realm=\"acme\"\nContent-Type: application/json\nCache-Control: no-store\n"
    . '! Set-Cookie') x 30]
--- response_body_like eval
[($::nobody) x 30]
--- no_upstream



=== only the log knows that there was a cookie
--- config eval: $::guarded
--- request
GET /
--- more_headers
Cookie: sk_session=planted
--- error_code: 401
--- response_body_like eval: $::nobody
--- error_log
reason=session_invalid environment=acme
--- no_upstream



=== a session is bound to its environment
--- http_config eval: $::second
--- config
location / { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /second/ { scalekit_auth second; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /", "GET /second/", "GET /", "GET /second/"]
--- more_headers eval
my ($acme, $second) = (::session(), ::session(environment => 'second'));
::cookies($acme, $acme, $second, $second)
--- error_code eval
[200, 401, 401, 200]
--- response_body_like eval
['X-Scalekit-Sub: usr_1', $::nobody, $::nobody, 'X-Scalekit-Sub: usr_1']



=== a session is bound to the name of its cookie
--- environment
session_cookie sid;
--- config eval: $::guarded
--- request eval
[("GET /") x 5]
--- more_headers eval
my ($own, $other) = (::session(cookie => 'sid'), ::session(cookie => 'sk_session'));
::cookies($own, $other, 'sid=' . $other =~ s/.*=//r, 'sk_session=' . $own =~ s/.*=//r, 'SID=' . $own =~ s/.*=//r)
--- error_code eval
[200, 401, 401, 401, 401]
--- response_body_like eval
['usr_1', ($::nobody) x 4]



=== a session of another tenant is none here
--- config
location / {
    scalekit_auth acme;
    scalekit_organization_id org_1;
    scalekit_connection_id conn_1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;
}
--- request eval
[("GET /") x 9]
--- more_headers eval
my @other = (org => 'org_2', connection => 'conn_1');
["Cookie: " . ::session(org => 'org_1', connection => 'conn_1'),
    map { "Cookie: $_" } ::session(@other), ::session(org => 'org_1', connection => 'conn_2'),
    ::session(),
    ::session(org => 'ORG_1', connection => 'conn_1'), ::session(org => 'org_1 ',
        connection => 'conn_1'),
    ::session(org => "org_1\0", connection => 'conn_1'), ::session(org => 'org_11',
        connection => 'conn_1'),
    ::session(@other) . "\n" . ::navigation()]
--- error_code eval
[200, (403) x 7, 302]
--- response_body_like eval
['X-Scalekit-Org-Id: org_1', '"reason":"organization_mismatch"', '"reason":"connection_mismatch"',
    ('"reason":"organization_mismatch"') x 5, '\A\z']
--- raw_response_headers_like eval
['', ('X-Content-Type-Options') x 7,
    'Location: [^\r]*&connection_id=conn_1&organization_id=org_1\r\n']



=== a session ends after its lifetime, and idle ones before
--- config eval: $::guarded
--- request eval
[("GET /") x 8]
--- more_headers eval
::cookies(::session(created => 8 * 3600 - 300, seen => 0), ::session(created => 8 * 3600 + 1,
    seen => 0),
    ::session(created => 7200, seen => 3600 - 300), ::session(created => 7200, seen => 3601),
    ::session(created => -20, seen => -20), ::session(created => -900, seen => -900),
        ::session(seen => -900),
    ::session(created => 40 * 365 * 86400, seen => 0))
--- error_code eval
[200, 401, 200, 401, 200, 401, 401, 401]
--- response_body_like eval
['usr_1', '"reason":"session_expired".*Your session has ended|Your session has ended.*session_expired',
    'usr_1', '"reason":"session_idle"', 'usr_1', $::nobody, $::nobody,
    '"reason":"session_expired"']



=== the limits are those of the configuration
--- environment
session_lifetime 6000s;
session_idle 1000s;
clock_skew 0;
--- config eval: $::guarded
--- request eval
[("GET /") x 5]
--- more_headers eval
::cookies(::session(created => 5500, seen => 0), ::session(created => 6001, seen => 0),
    ::session(created => 5000, seen => 500),
    ::session(created => 5000, seen => 1001), ::session(created => -300, seen => -300))
--- error_code eval
[200, 401, 200, 401, 401]



=== after an eighth of the idle time the cookie is sealed anew, not before
--- config eval: $::guarded
--- request eval
[("GET /") x 4]
--- more_headers eval
::cookies(::session(created => 150, seen => 150), ::session(created => 451, seen => 451),
    ::session(created => 7000, seen => 3300), ::session(created => 7000, seen => 0))
--- raw_response_headers_like eval
['\A(?!.*Set-Cookie)',
    ('\A(?!.*Set-Cookie.*Set-Cookie).*Set-Cookie: sk_session=[\w-]+; Path=/; HttpOnly; SameSite=Lax\r\n') x 2,
    '\A(?!.*Set-Cookie)']



=== several cookies of the name: the one that opens counts
--- config eval: $::guarded
--- request eval
[("GET /") x 5]
--- more_headers eval
my $good = ::session();
my ($bad, $other) = ('sk_session=planted', ::session(environment => 'second'));
["Cookie: $bad; $good", "Cookie: $good; $bad", "Cookie: $bad; $other; $good",
    "Cookie: $bad\nCookie: $good",
    "Cookie: a=b; $bad ; c=d;$good"]
--- response_body eval
[$::user, $::user, $::user, $::user, "GET /\nCookie: a=b; c=d\nX-Scalekit-Sub: usr_1\n"]



=== too many cookies of the name: no session, and a login instead of a loop
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
::navigation('Cookie: ' . 'sk_session=planted; ' x 40 . ::session())
--- error_code: 302
--- no_upstream



=== a header of very many pairs loses the module's own and keeps the others as they are
--- config
location / { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
location /open { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request eval
["GET /open", "GET /open"]
--- more_headers eval
["Cookie: sk_session" . ";a" x 3900, "Cookie: k=1;sk_login=x" . ";b" x 3900]
--- response_body eval
["GET /open\nCookie: a" . ";a" x 3899 . "\n", "GET /open\nCookie: k=1" . ";b" x 3900 . "\n"]



=== the session in the last of many Cookie lines is found, and no line brings it to the upstream
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
(CORE::join '', map {"Cookie: a$_=b; sk_session.$_=x\n"} 1 .. 9) . 'Cookie: ' . ::session()
--- response_body eval
"GET /\n" . (CORE::join '', map {"Cookie: a$_=b\n"} 1 .. 9) . "X-Scalekit-Sub: usr_1\n"



=== of two cookies that open the first one counts
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(sub => 'usr_1') . '; ' . ::session(sub => 'usr_2')
--- response_body eval: $::user



=== an expired session before a good one does not end it
--- config eval: $::guarded
--- request
GET /
--- more_headers eval
'Cookie: ' . ::session(created => 9 * 3600) . '; ' . ::session()
--- response_body eval: $::user



=== the name is compared byte by byte: a sub-domain's __HOST- is not __Host-
--- environment
base_url https://app.example;
--- config eval: $::guarded
--- request eval
[("GET /") x 8]
--- more_headers eval
my $good = ::session(cookie => '__Host-sk_session');
my $value = $good =~ s/^[^=]+//r;
::cookies($good, map {"$_$value"} '__HOST-sk_session', '__host-sk_session', '__Host-SK_session',
    'x__Host-sk_session',
    '__Host-sk_session ', '"__Host-sk_session"', 'sk_session')
--- error_code eval
[200, (401) x 7]
--- response_body_like eval
['usr_1', ($::nobody) x 7]



=== a cookie value in quotes or with blanks in it does not open
--- config eval: $::guarded
--- request eval
[("GET /") x 3]
--- more_headers eval
my ($value) = ::session() =~ /=(.*)/;
::cookies("sk_session=\"$value\"", "sk_session= $value", "sk_session=$value x")
--- error_code eval
[401, 401, 401]



=== key rotation keeps sessions, and a removed key ends them
--- environment eval
open my $keys, '>', "$::folder/keys" or die $!;
print $keys "$::new\n$::old\n";
close $keys;
"session_keys file:$::folder/keys;"
--- config eval: $::guarded
--- request eval
[("GET /") x 4]
--- more_headers eval
::cookies(::session(key => $::new), ::session(key => $::old), ::session(key => $::old,
    created => 1000, seen => 1000),
    ::session(key => 'a removed secret of thirty-two bytes or more'))
--- error_code eval
[200, 200, 200, 401]
--- raw_response_headers_like eval
['\A(?!.*Set-Cookie)', '\A(?!.*Set-Cookie)', 'Set-Cookie: sk_session=', 'WWW-Authenticate']



=== a session above 3,800 bytes comes in chunks, in any order and number of lines
--- config eval: $::guarded
--- request eval
[("GET /") x 5]
--- more_headers eval
my ($two, $full) = (::large(3000), ::large(5000));
my %pairs = ::pairs($two);
["Cookie: $two", "Cookie: $full",
    "Cookie: sk_session.1=$pairs{'sk_session.1'}; sk_session=$pairs{sk_session}",
    "Cookie: sk_session=$pairs{sk_session}\nCookie: a=b\nCookie: sk_session.1=$pairs{'sk_session.1'}",
    "Cookie: $two; sk_session.2=left-over"]
--- response_body eval
[$::user, $::user, $::user, "GET /\nCookie: a=b\nX-Scalekit-Sub: usr_1\n", $::user]



=== chunks missing, swapped, mixed, cut, or counted wrong are no session
--- config eval: $::guarded
--- request eval
[("GET /") x 21]
--- more_headers eval
my ($a, $b) = (::large(3000), ::large(3000, sub => 'usr_2'));
my %a = ::pairs($a);
my %b = ::pairs($b);
my $first = $a{sk_session} =~ s/^2\.//r;
::cookies(::chunks($a, 'sk_session'), ::chunks($a, 'sk_session.1'),
    "sk_session=$a{sk_session}; sk_session.1=$b{'sk_session.1'}",
    "sk_session=$a{'sk_session.1'}; sk_session.1=$a{sk_session}",
    "sk_session=$a{sk_session}; sk_session.2=$a{'sk_session.1'}",
    "sk_session=$a{sk_session}; sk_session_1=$a{'sk_session.1'}",
    "sk_session=$a{sk_session}; sk_session.1=", "sk_session=$a{sk_session}; sk_session.1=" . substr($a{'sk_session.1'}, 0, -1),
    map {"sk_session=$_$first; sk_session.1=$a{'sk_session.1'}"} '', '0.', '1.', '3.', '4.', '5.', '-1.',
    '02.', '+2.', '1e9.', '10000000000.', '99999999999999999999999.', '2.2.')
--- error_code eval
[(401) x 21]
--- response_body_like eval
[($::nobody) x 21]
--- no_upstream



=== a renewed session in chunks sets each of them, one that became smaller deletes what is left
--- config eval: $::guarded
--- request eval
["GET /", "GET /"]
--- more_headers eval
my @old = (created => 1000, seen => 1000);
::cookies(::large(3000, @old), ::session(@old) . '; sk_session.1=left-over; sk_session.2=left-over')
--- raw_response_headers_like eval
['Set-Cookie: sk_session=2\.[\w-]+; Path=/; HttpOnly; SameSite=Lax\r\n.*Set-Cookie: sk_session\.1=[\w-]+; Path=/; HttpOnly; SameSite=Lax\r\n',
    'Set-Cookie: sk_session=[\w-]+; .*Set-Cookie: sk_session\.1=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\r\n.*'
        . 'Set-Cookie: sk_session\.2=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\r\n']



=== over TLS: the __Host- name, Secure, HttpOnly, SameSite, Path and no Domain, also under allow_http
--- http_config eval: $::site
--- config eval: $::front
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
my @cookie = (cookie => '__Host-sk_session', created => 1000, seen => 1000);
['X-Cookie: ' . ::session(@cookie), 'X-Cookie: ' . ::session(@cookie, cookie => 'sk_session'),
    ::navigation()]
--- error_code eval
[200, 401, 302]
--- raw_response_headers_like eval
['Set-Cookie: __Host-sk_session=[\w-]+; Path=/; HttpOnly; Secure; SameSite=Lax\r\n',
    'WWW-Authenticate: Scalekit',
    'Set-Cookie: __Host-sk_login=[\w-]+; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax\r\n']
--- raw_response_headers_unlike eval
['(?i)Domain=', 'Set-Cookie', '(?i)Domain=']



=== over TLS: a cookie of the administrator's, for sub-domains
--- environment
session_cookie __Secure-sid domain=app.example samesite=none;
--- http_config eval: $::site
--- config eval: $::front
--- request
GET /
--- more_headers eval
'X-Cookie: ' . ::session(cookie => '__Secure-sid', created => 1000, seen => 1000)
--- response_headers_like
Set-Cookie: __Secure-sid=[\w-]+; Path=/; Domain=app\.example; HttpOnly; Secure; SameSite=None



=== signing out deletes with the same attributes, every chunk
--- http_config eval: $::site
--- config eval: $::front
--- request
POST /auth/logout
--- more_headers eval
'X-Cookie: ' . ::session(cookie => '__Host-sk_session', 'claim:filler' => 'x' x 3000)
--- raw_response_headers_like
Set-Cookie: __Host-sk_session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax\r
Set-Cookie: __Host-sk_session\.1=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax\r



=== on plain http without allow_http only the __Host- cookie counts
--- environment
url https://127.0.0.1:1;
allow_http off;
--- config eval: $::guarded
--- request eval
["GET /", "GET /"]
--- more_headers eval
my @issuer = (issuer => 'https://127.0.0.1:1');
::cookies(::session(@issuer, cookie => '__Host-sk_session'), ::session(@issuer))
--- error_code eval
[200, 401]



=== a copy of the cookie opens nothing after the sign-out: page, script, /auth/session, another sign-out
--- config eval
"$::guarded location /never { scalekit_auth acme; scalekit_unauthenticated 401; $::upstream }"
--- request eval
["GET /", "POST /auth/logout", "GET /", "GET /auth/session", "GET /never", "GET /", "POST /auth/logout", "GET /auth/login?return_to=/a"]
--- more_headers eval
my $copy = 'Cookie: ' . ::session();
[$copy, $copy, ::script($copy), ::script($copy), ::navigation($copy), ::navigation($copy), $copy, $copy]
--- error_code eval
[200, 200, 401, 401, 401, 302, 200, 302]
--- response_body_like eval
['usr_1', '"ok":true', '"reason":"session_ended","message":"Your session has ended', '"reason":"session_ended"',
    'Your session has ended', '', '"ok":true', '']
--- raw_response_headers_like eval
['X-Upstream', 'Max-Age=0', ('WWW-Authenticate: Scalekit realm="acme"') x 3, 'Location: http://127.0.0.1:\d+/oauth/authorize',
    'Max-Age=0', 'Location: http://127.0.0.1:\d+/oauth/authorize']



=== other sessions of the same person live on, also beside a cookie that was ended
--- config eval: $::guarded
--- request eval
["GET /", "GET /", "POST /auth/logout", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
my ($ended, $other, $third) = map { ::session() } 1 .. 3;
::cookies($ended, $other, $ended, $ended, $other, "$ended; $other", $third)
--- error_code eval
[200, 200, 200, 401, 200, 200, 200]



=== a renewed copy and a session in chunks end as well
--- config eval: $::guarded
--- request eval
["POST /auth/logout", "GET /", "GET /"]
--- more_headers eval
my $old = ::large(3000, created => 1000, seen => 1000);
::cookies($old, $old, $old)
--- error_code eval
[200, 401, 401]



=== where strangers pass, an ended session is a stranger's
--- config eval
"location / { scalekit_auth acme; scalekit_unauthenticated pass; $::upstream add_header X-Seen \"[\$scalekit_sub|\$scalekit_error]\"; }"
--- request eval
["GET /", "POST /auth/logout", "GET /"]
--- more_headers eval
my $copy = 'Cookie: ' . ::session();
[$copy, $copy, $copy]
--- response_headers eval
["X-Seen: [usr_1|]", "Content-Type: application/json", "X-Seen: [|session_ended]"]



=== a part of a page is refused once its session has ended
--- config eval
"location / { scalekit_auth acme; $::upstream }
location /page { scalekit_auth acme; auth_request /leave; error_page 403 = /told; ssi on; ssi_types text/plain; root html; }
location = /leave { internal; proxy_method POST; proxy_pass_request_body off; proxy_set_header Content-Length '';
    proxy_set_header Cookie \$http_x_leaving; proxy_pass http://127.0.0.1:\$TEST_NGINX_SITE/auth/logout; }"
--- user_files
>>> page.html
before <!--# include virtual="/part" --> after
--- request
GET /page.html
--- more_headers eval
my $cookie = ::session();
::script("Cookie: $cookie", "X-Leaving: $cookie")
--- response_body_unlike: usr_1
--- error_log
reason=session_ended environment=acme
--- no_upstream
