# What caches may keep: the module's own answers never, whatever `expires` and `add_header` of the
# site write into them, and a session cookie in no answer that a shared cache may hand to others.
# This is the work of the module's header filter, which must run after those two.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $due = 'Cookie: ' . session(created => 1000, seen => 1000);    # renewed with the next answer
our $fresh = 'Cookie: ' . session();

# An application that says about caches what the request asks for.
our $application = <<'EOC';
server {
    listen 127.0.0.1:$TEST_NGINX_OTHER;
    location / {
        add_header Cache-Control $arg_control always;
        add_header Cache-Control $arg_more always;
        add_header Expires $arg_expires always;
        add_header CDN-Cache-Control $arg_cdn always;
        return 200 "application\n";
    }
    location /status { add_header Cache-Control public always; return 404; }
    location /accel { add_header X-Accel-Redirect /inside/file; return 200; }
}
EOC
our $guarded = 'location / { scalekit_auth acme; proxy_pass http://127.0.0.1:$TEST_NGINX_OTHER; }';

our $generous = <<'EOC';
expires 1y;
add_header Cache-Control "public, max-age=600" always;
add_header CDN-Cache-Control max-age=600 always;
add_header Surrogate-Control max-age=600 always;
add_header Referrer-Policy unsafe-url always;
add_header X-Site here always;
EOC

# One line of this name with this value, and no other of the name.
sub only {
    my ($name, $value) = @_;
    return "\\A(?!.*\\n$name:.*\\n$name:).*\\n$name: $value\\r\\n";
}

our $setCookie = 'Set-Cookie: sk_session=[\w-]+; Path=/; HttpOnly; SameSite=Lax\r\n';
our $own = '(?=' . only('Cache-Control', 'no-store') . ')(?=' . only('Referrer-Policy', 'no-referrer')
    . ')(?!.*\n(?:Expires|CDN-Cache-Control|Surrogate-Control):).*\nX-Site: here\r\n';

run_tests();

__DATA__

=== the module's own answers: no-store and no-referrer alone, beside the site's other headers
--- config eval
"$::generous
location / { scalekit_auth acme; $::upstream }
location /mcp { scalekit_auth acme; scalekit_bearer only;
    scalekit_resource https://api.example/mcp; $::upstream }
location /roles { scalekit_auth acme; scalekit_require roles admin; $::upstream }"
--- request eval
["GET /", "GET /", "GET /auth/login", "GET /auth/logout", "POST /auth/logout", "GET /auth/session",
    "GET /auth/session", "GET /auth/callback", "POST /auth/callback", "GET /roles", "GET /mcp",
    "GET /.well-known/oauth-protected-resource/mcp"]
--- more_headers eval
[::navigation(), ::script(), ::navigation(), ::navigation($::fresh), ::script('Cookie: ' . ::session()), ::script(),
    ::script($::fresh), ::navigation(), ::navigation(), ::navigation($::fresh), ::script(), ::script()]
--- error_code eval
[302, 401, 302, 200, 200, 401, 200, 400, 400, 403, 401, 200]
--- raw_response_headers_like eval
::same($::own, 12)
--- no_upstream



=== an answer that the application or the site marks says what they say
--- http_config eval: $::application
--- config eval
"$::guarded
location /site/ { scalekit_auth acme; $::generous proxy_pass http://127.0.0.1:\$TEST_NGINX_OTHER; }
location /open/ { $::generous proxy_pass http://127.0.0.1:\$TEST_NGINX_OTHER; }"
--- request eval
["GET /?control=public,max-age=600", "GET /?expires=0", "GET /?expires=Fri,%2001%20Jan%202100", "GET /?control=public",
    "GET /?control=no-transform&more=max-age=60", "GET /site/", "GET /open/", "GET /open/x"]
--- more_headers eval
[($::fresh) x 6, $::due, $::due]
--- raw_response_headers_like eval
[::only('Cache-Control', 'public,max-age=600'), '\A(?!.*Cache-Control).*Expires: 0\r\n', '\A(?!.*Cache-Control).*Expires: Fri',
    ::only('Cache-Control', 'public'), 'Cache-Control: no-transform\r\nCache-Control: max-age=60\r\n',
    ('Expires: .*Cache-Control: max-age=31536000\r\nCache-Control: public, max-age=600\r\n') x 3]
--- raw_response_headers_unlike eval
::same('Set-Cookie:|private', 8)



=== an answer that nobody marks is for its browser alone, which asks each time
--- http_config eval: $::application
--- config eval
"$::guarded
location /pass { scalekit_auth acme; scalekit_unauthenticated pass; $::upstream }
location /api { scalekit_auth acme; scalekit_bearer only; $::upstream }
location /any { scalekit_auth acme; satisfy any; allow all; $::upstream }
location /word { scalekit_auth acme; add_header Cache-Control must-revalidate; add_header Pragma no-cache; $::upstream }
location /cdn { scalekit_auth acme; add_header CDN-Cache-Control max-age=60; $::upstream }
location /html { scalekit_auth acme; root .; }
location /open { $::upstream }"
--- request eval
["GET /", "HEAD /", "POST /", "GET /status", "GET /pass", "GET /pass", "GET /api", "GET /any", "GET /word", "GET /cdn", "GET /html",
    "GET /none"]
--- more_headers eval
[($::fresh) x 5, '', ::bearer(), '', ($::fresh) x 4]
--- error_code eval
[200, 200, 200, 404, (200) x 6, 301, 200]
--- raw_response_headers_like eval
[(::only('Cache-Control', 'private, no-cache')) x 3, ::only('Cache-Control', 'public'),
    (::only('Cache-Control', 'private, no-cache')) x 4, 'Cache-Control: must-revalidate\r\n.*Cache-Control: private, no-cache\r\n',
    '(?=.*CDN-Cache-Control: max-age=60\r\n).*\nCache-Control: private, no-cache\r\n', (::only('Cache-Control', 'private, no-cache')) x 2]



=== files: whole, in parts, unchanged, missing; revalidation goes on
--- config eval
"location / { scalekit_auth acme; root html; }
location /year/ { scalekit_auth acme; expires 1y; alias html/; }
location /open/ { alias html/; }"
--- user_files
>>> file 202601010000.00
text
--- request eval
["GET /file", "HEAD /file", "GET /file", "GET /file", "GET /file", "GET /none", "GET /year/file", "GET /open/file"]
--- more_headers eval
[$::fresh, $::fresh, "$::fresh\nRange: bytes=0-1", "$::fresh\nRange: bytes=99-", "$::fresh\nIf-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT",
    $::fresh, $::fresh, $::due]
--- error_code eval
[200, 200, 206, 416, 304, 404, 200, 200]
--- raw_response_headers_like eval
[(::only('Cache-Control', 'private, no-cache')) x 6, ::only('Cache-Control', 'max-age=31536000'), '\A(?!.*Cache-Control)']



=== wherever a guarded address is answered: X-Accel-Redirect, error pages, refusals of others
--- http_config eval: $::application
--- config eval
"scalekit_auth acme;
location /accel { proxy_pass http://127.0.0.1:\$TEST_NGINX_OTHER; }
location /inside/ { internal; scalekit_auth off; alias html/; }
location / { $::upstream }
location /failing { error_page 502 /sorry; proxy_pass http://127.0.0.1:1; }
location /stranger { scalekit_unauthenticated 401; error_page 401 =200 /sorry; $::upstream }
location /sorry { scalekit_auth off; return 200 sorry; }
location /try { try_files /nothing /sorry; }
location /limited { limit_except GET { deny all; } $::upstream }"
--- user_files
>>> file
text
--- request eval
["GET /accel", "GET /failing", "GET /stranger", "GET /sorry", "GET /try", "POST /limited"]
--- more_headers eval
[$::fresh, $::fresh, '', ($::fresh) x 3]
--- error_code eval
[200, 502, 200, 200, 200, 403]
--- raw_response_headers_like eval
['Last-Modified: .*\nCache-Control: private, no-cache\r\n', (::only('Cache-Control', 'private, no-cache')) x 2, '\A(?!.*Cache-Control)', (::only('Cache-Control', 'private, no-cache')) x 2]



=== scalekit_cache_control off leaves such answers alone, but for one that renews the cookie
--- config eval
"scalekit_auth acme; scalekit_cache_control off;
location / { $::upstream }
location /on { scalekit_cache_control on; $::upstream }"
--- request eval
["GET /", "GET /on", "GET /", "GET /auth/session"]
--- more_headers eval
[$::fresh, $::fresh, $::due, $::fresh]
--- raw_response_headers_like eval
['\A(?!.*Cache-Control)', ::only('Cache-Control', 'private, no-cache'),
    '(?=' . ::only('Cache-Control', 'private, no-cache') . ")(?=.*$::setCookie)", ::only('Cache-Control', 'no-store')]



=== a new cookie where shared caches are kept out already: the application's own word stands
--- http_config eval: $::application
--- config eval: $::guarded
--- request eval
["GET /?control=private", "GET /?control=no-store&expires=0", "GET /?control=max-age=600&more=Private",
    'GET /?control=no-cache="a,b",private,max-age=60', "GET /?control=private&cdn=max-age=600"]
--- more_headers eval
::same($::due, 5)
--- raw_response_headers_like eval
[map { "(?=.*$_\\r\\n).*$::setCookie" } 'Cache-Control: private', 'Cache-Control: no-store\r\nExpires: 0',
    'Cache-Control: max-age=600\r\nCache-Control: Private',
    'Cache-Control: no-cache="a,b",private,max-age=60', 'Cache-Control: private']
--- raw_response_headers_unlike eval
::same('CDN-|Cache-Control: private, no-cache', 5)



=== a new cookie where shared caches may keep the answer, but ask each time: they are kept out
--- http_config eval: $::application
--- config eval: $::guarded
--- request eval
["GET /", "GET /?control=no-cache", "GET /?control=public,max-age=0&more=must-revalidate",
    "GET /?control=public", "GET /?expires=0", "GET /?control=max-age=0&expires=Fri,%2001%20Jan%202100",
    "GET /?control=max-age=600,s-maxage=0", 'GET /?control=max-age=0,private="Set-Cookie"', "GET /status"]
--- more_headers eval
::same($::due, 9)
--- error_code eval
[(200) x 8, 404]
--- raw_response_headers_like eval
::same('(?=' . ::only('Cache-Control', 'private, no-cache') . ')(?!.*\nExpires:).*' . $::setCookie, 9)



=== where shared caches may serve the answer to others, the session waits for another one
--- http_config eval: $::application
--- config eval: $::guarded
--- request eval
["GET /?control=public,max-age=600", "GET /?control=max-age=1", "GET /?control=max-age=0,s-maxage=60",
    'GET /?control=max-age=600,private="Set-Cookie"', "GET /?control=public&more=max-age=600"]
--- more_headers eval
::same($::due, 5)
--- raw_response_headers_like eval
[::only('Cache-Control', 'public,max-age=600'), ::only('Cache-Control', 'max-age=1'),
    ::only('Cache-Control', 'max-age=0,s-maxage=60'), 'max-age=600', 'Cache-Control: public\r\nCache-Control: max-age=600']
--- raw_response_headers_unlike eval
::same('Set-Cookie:', 5)



=== so it is for what `expires` and `add_header` of the site write
--- config eval
"scalekit_auth acme;
location /year { expires 1y; $::upstream }
location /date { add_header Expires 'Fri, 01 Jan 2100 00:00:00 GMT'; $::upstream }
location /line { add_header Cache-Control public; add_header Cache-Control s-maxage=60; $::upstream }
location /private { expires 1y; add_header Cache-Control private; $::upstream }
location /epoch { expires epoch; $::upstream }
location /past { add_header Expires 'Thu, 01 Jan 1970 00:00:01 GMT'; $::upstream }
location /file { root html; }"
--- user_files
>>> file
text
--- request eval
["GET /year", "GET /date", "GET /line", "GET /private", "GET /epoch", "GET /past", "GET /file"]
--- more_headers eval
::same($::due, 7)
--- raw_response_headers_like eval
[('\A(?!.*Set-Cookie)') x 3, "(?=.*Cache-Control: max-age=31536000\r\nCache-Control: private\r\n).*$::setCookie",
    ('(?=' . ::only('Cache-Control', 'private, no-cache') . ')(?!.*\nExpires:).*' . $::setCookie) x 3]



=== a session cookie in chunks waits as a whole
--- http_config eval: $::application
--- config eval: $::guarded
--- request eval
["GET /?control=max-age=600", "GET /"]
--- more_headers eval
::same('Cookie: ' . ::session('claim:filler' => 'x' x 4000, created => 1000, seen => 1000), 2)
--- raw_response_headers_like eval
['\A(?!.*Set-Cookie)', '(?=.*Cache-Control: private, no-cache\r\n).*Set-Cookie: sk_session=2.*Set-Cookie: sk_session\.1=']



=== once an answer: behind an internal redirect, on an error page, with included parts
--- config eval
"scalekit_auth acme;
location / { try_files /nothing /inside; }
location /inside { $::upstream }
location /failing { error_page 502 /sorry; proxy_pass http://127.0.0.1:1; }
location /sorry { scalekit_auth off; $::upstream }
location /page.html { ssi on; ssi_types text/plain; root html; }"
--- user_files
>>> page.html
before <!--# include virtual="/inside" --> after
--- request eval
["GET /", "GET /failing", "GET /page.html"]
--- more_headers eval
::same($::due, 3)
--- error_code eval
[200, 502, 200]
--- raw_response_headers_like eval
::same('(?=' . ::only('Set-Cookie', 'sk_session=.*?') . ')' . ::only('Cache-Control', 'private, no-cache'), 3)



=== once an answer, also where nginx begins it anew: a range that the file does not have
--- config eval
"scalekit_auth acme;
location /file { root html; }
location /page { alias html/file; error_page 416 /sorry; }
location /sorry { $::upstream }"
--- user_files
>>> file
text
--- request eval
["GET /file", "GET /page"]
--- more_headers eval
::same("$::due\nRange: bytes=99999-", 2)
--- error_code eval
::same(416, 2)
--- raw_response_headers_like eval
::same(::only('Set-Cookie', 'sk_session=.*?'), 2)



=== no cookie for a token, for a refused person and where nobody is asked
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; $::upstream }
location /roles { scalekit_auth acme; scalekit_require roles admin; $::upstream }
location /open { $::upstream }
location /pass { scalekit_auth acme; scalekit_unauthenticated pass; $::upstream }"
--- request eval
["GET /", "GET /roles", "GET /open", "GET /pass", "GET /pass"]
--- more_headers eval
["$::due\n" . ::bearer(), $::due, $::due, 'Cookie: sk_session=x', $::due]
--- error_code eval
[200, 403, 200, 200, 200]
--- raw_response_headers_like eval
[('\A(?!.*Set-Cookie)') x 4, $::setCookie]



=== a session that was ended while its request was under way is not brought back
--- config eval
"location / { scalekit_auth acme; $::upstream }
location /page { scalekit_auth acme; auth_request /leave; $::upstream }
location = /leave { internal; proxy_method POST; proxy_pass_request_body off; proxy_set_header Content-Length '';
    proxy_set_header Cookie \$http_x_leaving; proxy_pass http://127.0.0.1:\$TEST_NGINX_SITE/auth/logout; }"
--- request eval
["GET /page", "GET /page"]
--- more_headers eval
[::script($::due), ::script($::due, $::due =~ s/Cookie/X-Leaving/r)]
--- raw_response_headers_like eval
[$::setCookie, '\A(?!.*Set-Cookie:)']
