# What nginx -t says of the directives about bearer tokens, requirements and resources.

use lib 't/lib';
use Scalekit;
use Spec;
use Test::Nginx::Socket 'no_plan';

my $here = "location / { scalekit_auth acme; scalekit_bearer only;";
refusedHere('an unknown bearer mode', "$here }\nlocation /a { scalekit_bearer yes; }",
    'scalekit_bearer is off, on or only, not "yes"');
refusedHere("scalekit_bearer with $_", "location / { scalekit_auth acme; scalekit_bearer on $_; }",
    'scalekit_bearer takes realm=NAME (printable, without quotes and backslashes) and expose_headers, not "')
    for 'realm=', 'realm=a\"b', "'realm=a\\\\b'", 'realm', 'expose_headers=on', 'Realm=a', '""', "'realm=\xc3\xa9'";
refusedHere("scalekit_audience $_", "$here scalekit_audience $_; }",
    'scalekit_audience: "', 'is no audience; write the accepted ones as they stand in the tokens '
        . '(no variables), or "off" alone') for 'off skc_1', 'skc_1 off', '""', 'skc_1 ""', '$host';
refusedHere("scalekit_token $_", "$here scalekit_token $_; }",
    "scalekit_token: \"$_\" is no variable; write one that holds the token, such as \$cookie_accessToken")
    for 'accessToken', 'http_x_token';
refusedHere('an unknown variable as token', "$here scalekit_token \$no_such; }", 'unknown "no_such" variable');
refusedHere('a requirement without a value', "$here scalekit_require $_; }",
    'scalekit_require needs a claim and one or more values, such as "scalekit_require roles admin owner"')
    for 'roles', '"" admin';
refusedHere('an empty value of a requirement', "$here scalekit_require roles admin \"\"; }",
    'scalekit_require has an empty value');
refusedHere("the requirement of $_", "$here scalekit_require $_ x; }",
    "scalekit_require: \"$_\" is judged by the module itself and cannot be required; see scalekit_audience, "
        . '"issuer" and client_id') for qw(iss aud azp exp nbf iat jti nonce at_hash c_hash);
refusedHere("$_ that guards nothing", "location / { scalekit_auth acme; scalekit_bearer only; }\nlocation /a { $_; }",
    '"' . (split)[0] . '" has no effect: no location that a scalekit_auth guards inherits it; add "scalekit_auth NAME" there, or remove it')
    for 'scalekit_bearer on', 'scalekit_bearer only', 'scalekit_require roles admin';
refusedHere("two $_ in one value", "$here scalekit_require $_ 'read write'; }",
    'scalekit_require has a scope with a space; to demand two scopes, write two lines') for qw(scope scopes);
refusedHere('an unknown variable in a requirement', "$here scalekit_require roles \$no_such; }",
    'unknown "no_such" variable');
refusedHere('off beside other requirements', "$here scalekit_require roles admin; scalekit_require off; }",
    'scalekit_require cannot be "off" beside others of the same level');
refusedHere('other requirements beside off', "$here scalekit_require off; scalekit_require roles admin; }",
    'scalekit_require cannot stand beside "scalekit_require off"');
refusedHere("a requirement with pass, $_->[0]", $_->[1],
    '"scalekit_require roles admin" and "scalekit_unauthenticated pass" contradict each other in one '
        . 'place; add "scalekit_require off" where strangers may pass')
    for ['in one place', "$here scalekit_unauthenticated pass; scalekit_require roles admin; }"],
    ['inherited', "scalekit_require roles admin; $here scalekit_unauthenticated pass; }"],
    ['for sessions', "location / { scalekit_auth acme; scalekit_unauthenticated pass; scalekit_require roles admin; }"];

refusedHere("the resource $_", "$here scalekit_resource $_; }",
    'scalekit_resource: "', 'is not an absolute URL such as https://api.example.com/mcp')
    for '""', '/mcp', 'api.example/mcp', '//api.example/mcp', 'https:///mcp', 'https://api.example/mcp#x',
    'ftp://api.example/mcp', 'https://user@api.example/mcp', '"https://api.example/m cp"';
refusedHere('a resource with a query', "$here scalekit_resource https://api.example/mcp?x=1; }",
    'scalekit_resource: "https://api.example/mcp?x=1" has a query, which the place of its metadata cannot show');
refused('a resource on plain http', <<"EOC", 'scalekit_resource: "http://api.example/mcp" is plain http; '
without allow_http
url https://a.example;
--- config
$here scalekit_resource http://api.example/mcp; }
EOC
    . 'use https, or "allow_http on" for development on loopback');
refusedHere("a resource with $_", "$here scalekit_resource https://api.example/mcp $_; }",
    'scalekit_resource takes scopes=NAME,NAME and servers=URL,URL, not "')
    for 'scope=a', 'read', 'scopes=a scopes=b', '"scopes=a\\"b"', "'servers=https://a.example\\\\'";
refusedHere('a resource where no tokens are taken',
    "location / { scalekit_auth acme; scalekit_resource https://api.example/mcp; }",
    'scalekit_resource: this place takes no bearer tokens; add "scalekit_bearer only" (or on) at the same level');
refusedHere('a resource that nobody guards', "location / { scalekit_bearer only; scalekit_resource https://api.example/mcp; }",
    'scalekit_resource: no scalekit_auth guards this place; add one at the same level');
refusedHere("a resource of the server $_", "$here scalekit_resource https://api.example/mcp servers=$_; }",
    "scalekit_resource: the server \"$_\" is neither an issuer of \"acme\" nor below one; correct it, or add it "
        . 'there as "issuer"') for 'https://evil.example', 'acme.scalekit.com', 'http://127.0.0.1';
refused('a resource of a server that only begins as an issuer', <<"EOC",
without url
url https://a.example;
--- config
$here scalekit_resource https://api.example/mcp servers=https://a.example.evil; }
EOC
    'scalekit_resource: the server "https://a.example.evil" is neither an issuer of "acme" nor below one');
refusedHere('two resources with one path in a server', <<"EOC",
location /a { scalekit_auth acme; scalekit_bearer only; scalekit_resource https://api.example/mcp; }
location /b { scalekit_auth acme; scalekit_bearer only; scalekit_resource https://other.example/mcp; }
EOC
    'scalekit_resource: "https://other.example/mcp" has its metadata at the same place as '
        . '"https://api.example/mcp" (', 'a server has one resource for each path');
refusedHere('a resource at http level', "http scalekit_resource https://api.example/mcp;\nlocation / { }",
    '"scalekit_resource" directive is not allowed here');

for my $line ('bearer on', 'audience a', 'token $http_a', 'resource https://api.example/mcp') {
    my ($directive) = $line =~ /(\w+)/;
    refusedHere("scalekit_$directive twice", "$here scalekit_$line; scalekit_$line; }",
        "\"scalekit_$directive\" directive is duplicate") if $directive ne 'bearer';
    refusedHere("scalekit_$directive without a value", "scalekit_$directive;\nlocation / { }",
        "invalid number of arguments in \"scalekit_$directive\" directive");
}
refusedHere('scalekit_bearer twice', "$here scalekit_bearer only; }", '"scalekit_bearer" directive is duplicate');
refusedHere('scalekit_require without anything', "scalekit_require;\nlocation / { }",
    'invalid number of arguments in "scalekit_require" directive');

# An environment of APIs alone needs less than one that signs people in.
for my $missing (qw(client_secret session_keys)) {
    refused("no $missing and a place with $_->[0]", <<"EOC", "scalekit_environment \"acme\": \"$missing\" is missing; ",
without $missing
--- config
location /api/ { scalekit_auth acme; scalekit_bearer only; }
$_->[1]
EOC
        '(only locations with "scalekit_bearer only" do without)')
        for ['cookies', 'location / { scalekit_auth acme; }'],
        ['cookies at server level', 'scalekit_auth acme;'],
        ['both', 'location / { scalekit_auth acme; scalekit_bearer on; }'],
        ['cookies inside', 'location /x/ { scalekit_auth acme; scalekit_bearer only; '
            . 'location /x/y { scalekit_bearer off; } }'];
}

# -- what is fine

accepted('every directive about tokens below http', '', <<'EOC');
scalekit_auth acme;
scalekit_bearer on "realm=An API" expose_headers;
scalekit_audience https://api.example skc_1;
scalekit_token $cookie_accessToken;
scalekit_require https://example.com/roles admin owner;
scalekit_require scope read:all $arg_scope;
scalekit_resource https://api.example/mcp "scopes=read write" servers=http://127.0.0.1:$TEST_NGINX_PROVIDER/resources/res_1;
location / { }
location /open { scalekit_require off; scalekit_unauthenticated pass; scalekit_audience off; scalekit_token ""; }
EOC
accepted('tokens and rules asked for around the places that are guarded', <<'EOC', <<'EOC');
--- http_config
scalekit_bearer only;
scalekit_require roles admin;
EOC
location /a/ { scalekit_require plan pro; location /a/b { scalekit_auth acme; } }
location /c { scalekit_auth off; scalekit_bearer off; scalekit_require off; }
location /d/ { location /d/e { scalekit_auth acme; } }
EOC
accepted('a resource on plain http on loopback', '', <<'EOC');
location / { scalekit_auth acme; scalekit_bearer only; scalekit_resource http://localhost:8080; }
EOC
accepted('the same path in two servers', <<'EOC', <<'EOC');
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_OTHER;
    location / { scalekit_auth acme; scalekit_bearer only; scalekit_resource https://other.example/mcp; }
}
EOC
location / { scalekit_auth acme; scalekit_bearer only; scalekit_resource https://api.example/mcp; }
EOC
for my $missing (qw(client_secret session_keys)) {
    accepted("an API without $missing and callback", "--- without\n$missing ", <<'EOC');
location /api/ { scalekit_auth acme; scalekit_bearer only; location /api/v1 { scalekit_require scope read; } }
location /other { scalekit_bearer only; scalekit_auth acme; }
EOC
}

spec_string($spec);
run_tests();
