# A verdict ends with its token, however often the token was good. In a file of its own:
# tokens are made when a file is read, and this one must not be old when its turn comes.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $upstream = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;';

run_tests();

__DATA__

=== accepted, accepted from memory, expired
--- environment
clock_skew 0;
--- config eval
"location / { scalekit_auth acme; scalekit_bearer on; add_header X-Expires \$scalekit_expires; $::upstream }"
--- request eval
[("GET /") x 3]
--- more_headers eval
[(::bearer(exp => 6)) x 3]
--- wait: 3
--- error_code eval
[200, 200, 401]
--- response_headers_like eval
my $about = 'X-Expires: (?:' . CORE::join('|', time - 1 .. time + 7) . ')';
[$about, $about, 'WWW-Authenticate: Bearer realm="acme", error="invalid_token", .*']
--- response_body_like eval
['X-Scalekit-Sub: usr_1\n', 'X-Scalekit-Sub: usr_1\n', '"reason":"token_expired"']
