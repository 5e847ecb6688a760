# Which credentials count where: off, on and only; cookie or bearer, and of both the bearer alone;
# every odd Authorization field; a token from elsewhere. What the answers look like is in
# bearer_answers.t, which tokens are good in bearer_tokens.t.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $on = "location / { scalekit_auth acme; scalekit_bearer on; $upstream }";
our $only = "location / { scalekit_auth acme; scalekit_bearer only; $upstream }";
our $pass = "location / { scalekit_auth acme; scalekit_bearer on; scalekit_unauthenticated pass;"
    . "add_header X-Seen '\$scalekit_authenticated|\$scalekit_sub|\$scalekit_method|\$scalekit_error' always; $upstream }";

# The whole answer's challenge, and that there is one of them.
our $bare = '\A(?!.*WWW-Authenticate.*WWW-Authenticate).*\r\nWWW-Authenticate: Bearer realm="acme"\r\n';
our $invalidRequest = '\A(?!.*WWW-Authenticate.*WWW-Authenticate).*\r\n'
    . 'WWW-Authenticate: Bearer realm="acme", error="invalid_request", error_description="[^"]+"\r\n';
our $invalidToken = '\A(?!.*WWW-Authenticate.*WWW-Authenticate).*\r\n'
    . 'WWW-Authenticate: Bearer realm="acme", error="invalid_token", error_description="[^"]+"\r\n';
our $stranger = '\A\{"error":"unauthenticated","reason":"unauthenticated",'
    . '"message":"[^"]+","reference":"[0-9a-f]{12}"';

run_tests();

__DATA__

=== off, the default: a token is nobody here, and the challenge asks for a session
--- config eval
"scalekit_auth acme; location / { $::upstream }
location /off { scalekit_bearer off; $::upstream }"
--- request eval
["GET /", "GET /off", "GET /", "GET /"]
--- more_headers eval
[::bearer(), ::bearer(), ::bearer() . "\n$::cookie", "$::badToken\n$::cookie"]
--- error_code eval
[401, 401, 200, 200]
--- raw_response_headers_like eval
[('WWW-Authenticate: Scalekit realm="acme"\r\n') x 2, ('X-Upstream') x 2]
--- response_body_like eval
[($::stranger) x 2, ('X-Scalekit-Sub: usr_cookie\n') x 2]



=== on: a session or a token
--- config eval: $::on
--- request eval
[("GET /") x 3]
--- more_headers eval
[$::cookie, ::bearer(), '']
--- error_code eval
[200, 200, 401]
--- response_body_like eval
['X-Scalekit-Sub: usr_cookie\n', 'X-Scalekit-Sub: usr_1\n', $::stranger]



=== on, off and only are inherited
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location / { $::upstream }
location /off { scalekit_bearer off; $::upstream }
location /only { scalekit_bearer only; $::upstream }
location /nested/ { scalekit_bearer only; location /nested/deep { $::upstream } }"
--- request eval
[map { ("GET $_") x 2 } qw(/ /off /only /nested/deep)]
--- more_headers eval
[($::cookie, ::bearer()) x 4]
--- error_code eval
[200, 200, 200, 401, 401, 200, 401, 200]



=== any method, with a body
--- config eval: $::only
--- request eval
["POST /\nbody", "PUT /\nbody", "DELETE /", "PROPFIND /"]
--- more_headers eval
::same(::bearer(), 4)
--- response_body_like eval
::same('X-Scalekit-Sub: usr_1\n', 4)



=== of a session and a token on one request the token counts alone
--- config eval: $::on
--- request eval
[("GET /") x 2]
--- more_headers eval
[::bearer() . "\n$::cookie", "$::cookie\n" . ::bearer()]
--- response_body_like eval
::same('X-Scalekit-Sub: usr_1\n', 2)
--- response_body_unlike eval
::same('usr_cookie|sk_session', 2)



=== a bad token never falls back to the cookie, whatever the place does with strangers
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location / { $::upstream }
location /pass { scalekit_unauthenticated pass; $::upstream }
location /redirect { scalekit_unauthenticated redirect; $::upstream }
location /401 { scalekit_unauthenticated 401; $::upstream }
location /only { scalekit_bearer only; $::upstream }
location /only/pass { scalekit_bearer only; scalekit_unauthenticated pass; $::upstream }"
--- request eval
[map { ("GET $_") x 5 } qw(/ /pass /redirect /401 /only /only/pass)]
--- more_headers eval
[(map {"$_\n$::cookie"} $::badToken, ::bearer(exp => -60), ::navigation($::badToken),
    'Authorization: Bearer', 'Authorization: Bearer a b') x 6]
--- error_code eval
[(401, 401, 401, 400, 400) x 6]
--- raw_response_headers_like eval
[(($::invalidToken) x 3, ($::invalidRequest) x 2) x 6]
--- raw_response_headers_unlike eval
::same('Location|Set-Cookie', 30)
--- no_upstream



=== pass: nothing sent is let in without an identity, a good token with one
--- config eval: $::pass
--- request eval
[("GET /") x 4]
--- more_headers eval
['', ::bearer(), 'Authorization: Basic dXNlcjpwYXNz', ::navigation()]
--- response_headers eval
['X-Seen: 0|||unauthenticated', 'X-Seen: 1|usr_1|bearer|', ('X-Seen: 0|||unauthenticated') x 2]



=== pass: a bad token is refused, though it would not have been needed
--- config eval: $::pass
--- request eval
[("GET /") x 3]
--- more_headers eval
[$::badToken, 'Authorization: Bearer', ::bearer(aud => ['another'])]
--- error_code eval
[401, 400, 401]
--- response_headers eval
['X-Seen: 0|||signature_invalid', 'X-Seen: 0|||request_malformed', 'X-Seen: 0|||audience_mismatch']
--- no_upstream



=== what is no bearer token: as if nothing had been sent, without an error
--- config eval
"$::on location /only { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- request eval
[map { ("GET $_") x 6 } qw(/ /only)]
--- more_headers eval
[('', 'Authorization:', 'Authorization: X', 'Authorization: Basic dXNlcjpwYXNz',
    'Authorization: Bearerx t', 'Authorization: DPoP abc') x 2]
--- error_code eval
::same(401, 12)
--- raw_response_headers_like eval
::same($::bare, 12)
--- response_body_like eval
[("$::stranger,\"login\":\"/auth/login\"\\}") x 6, ("$::stranger\\}") x 6]
--- no_upstream



=== a session counts beside an Authorization that is no bearer token
--- config eval: $::on
--- request eval
[("GET /") x 4]
--- more_headers eval
[map {"Authorization: $_\n$::cookie"} '', 'X', 'Basic dXNlcjpwYXNz', 'Bearerx t']
--- response_body_like eval
::same('X-Scalekit-Sub: usr_cookie\n', 4)



=== Bearer without a token, or with what cannot be one: 400
--- config eval
"$::on location /only { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- request eval
[map { ("GET $_") x 9 } qw(/ /only)]
--- more_headers eval
[map {"Authorization: $_"} ('Bearer', 'Bearer ', 'bEARER', 'Bearer a b', 'Bearer a,b', 'Bearer "t"',
    'Bearer =', "Bearer \xc3\xa9", 'Bearer ' . ::token() . ' ' . ::token()) x 2]
--- error_code eval
::same(400, 18)
--- raw_response_headers_like eval
::same($::invalidRequest, 18)
--- response_body_like eval
::same('\A\{"error":"invalid_request","error_description":"[^"]+","reason":"request_malformed",'
    . '"reference":"[0-9a-f]{12}"\}\n\z', 18)
--- no_upstream



=== what has the form of a token and is none: 401
--- config eval: $::on
--- request eval
[("GET /") x 9]
--- more_headers eval
[map {"Authorization: $_"} 'bEARER t', 'Bearer t', 'Bearer ' . 'A' x 6000, 'Bearer a.b.c',
    'Bearer ' . '.' x 2000, 'Bearer ..', 'Bearer ' . ::token() . '=', 'Bearer ' . ::token() . '.x.y',
    'Bearer ' . ::token() =~ s/\.[^.]*\z/./r]
--- error_code eval
::same(401, 9)
--- raw_response_headers_like eval
::same($::invalidToken, 9)
--- no_upstream



=== the scheme in any case, and more than one space
--- config eval: $::only
--- request eval
[("GET /") x 4]
--- more_headers eval
[map { "Authorization: $_" . ::token() } 'bearer ', 'BEARER ', 'bEARER ', 'Bearer    ']
--- response_body_like eval
::same('X-Scalekit-Sub: usr_1\n', 4)



=== a name that only resembles Authorization is none
--- http_config
underscores_in_headers on;
--- config eval: $::only
--- request eval
[("GET /") x 3]
--- more_headers eval
[map { "$_: Bearer " . ::token() } qw(Proxy-Authorization X-Authorization Authorization_)]
--- error_code eval
::same(401, 3)
--- raw_response_headers_like eval
::same($::bare, 3)
--- no_upstream



=== two Authorization headers: 400, whichever of them is good
--- config eval
"$::on location /only { scalekit_auth acme; scalekit_bearer only; $::upstream }
location /pass { scalekit_auth acme; scalekit_bearer on; scalekit_unauthenticated pass; $::upstream }"
--- request eval
[map { ("GET $_") x 5 } qw(/ /only /pass)]
--- more_headers eval
my $good = ::bearer();
[("$good\n$good", "$good\n$::badToken", "$::badToken\n$good", "$good\nauthorization: Basic dXNlcjpwYXNz",
    "Authorization: Basic dXNlcjpwYXNz\n$good\n$::cookie") x 3]
--- error_code eval
::same(400, 15)
--- no_upstream



=== a token in the query or in a form is not looked at
--- config eval
"$::on location /only { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- request eval
my $token = ::token();
["GET /?access_token=$token", "GET /only?access_token=$token", "POST /\naccess_token=$token",
    "POST /only\naccess_token=$token", "GET /?access_token=x"]
--- more_headers eval
['', '', ('Content-Type: application/x-www-form-urlencoded') x 2, $::cookie]
--- error_code eval
[401, 401, 401, 401, 200]
--- raw_response_headers_like eval
[($::bare) x 4, 'X-Upstream']



=== a token in the query beside one in the header is a malformed request (RFC 6750 section 2)
--- config eval: $::on
--- request eval
my $token = ::token();
["GET /?access_token=$token", "GET /?a=b&access_token=x&c=d", "GET /?access_token=", "GET /?x=1&ACCESS_TOKEN=",
    "GET /?my_access_token=$token", "GET /?a=access_token=x", "GET /?access_tokens=2"]
--- more_headers eval
::same(::bearer(), 7)
--- error_code eval
[400, 400, 400, 400, 200, 200, 200]
--- raw_response_headers_like eval
[($::invalidRequest) x 4, ('X-Upstream') x 3]



=== a good token with a bad, an old or a strange cookie: let in, and no cookie is set or passed on
--- config eval: $::on
--- request eval
[("GET /") x 24]
--- more_headers eval
my @values = ('x', '', 'A' x 3000, '"' . ::token() . '"', '%00', ::session(created => 1000, seen => 1000) =~ s/^[^=]+=//r);
[map { my $name = $_; map { "Cookie: $name=$_; other=1\n" . ::bearer() } @values }
    qw(sk_session sk_login __Host-sk_session sk_session.1)]
--- response_body_like eval
::same('\nCookie: other=1\n.*X-Scalekit-Sub: usr_1\n', 24)
--- raw_response_headers_unlike eval
::same('Set-Cookie', 24)



=== only: no cookie is read
--- config eval
"$::only location /pass { scalekit_auth acme; scalekit_bearer only; scalekit_unauthenticated pass; $::upstream }"
--- request eval
["GET /", "GET /", "GET /pass", "GET /"]
--- more_headers eval
my $old = 'Cookie: ' . ::session(created => 1000, seen => 1000);
[$::cookie, $old, $::cookie, "$old\n" . ::bearer()]
--- error_code eval
[401, 401, 200, 200]
--- response_body_like eval
["$::stranger\\}\n\\z", "$::stranger\\}\n\\z", '\AGET /pass\n\z', 'X-Scalekit-Sub: usr_1\n']
--- raw_response_headers_unlike eval
::same('Set-Cookie', 4)



=== only: nobody is sent to sign in
--- config eval
"scalekit_auth acme; scalekit_bearer only;
location / { $::upstream }
location /redirect { scalekit_unauthenticated redirect; $::upstream }
location /401 { scalekit_unauthenticated 401; $::upstream }"
--- request eval
["GET /", "HEAD /", "GET /redirect", "POST /redirect\na=b", "GET /401"]
--- more_headers eval
::same(::navigation(), 5)
--- error_code eval
::same(401, 5)
--- raw_response_headers_like eval
::same($::bare, 5)
--- raw_response_headers_unlike eval
::same('Location|Set-Cookie', 5)
--- no_upstream



=== only: the module's own addresses belong to the application
--- config eval: $::only
--- request eval
[(map { ("GET /auth/$_") x 2 } qw(login logout session callback?code=x&state=y)), "POST /auth/logout\n"]
--- more_headers eval
[('', ::bearer()) x 4, ::navigation($::cookie)]
--- error_code eval
[(401, 200) x 4, 401]
--- response_body_like eval
[("$::stranger\\}", '\AGET /auth/\S+\n.*X-Scalekit-Sub: usr_1\n') x 4, '']
--- raw_response_headers_unlike eval
::same('Location|Set-Cookie', 9)



=== on: the module's own addresses are for browsers, a token changes nothing there
--- config eval: $::on
--- request eval
[("GET /auth/session") x 4, "GET /auth/login", "POST /auth/logout\n"]
--- more_headers eval
[::bearer(), ::bearer() . "\n$::cookie", "$::badToken\n$::cookie", 'Authorization: Bearer', $::badToken,
    "$::badToken\n$::cookie"]
--- error_code eval
[401, 200, 200, 401, 302, 200]
--- response_body_like eval
['"unauthenticated"', ('"id":"usr_cookie"') x 2, '"unauthenticated"', '\A\z', '"ok":true']



=== an API without an application that people use needs neither secret, keys nor callback
--- without
client_secret
session_keys
--- config eval
"location /api/ { scalekit_auth acme; scalekit_bearer only; $::upstream }"
--- request eval
["GET /api/", "GET /api/", "GET /api/"]
--- more_headers eval
[::bearer(), $::cookie, ::navigation()]
--- error_code eval
[200, 401, 401]
--- raw_response_headers_unlike eval
::same('Location|Set-Cookie', 3)



=== where strangers go: as without bearer, but for the challenge
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location / { $::upstream }
location /redirect { scalekit_unauthenticated redirect; $::upstream }
location /401 { scalekit_unauthenticated 401; $::upstream }"
--- request eval
[map { ("GET $_") x 2 } qw(/ /redirect /401)]
--- more_headers eval
[(::navigation(), ::script()) x 3]
--- error_code eval
[302, 401, 302, 302, 401, 401]
--- raw_response_headers_like eval
[('Location: [^\r]+/oauth/authorize\?', $::bare, ('Location: [^\r]+/oauth/authorize\?') x 2, ($::bare) x 2)]
--- no_upstream



=== scalekit_token: from a cookie of the application's, or a header
--- config eval
"scalekit_auth acme; scalekit_bearer on;
location /cookie { scalekit_token \$cookie_accessToken; $::upstream }
location /header { scalekit_token \$http_x_token; $::upstream }
location /only { scalekit_bearer only; scalekit_token \$cookie_accessToken; $::upstream }
location /auth/ { }"
--- request eval
["GET /cookie", "GET /header", "GET /only", "GET /cookie", "GET /header"]
--- more_headers eval
my $token = ::token();
["Cookie: a=b; accessToken=$token", "X-Token: $token", "Cookie: accessToken=$token",
    "Cookie: accessToken=$token\n$::cookie", "X-Token: $token\n$::cookie"]
--- response_body_like eval
::same('X-Scalekit-Sub: usr_1\n', 5)



=== scalekit_token: a bad one is judged alone as well
--- config eval
"scalekit_auth acme; scalekit_bearer on; scalekit_token \$http_x_token;
location / { $::upstream }
location /pass { scalekit_unauthenticated pass; $::upstream }"
--- request eval
[map { ("GET $_") x 4 } qw(/ /pass)]
--- more_headers eval
[map {"X-Token: $_\n$::cookie"} ($::badToken =~ s/.* //r, 't', 'a b', 'Bearer ' . ::token()) x 2]
--- error_code eval
[(401, 401, 400, 400) x 2]
--- raw_response_headers_like eval
[(($::invalidToken) x 2, ($::invalidRequest) x 2) x 2]
--- no_upstream



=== scalekit_token: Authorization is not looked at
--- config eval
"scalekit_auth acme; scalekit_bearer on; scalekit_token \$http_x_token;
location / { $::upstream }"
--- request eval
[("GET /") x 4]
--- more_headers eval
my $token = ::token();
[::bearer(), "$::badToken\nX-Token: $token", "$::badToken\n$::cookie", "Authorization: Bearer\nX-Token: $token"]
--- error_code eval
[401, 200, 200, 200]
--- raw_response_headers_like eval
[$::bare, ('X-Upstream') x 3]



=== scalekit_token: an empty variable is no token
--- config eval
"scalekit_auth acme; scalekit_bearer on; scalekit_token \$http_x_token;
location / { $::upstream }
location /only { scalekit_bearer only; $::upstream }"
--- request eval
["GET /", "GET /", "GET /only", "GET /"]
--- more_headers eval
["X-Token:\n$::cookie", "X-Token:", "X-Token:\n$::cookie", ::navigation()]
--- error_code eval
[200, 401, 401, 302]
--- raw_response_headers_like eval
['X-Upstream', $::bare, $::bare, 'Location']



=== scalekit_token is inherited, replaced and taken back
--- config eval
"scalekit_auth acme; scalekit_bearer only; scalekit_token \$http_x_token;
location / { $::upstream }
location /other { scalekit_token \$http_x_other; $::upstream }
location /back { scalekit_token ''; $::upstream }"
--- request eval
[map { ("GET $_") x 3 } qw(/ /other /back)]
--- more_headers eval
my $token = ::token();
[("X-Token: $token", "X-Other: $token", ::bearer()) x 3]
--- error_code eval
[200, 401, 401, 401, 200, 401, 401, 401, 200]
