# The module's own paths: /auth/session, /auth/login, /auth/logout, the callback with everything but
# a login that succeeds (those are in t/e2e), and the pages it shows.

use POSIX ();
use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $guarded = "location / { scalekit_auth acme; $upstream }";
our $page = join "\n", 'Content-Type: text/html; charset=utf-8', 'Cache-Control: no-store',
    'Referrer-Policy: no-referrer', 'X-Content-Type-Options: nosniff',
    "Content-Security-Policy: (?=.*default-src 'none')(?=.*frame-ancestors 'none').*";

# Every error code of Scalekit's table, by the sentence that people read.
our @errors = (
    ['this site is not set up correctly' => qw(invalid_redirect_uri invalid_client
        application_not_active invalid_request
        unauthorized)],
    ['could not tell which organization you belong to' => 'invalid_connection_selector'],
    ['is not set up yet' => qw(no_active_connections no_configured_connections)],
    ['is switched off' => 'connection_not_active'],
    ['does not know your organization' => qw(invalid_organization_id invalid_connection_id
        domain_not_found)],
    ['does not accept your e-mail address' => 'invalid_user_domain'],
    ['Your account is not active' => 'user_not_active'],
    ['had a problem' => 'server_error'],
    ['left out something that this site needs' => 'mandatory_attribute_missing'],
    ['gave an answer that could not be used' => qw(invalid_id_token failed_to_exchange_token
        failed_to_exchange
        user_info_retrieve_failed invalid_saml_metadata invalid_saml_response invalid_saml_request
        invalid_saml_form_params signature_validation_failed invalid_acs_url invalid_assertion_url invalid_status
        malformed_saml_response)],
    ['took too long' => qw(assertion_expired response_expired)],
    ['did not finish signing in' => 'authentication_not_completed'],
    ['Please sign in to continue' => 'user_login_required'],
    ['You were not given access' => 'access_denied'],
);
our (@codes, @sentences);
for my $row (@errors) {
    my ($sentence, @of) = @$row;
    push @codes, @of;
    push @sentences, ($sentence) x @of;
}

our $evil = '%3Cscript%3Ealert(1)%3C/script%3E%22%27evil.example';

# Whether the reference that the answer shows stands in the log, and only there.
sub referenceLogged {
    my ($body) = @_;
    my ($reference) = $body =~ m{(?:<code>|"reference":")([0-9a-f]{12})(?:</code>|")} or return $body;
    open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/error.log" or return "no log: $!";
    return join ' ',
        map { /refused: (reason=\w+ environment=\w+) ref=$reference/ ? $1 : () } <$log>;
}

# The Cookie header of a session that ends so many seconds from now, and a pattern of its end in /auth/session. The
# cookie may be made in the next second.
sub ending {
    my ($left, %options) = @_;
    my $now = time;
    my $cookie = 'Cookie: ' . session(%options);
    my @ends = map { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_ + $left) } $now .. time;
    return ($cookie, '"expires":"(?:' . CORE::join('|', @ends) . ')"');
}

our @idleFirst = ending(3600 - 100, created => 1000, seen => 100);
our @lifetimeFirst = ending(500, created => 8 * 3600 - 500, seen => 100);

run_tests();

__DATA__

=== /auth/session: who is signed in, for scripts
--- config eval: $::guarded
--- request
GET /auth/session
--- more_headers eval
::script('Cookie: ' . ::session(name => "Jos\xc3\xa9 \"B\" </script>", email => 'a@b.example',
    org => 'org_1',
    picture => 'https://b.example/a.png'))
--- response_headers
Content-Type: application/json
Cache-Control: no-store
X-Content-Type-Options: nosniff
! Set-Cookie
! Access-Control-Allow-Origin
--- response_body_like eval
'\A\{"user":\{"id":"usr_1",'
    . "\"name\":\"Jos\xc3\xa9 \\\\\"B\\\\\" (?:<|\\\\u003[cC])/script(?:>|\\\\u003[eE])\","
    . '"email":"a@b.example",'
    . '"image":"https:(?:\\\\)?/(?:\\\\)?/b.example(?:\\\\)?/a.png"\},"organization":"org_1",'
    . '"expires":"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ"\}\n\z'
--- no_upstream



=== /auth/session: what is not known is null; a navigation gets JSON too
--- config eval: $::guarded
--- request
GET /auth/session
--- more_headers eval
::navigation('Cookie: ' . ::session())
--- response_body_like eval
'\A\{"user":\{"id":"usr_1","name":null,"email":null,"image":null\},"organization":null,'
    . '"expires":"[^"]+"\}\n\z'
--- no_upstream



=== /auth/session: expires is when the session ends, to the second: whichever limit comes first
--- config eval: $::guarded
--- request eval
["GET /auth/session", "GET /auth/session"]
--- more_headers eval
[$::idleFirst[0], $::lifetimeFirst[0]]
--- response_body_like eval
[$::idleFirst[1], $::lifetimeFirst[1]]



=== /auth/session: 401 without a session of this place, never a redirect
--- config eval
'location / {
    scalekit_auth acme; scalekit_unauthenticated redirect; scalekit_organization_id org_1; empty_gif;
}'
--- request eval
[("GET /auth/session") x 4]
--- more_headers eval
[::script(), ::navigation(), 'Cookie: ' . ::session(org => 'org_2'), 'Cookie: sk_session=x']
--- error_code eval
::same(401, 4)
--- response_headers eval
::same("Content-Type: application/json\nWWW-Authenticate: Scalekit realm=\"acme\"\n! Set-Cookie\n! Location", 4)
--- response_body_like eval
::same('"error":"unauthenticated"', 4)



=== /auth/session: HEAD, and methods that it does not take
--- config eval: $::guarded
--- request eval
["HEAD /auth/session", map {"$_ /auth/session"} qw(POST PUT DELETE OPTIONS)]
--- more_headers eval
::same('Cookie: ' . ::session(), 5)
--- error_code eval
[200, (405) x 4]
--- response_headers_like eval
['Content-Type: application/json', ('Allow: GET, HEAD') x 4]
--- no_upstream



=== /auth/session: asking again and again does not keep the session alive
--- config eval: $::guarded
--- request
GET /auth/session
--- more_headers eval
'Cookie: ' . ::session(created => 1000, seen => 1000)
--- response_headers
! Set-Cookie
--- no_upstream



=== /auth/logout: a POST of this site ends the session
--- config eval: $::guarded
--- request eval
[("POST /auth/logout") x 4]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session();
[::navigation($cookie, 'Sec-Fetch-Site: same-origin'), ::script($cookie,
    'Sec-Fetch-Site: same-origin'),
    "$cookie\nOrigin: http://localhost", "$cookie\nAccept: application/json"]
--- error_code eval
[303, 200, 200, 200]
--- raw_response_headers_like eval
::same('(?=.*Set-Cookie: sk_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\r\n).*Clear-Site-Data: "cache"\r\n', 4)
--- response_body eval
['', ("{\"ok\":true}\n") x 3]
--- no_upstream



=== /auth/logout: a POST of another site does not
--- config eval: $::guarded
--- request eval
[("POST /auth/logout") x 8, "POST /auth/logout?token=" . 'A' x 60, "POST /auth/logout?token=a&token=b"]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session();
my $origin = sub { "$cookie\nOrigin: $_[0]" };
["$cookie\nSec-Fetch-Site: cross-site", ::navigation($cookie, 'Sec-Fetch-Site: same-site'),
    "$cookie\nSec-Fetch-Site: cross-site\nOrigin: http://localhost",
    map { $origin->($_) } 'https://evil.example', 'null',
    'https://localhost', 'http://localhost.evil.example', 'http://localhost:81', 'null', 'null']
--- error_code eval
::same(403, 10)
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location|Clear-Site-Data', 10)
--- response_body_like eval
['"reason":"cross_site"', 'Another site asked for this', ('"reason":"cross_site"') x 8]
--- no_upstream



=== /auth/logout: a link asks first, unless a person followed one of this site
--- config eval: $::guarded
--- request eval
[("GET /auth/logout") x 10]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session();
my $link = sub { ::navigation($cookie, "Sec-Fetch-Site: $_[0]", @_[1 .. $#_]) };
my @clicked = ('Sec-Fetch-User: ?1', 'Sec-Fetch-Dest: document');
[(map { $link->($_, @clicked) } qw(cross-site none same-site)), $link->('same-origin', @clicked, 'Sec-Purpose: prefetch'),
    $link->('same-origin'), $link->('same-origin', 'Sec-Fetch-Dest: document'), $link->('same-origin', 'Sec-Fetch-User: ?1'),
    (map { $link->('same-origin', 'Sec-Fetch-User: ?1', "Sec-Fetch-Dest: $_") } qw(iframe object)),
    $link->('same-origin', @clicked)]
--- raw_response_headers_unlike eval
[('Set-Cookie|Clear-Site-Data') x 9, 'Location']
--- raw_response_headers_like eval
[("frame-ancestors 'none'") x 9, 'Set-Cookie: sk_session=; Path=/; Max-Age=0']
--- response_body_like eval
[('<form method="post" action="/auth/logout\?token=[\w-]+"><button[^>]*>Sign out</button></form>') x 9,
    '<h1>Signed out</h1>']
--- no_upstream



=== /auth/logout: an image or a script of this site ends nothing by GET
--- config eval: $::guarded
--- request eval
["GET /auth/logout", "HEAD /auth/logout", "HEAD /auth/logout"]
--- more_headers eval
my $cookie = 'Cookie: ' . ::session();
[::script($cookie, 'Sec-Fetch-Site: same-origin'), $cookie, "$cookie\nSec-Fetch-Site: cross-site"]
--- raw_response_headers_unlike eval
::same('Set-Cookie', 3)
--- no_upstream



=== /auth/logout: who is signed out already learns so
--- config eval: $::guarded
--- request eval
["GET /auth/logout", "POST /auth/logout"]
--- more_headers eval
[::navigation(), ::script()]
--- response_headers_like eval
[$::page, 'Content-Type: application/json']
--- response_body_like eval
['<h1>Signed out</h1>(?s:.*)href="/auth/login"', '"ok":true']
--- no_upstream



=== /auth/logout: even when there is no provider
--- environment
url http://127.0.0.1:$TEST_NGINX_OTHER;
--- config eval: $::guarded
--- request
POST /auth/logout
--- more_headers eval
'Cookie: ' . ::session()
--- response_headers_like
Set-Cookie: sk_session=; .*Max-Age=0.*
--- response_body
{"ok":true}
--- no_upstream



=== /auth/logout: whose session has ended meanwhile may press the button of the page all the same
--- config eval: $::guarded
--- request eval
["POST /auth/logout?token=old", "POST /auth/logout"]
--- more_headers eval
["Origin: null", "Origin: https://evil.example"]
--- error_code eval
[200, 403]
--- no_upstream



=== /auth/logout: other methods
--- config eval: $::guarded
--- request eval
[map {"$_ /auth/logout"} qw(PUT DELETE OPTIONS)]
--- more_headers eval
::same('Cookie: ' . ::session(), 3)
--- error_code eval
::same(405, 3)
--- response_headers eval
::same("Allow: GET, HEAD, POST\n! Set-Cookie", 3)
--- no_upstream



=== /auth/login starts a login, for scripts too
--- config eval: $::guarded
--- request eval
["GET /auth/login", "GET /auth/login", "HEAD /auth/login", "POST /auth/login"]
--- more_headers eval
[::navigation(), ::script(), '', '']
--- error_code eval
[302, 302, 302, 405]
--- response_headers_like eval
[("Location: http://127.0.0.1:\\d+/oauth/authorize\\?.*\nSet-Cookie: sk_login=.*") x 3,
    'Allow: GET, HEAD']
--- no_upstream



=== /auth/login: what a link may choose
--- config eval: $::guarded
--- request eval
[map {"GET /auth/login?$_"} 'organization_id=org_1', 'connection_id=conn_1&organization_id=org_1',
    'domain=b.example',
    'email=a%40b.example', 'email=a%40b.example&domain=c.example',
    'prompt=login', 'login_hint=a%40b.example',
    'client_id=x&redirect_uri=y&state=z&scope=w&nonce=n&code_challenge=c&response_type=token&response_mode=q',
    'organization_id=org_1%26client_id%3Devil']
--- error_code eval
::same(302, 9)
--- response_headers_like eval
[map { 'Location: .*S256' . quotemeta } '&organization_id=org_1',
    '&connection_id=conn_1&organization_id=org_1',
    '&domain=b.example&domain_hint=b.example',
    '&domain=b.example&domain_hint=b.example&login_hint=a%40b.example',
    '&domain=c.example&domain_hint=c.example&login_hint=a%40b.example', '&prompt=login',
    '&login_hint=a%40b.example', '', '&organization_id=org_1%26client_id%3Devil']
--- raw_response_headers_unlike eval
::same('client_id=(?!skc_1&)|redirect_uri=(?!http%3A)|state=z|nonce=n&|response_type=(?!code&)|response_mode|scope=(?!openid)', 9)
--- no_upstream



=== /auth/login: what the place says stays, whatever the link says
--- config
location / {
    scalekit_auth acme;
    scalekit_organization_id org_1;
    scalekit_connection_id conn_1;
    scalekit_domain b.example;
    scalekit_login_hint a@b.example;
    empty_gif;
}
--- request
GET /auth/login?organization_id=org_2&connection_id=conn_2&domain=c.example&email=x@c.example&provider=evil
--- error_code: 302
--- response_headers_like eval
'Location: .*S256'
    . quotemeta '&connection_id=conn_1&organization_id=org_1&domain=b.example&domain_hint=b.example'
    . '&login_hint=a%40b.example'



=== /auth/login: a link may name this provider, and no other (OIDC Core 1.0 section 4)
--- config eval: $::guarded
--- request eval
["GET /auth/login?iss=http%3A%2F%2F127.0.0.1%3A$ENV{TEST_NGINX_PROVIDER}" . '&target_link_uri=http%3A%2F%2Flocalhost%2Fx',
    'GET /auth/login?iss=https%3A%2F%2Fevil.example', 'GET /auth/login?target_link_uri=http%3A%2F%2Flocalhost%2Freports%3Fy',
    'GET /auth/login?target_link_uri=http%3A%2F%2Flocalhost.evil.example%2Fx',
    'GET /auth/login?target_link_uri=https%3A%2F%2Fevil.example%2Fx', 'GET /auth/login?target_link_uri=%2Fx']
--- more_headers eval
[('') x 2, ('Cookie: ' . ::session()) x 4]
--- error_code eval
[302, 400, 302, 302, 302, 302]
--- response_headers_like eval
['Location: .*S256', '', 'Location: /reports\\?y', 'Location: /',
    'Location: /', 'Location: /x']
--- no_upstream



=== /auth/login: it never leads back to the endpoints of a login
--- config eval: $::guarded
--- request eval
[map {"GET /auth/login?return_to=$_"} '/auth/callback?code=1%26state=2', '/auth/login', '/auth/logout',
    '/auth/callback/', '/auth/loginx']
--- more_headers eval
::same('Cookie: ' . ::session(), 5)
--- error_code eval
::same(302, 5)
--- response_headers_like eval
[('Location: /') x 4, 'Location: /auth/loginx']
--- no_upstream



=== /auth/login: a link of another site asks before it gives up a session of another tenant
--- config eval: $::guarded
--- request eval
::same("GET /auth/login?organization_id=org_2&return_to=/x", 5)
--- more_headers eval
[map { 'Cookie: ' . ::session(org => 'org_1') . "\nSec-Fetch-Mode: navigate$_" } "\nSec-Fetch-Site: cross-site",
    "\nSec-Fetch-Site: same-site", "\nSec-Fetch-Site: same-origin", "\nSec-Fetch-Site: none", '']
--- error_code eval
[200, 200, 302, 302, 302]
--- response_body_like eval
[('href="/auth/login\\?organization_id=org_2&amp;return_to=/x">Sign in anew<') x 2, ('\\A\\z') x 3]
--- no_upstream



=== an error page that is the login endpoint signs people in, and brings them back to their page
--- config eval
"location / { scalekit_auth acme; error_page 401 /auth/login; scalekit_unauthenticated 401; $::upstream }"
--- request eval
["GET /x?y", "GET /x?y"]
--- more_headers eval
[::navigation(), ::script()]
--- error_code eval
[302, 401]
--- response_headers_like eval
['Location: http://127\\.0\\.0\\.1:\\d+/oauth/authorize\\?.*', '']
--- no_upstream



=== the redirect URL has the host and port that the browser sees
--- config eval: $::guarded
--- request eval
::same("GET /x", 4)
--- more_headers eval
[map { ::navigation("Host: $_") } 'h.example:80', 'h.example:8443', 'h.example.:8443', 'h.example.']
--- error_code eval
::same(302, 4)
--- response_headers_like eval
[map {"Location: .*redirect_uri=http%3A%2F%2Fh\\.example$_%2Fauth%2Fcallback&.*"} '', '%3A8443', '%3A8443', '']
--- no_upstream



=== an error page that is the login endpoint ends for who is signed in, it does not go round
--- config eval
"location / { scalekit_auth acme; scalekit_require roles admin; error_page 403 = /auth/login; $::upstream }
location /tenant/ { scalekit_auth acme; scalekit_organization_id \$arg_none; error_page 403 = /auth/login; $::upstream }
location /auth/ { scalekit_auth acme; }"
--- request eval
["GET /x", "GET /tenant/x"]
--- more_headers eval
[map { ::navigation('Cookie: ' . ::session(org => 'org_1')) } 1, 2]
--- error_code eval
[403, 403]
--- raw_response_headers_unlike eval
::same('Location', 2)
--- no_upstream



=== the login endpoint does not send a browser away when it does not know its tenant, as an error page too
--- config eval
"scalekit_auth acme; scalekit_organization_id \$arg_none;
location / { error_page 403 = /auth/login; $::upstream }
location /auth/ { }"
--- request eval
["GET /x", "GET /auth/login?return_to=/x"]
--- more_headers eval
[map { ::navigation('Cookie: ' . ::session(org => 'org_1')) } 1, 2]
--- error_code eval
[403, 403]
--- raw_response_headers_unlike eval
::same('Location', 2)
--- no_upstream



=== base_url is compared as browsers write an origin
--- environment
base_url https://Portal.Example:443;
--- config eval: $::guarded
--- request
POST /auth/logout
--- more_headers
Origin: https://portal.example
Accept: application/json
--- response_body
{"ok":true}



=== the login cookie goes where the session cookie goes
--- environment
base_url https://portal.example;
session_cookie __Secure-sid samesite=none;
--- config eval: $::guarded
--- request
GET /x
--- more_headers eval: ::navigation()
--- error_code: 302
--- response_headers_like
Set-Cookie: __Host-sk_login=[^;]+; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=None



=== base_url with a path: the browser sees the site below it
--- environment
base_url https://portal.example/app/;
--- config eval: $::guarded
--- request eval
["GET /x", "GET /auth/session", "GET /auth/login?return_to=/app/auth/login", "POST /auth/logout\n"]
--- more_headers eval
[::navigation(), ::script(), '', 'Accept: text/html']
--- error_code eval
[302, 401, 302, 303]
--- response_headers_like eval
['Location: .*redirect_uri=https%3A%2F%2Fportal\\.example%2Fapp%2Fauth%2Fcallback&.*', '', '', 'Location: /app/auth/logout']
--- response_body_like eval
['\\A\\z', '"login":"/app/auth/login"', '\\A\\z', '\\A\\z']
--- no_upstream



=== /auth/login: arguments that are none
--- config eval: $::guarded
--- request eval
[map {"GET /auth/login?$_"} 'email=a', 'email=@b', 'email=a@', 'email=a@evil@b.example',
    'domain=a&domain=b',
    'return_to=/a&return_to=/b', 'domain=%zz', 'domain=%00', 'organization_id=%0d%0ax', 'domain='
    . 'a' x 600,
    CORE::join('&', map {"a$_=1"} 1 .. 65)]
--- more_headers eval
::same(::navigation(), 11)
--- error_code eval
::same(400, 11)
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location', 11)
--- no_upstream



=== /auth/login: with a session it leads to its return_to, on this site and nowhere else
--- config eval: $::guarded
--- request eval
[map {"GET /auth/login?return_to=$_"} '/a/b?c=d%26e', '%2Fa%2Fb%3Fc%3Dd%26e', '',
    'https://evil.example', '//evil.example',
    '/%5Cevil.example', '%5C%5Cevil.example', 'javascript:alert(1)', '/%2e%2e//evil.example',
    '/.//evil.example', 'evil.example', '@evil.example', '%20/a', '/a%23b']
--- more_headers eval
::same('Cookie: ' . ::session(), 14)
--- error_code eval
::same(302, 14)
--- response_headers_like eval
[map {"Location: $_\nCache-Control: no-store"} '/a/b\?c=d&e', '/a/b\?c=d&e', ('/') x 11, '/a']
--- raw_response_headers_unlike eval
::same('Set-Cookie', 14)
--- no_upstream



=== /auth/login: control characters in return_to are refused
--- config eval: $::guarded
--- request eval
[map {"GET /auth/login?return_to=$_"} '/%09/evil.example', '/a%0d%0aSet-Cookie:x', '/a%00',
    '/%0a/evil.example']
--- more_headers eval
::same('Cookie: ' . ::session(), 4)
--- error_code eval
::same(400, 4)
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location', 4)
--- no_upstream



=== /auth/login: a session of another tenant than the one asked for is not enough
--- config eval: $::guarded
--- request eval
["GET /auth/login?return_to=/a&organization_id=org_2",
    "GET /auth/login?return_to=/a&organization_id=org_1"]
--- more_headers eval
::same('Cookie: ' . ::session(org => 'org_1'), 2)
--- error_code eval
[302, 302]
--- response_headers_like eval
['Location: .*/oauth/authorize\?.*&organization_id=org_2', 'Location: /a']
--- no_upstream



=== a callback that brings nothing of use: 400, a page, and nothing of it in the page
--- http_config
large_client_header_buffers 4 256k;
--- config eval: $::guarded
--- request eval
my $big = 'a' x 65536;
[map {"GET /auth/callback$_"} '', '?', '?code=xyz', '?state=xyz', '?code=xyz&state=xyz',
    '?code=&state=x', '?code=xyz&code=xyz&state=x',
    '?code=xyz&state=x&state=x', '?error=a&error=b', '?error=access_denied&code=xyz', '?error=',
    '?code=%zz', '?code=%00&state=x',
    "?code=$big&state=x", "?code=x&state=$big", "?error=$big", "?$big=$big",
    "?code=x&state=y&evil=$::evil", "?$::evil=$::evil",
    "?code=$::evil&state=$::evil", '?&&&=&=', '?code[]=x&state[]=y']
--- more_headers eval
::same(::navigation(), 22)
--- error_code eval
::same(400, 22)
--- response_headers_like eval
::same($::page, 22)
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location|X-Upstream', 22)
--- response_body_like eval
::same('\A<!doctype html>(?!.*(?:evil|alert\(|aaaa|xyz))(?=.*href="/auth/login[^"]*">Try again</a>)'
    . '.*<code>[0-9a-f]{12}</code>', 22)
--- no_upstream



=== a callback by POST, with and without a body or a type, is none
--- config eval: $::guarded
--- request eval
["POST /auth/callback", "POST /auth/callback\ncode=abc&state=abc",
    "POST /auth/callback?code=abc&state=abc\n" . 'x' x 70000,
    "PUT /auth/callback?code=a&state=b", "OPTIONS /auth/callback"]
--- more_headers eval
['', 'Content-Type: application/x-www-form-urlencoded', '', '', '']
--- error_code eval
::same(400, 5)
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location|X-Upstream', 5)
--- response_body_like eval
::same('"reason":"request_malformed"', 5)
--- no_upstream



=== every error code of Scalekit's is a sentence for people
--- config eval: $::guarded
--- request eval
[map {"GET /auth/callback?error=$_&error_description=$::evil&error_uri=https://evil.example/&state=$::evil"} @::codes]
--- more_headers eval
::same(::navigation(), scalar @::codes)
--- error_code eval
::same(403, scalar @::codes)
--- response_body_like eval
[map {"\\A(?!.*(?:evil|alert\\())(?=.*\Q$_\E).*Try again"} @::sentences]
--- raw_response_headers_unlike eval
::same('Set-Cookie|Location', scalar @::codes)
--- no_upstream



=== a code that nobody knows is not repeated
--- config eval: $::guarded
--- request
GET /auth/callback?error=xyzzy_1&error_description=plugh
--- more_headers eval: ::navigation()
--- error_code: 403
--- response_body_like: \A(?!.*(?:xyzzy|plugh)).*Signing in did not work
--- error_log
reason=provider_error environment=acme
(unknown)
--- no_upstream



=== a known code stands in the log
--- config eval: $::guarded
--- request
GET /auth/callback?error=user_not_active
--- error_code: 403
--- response_body_like: "error":"refused","reason":"provider_error","message":"Your account is not active
--- error_log eval
qr/\[info\] .*refused: reason=provider_error environment=acme ref=[0-9a-f]{12} \(user_not_active\)/
--- no_upstream



=== an error that comes to the login page does not begin a login
--- config eval: $::guarded
--- request
GET /auth/login?error=access_denied&error_description=x
--- more_headers eval: ::navigation()
--- error_code: 403
--- raw_response_headers_unlike: Location|Set-Cookie
--- response_body_like: You were not given access
--- no_upstream



=== an error answer of another issuer is not believed
--- config eval: $::guarded
--- request
GET /auth/callback?error=access_denied&iss=https://evil.example
--- error_code: 400
--- response_body_like: \A(?!.*evil).*"reason":"response_issuer_mismatch"
--- no_upstream



=== the reference of a page stands in the log, of JSON too
--- config eval: $::guarded
--- request eval
["GET /auth/callback", "GET /auth/callback?error=access_denied", "POST /auth/logout", "PUT /auth/session"]
--- more_headers eval
[::navigation(), ::navigation(), 'Sec-Fetch-Site: cross-site', ::script()]
--- error_code eval
[400, 403, 403, 405]
--- response_body_filters eval
\&::referenceLogged
--- response_body eval
[map {"reason=$_ environment=acme"} qw(request_malformed provider_error cross_site method_not_allowed)]
--- no_upstream



=== a page needs nothing from anywhere: no script, no external resource
--- config eval: $::guarded
--- request
GET /auth/callback
--- more_headers eval: ::navigation()
--- error_code: 400
--- response_headers_like eval: $::page
--- response_body_like eval
'\A<!doctype html>\n<html lang="en">(?!.*<script)(?!.*(?:src|href)="(?!/auth/))'
    . '(?!.*(?:url\(|@import|https?:)).*<title>[^<]+</title>'
--- no_upstream



=== the administrator's error pages come first, for every status of the module's
--- config
scalekit_auth acme;
error_page 400 401 403 405 /own;
location = /own { internal; scalekit_auth off; return 200 "own: $scalekit_error"; }
location / { empty_gif; }
location /tenant { scalekit_organization_id $arg_org; empty_gif; }
--- request eval
["GET /auth/callback", "GET /a", "GET /tenant", "PUT /auth/session"]
--- error_code eval
[400, 401, 403, 405]
--- response_body eval
[map {"own: $_"} qw(request_malformed unauthenticated tenant_unknown method_not_allowed)]



=== an error page that is guarded itself is refused the same way, and begins no login
--- config
scalekit_auth acme;
error_page 400 = @own;
location / { empty_gif; }
location @own { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- no_upstream
--- request
GET /auth/callback
--- more_headers eval: ::navigation()
--- error_code: 400
--- response_body_like: <!doctype html>
--- raw_response_headers_unlike: Location|Set-Cookie



=== only the exact paths are endpoints
--- config eval: $::guarded
--- request eval
[map {"GET /auth$_"} '/login/', '/loginx', '/LOGIN', '/callback/', '/session/x', '', '/']
--- more_headers eval
::same('Cookie: ' . ::session(), 7)
--- response_body_like eval
::same('\nX-Scalekit-Sub: usr_1\n', 7)



=== their paths move with base_path and callback, and nothing is left behind
--- environment
base_path /sso;
callback /api/auth/callback/scalekit;
--- config eval: $::guarded
--- request eval
["GET /sso/session", "GET /sso/login", "GET /api/auth/callback/scalekit", "GET /sso/callback",
    "GET /auth/session"]
--- more_headers eval
::same(::navigation('Cookie: ' . ::session()), 5)
--- error_code eval
[200, 302, 400, 200, 200]
--- response_body_like eval
['"id":"usr_1"', '', '<!doctype html>', '^GET /sso/callback', '^GET /auth/session']



=== where auth is off there are no endpoints
--- config
location / { scalekit_auth acme; empty_gif; }
location /auth/session { scalekit_auth off; proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM; }
--- request
GET /auth/session
--- response_body
GET /auth/session
