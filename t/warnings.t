# What nginx -t takes and warns of, with the directive, the place and the remedy, and what it says nothing about.

use lib 't/lib';
use Scalekit;
use Test::Nginx::Socket 'no_plan';

use File::Temp 'tempdir';

my $tls = tempdir(CLEANUP => 1);
system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=a.example "
    . "-keyout '$tls/key.pem' -out '$tls/cert.pem' 2>'$tls/said'") == 0 or die "openssl made no certificate.\n";

my $spec = '';

# Blocks of a configuration; what is in the log, and what must not be. Directives of the environment stand first, in a
# line "environment: ...", lines of http level likewise.
sub block {
    my ($name, $config, $there, $absent) = @_;
    my %section;
    $section{$1} .= "$2\n" while $config =~ s/^(environment|without|http_config): (.*)\n//m;
    my $sections = join '', map {"--- $_\n$section{$_}"} sort keys %section;
    my $log = join '', map {"--- $_->[0]\n" . join('', map {"$_\n"} @{$_->[1]})} grep { @{$_->[1]} }
        ['error_log', $there], ['no_error_log', $absent];
    $spec .= "=== $name\n$sections--- config\n${config}location = /up { scalekit_auth off; return 200 up; }\n"
        . "--- request\nGET /up\n--- response_body chomp\nup\n$log\n";
}

sub warned { my ($name, $config, @messages) = @_; block("warned: $name", $config, ['[warn]', @messages], []) }

# The warning of plain http, which the environment of these tests has, is there always.
sub silent { my ($name, $config, @messages) = @_; block("silent: $name", $config, [], \@messages) }

my $guarded = "scalekit_auth acme;\nscalekit_organization_id org_1;\nlocation / { }\n";

# -- directives without effect

my $unguarded = 'has no effect: no location that a scalekit_auth guards inherits it; '
    . 'add "scalekit_auth NAME" there, or remove it in';
for my $directive ('scalekit_unauthenticated pass', 'scalekit_domain a.example', 'scalekit_provider google',
    'scalekit_login_hint $arg_user', 'scalekit_prompt login', 'scalekit_authorize_param a 1')
{
    my ($name) = $directive =~ /^(\w+)/;
    warned("$name where nothing is guarded", "$directive;\nlocation / { }\n", "\"$name\" $unguarded",
        '/nginx.conf:');
    silent("$name around a guarded location", "$directive;\nlocation / { scalekit_auth acme; }\n",
        'has no effect');
}
silent('a value that takes back an outer one', "scalekit_prompt '';\nscalekit_organization_id '';\n"
    . "scalekit_require off;\nscalekit_bearer off;\nlocation / { }\n", 'has no effect');
warned('a line that every guarded location replaces',
    "scalekit_prompt login;\nlocation / { scalekit_auth acme; scalekit_prompt none; }\n",
    '"scalekit_prompt" has no effect');

for my $directive ('scalekit_audience api', 'scalekit_token $http_x_token') {
    my ($name) = $directive =~ /^(\w+)/;
    my $tokens = "\"$name\" has no effect: no location that a scalekit_auth guards and whose scalekit_bearer "
        . 'is on inherits it; add "scalekit_bearer on" there, or remove it in';
    warned("$name without scalekit_bearer", "$guarded$directive;\n", $tokens);
    warned("$name where nothing is guarded", "$directive;\nlocation / { }\n", $tokens);
    silent("$name around a location that takes tokens",
        "$guarded$directive;\nlocation /api/ { scalekit_bearer on; }\n", 'has no effect');
}

# -- environments

warned('an environment that guards nothing', "location / { }\n",
    'scalekit_environment "acme" guards nothing; add "scalekit_auth acme" to a server or location, or remove it in');
silent('an environment that guards one location', "location /auth/ { scalekit_auth acme; }\n", 'guards nothing');

for my $name (qw(session_lifetime session_idle)) {
    warned("$name without a unit", "environment: $name 8;\n$guarded",
        "scalekit_environment \"acme\": \"$name 8\" has no unit and means seconds; write one of s, m, h and d");
    silent("$name with a unit", "environment: $name 8m;\n$guarded", 'has no unit');
}
silent('a clock_skew and a timeout in seconds', "environment: clock_skew 10; timeout 5;\n$guarded", 'has no unit');

warned('an idle limit above the lifetime', "environment: session_idle 2h;\nenvironment: session_lifetime 1h;\n$guarded",
    '"session_idle" is longer than session_lifetime and ends no session');
silent('an idle limit of the lifetime', "environment: session_idle 1h;\nenvironment: session_lifetime 1h;\n$guarded",
    'is longer than');
silent('a lifetime below the idle limit that nobody wrote', "environment: session_lifetime 10m;\n$guarded",
    'is longer than');

# -- tenants

for (['organization_id', 'Hooli', 'org_'], ['organization_id', 'conn_1', 'org_'], ['organization_id', 'org_', 'org_'],
    ['organization_id', '"org_1 "', 'org_'], ['connection_id', 'hooli.example', 'conn_'])
{
    my ($name, $value, $prefix) = @$_;
    warned("the $name $value", "scalekit_auth acme;\nscalekit_$name $value;\nlocation / { }\n",
        "scalekit_$name: \"" . $value =~ s/"//gr . '" is no id of Scalekit and will match nobody; '
            . "write the one of the dashboard, such as ${prefix}123 in");
}
silent("the organization $_", "scalekit_auth acme;\nscalekit_organization_id $_;\nlocation / { }\n", 'is no id')
    for 'org_69615647365005430', '$arg_org', 'org_$arg_org', '$host optional', '""';

my $open = 'is open to people of every organization of "acme"';
warned('a server that is open to every organization', "scalekit_auth acme;\nlocation / { }\n",
    "$open; name one by scalekit_organization_id or scalekit_connection_id, or write "
        . '\'scalekit_organization_id ""\' where everybody is meant');
warned('several such servers, in one line', "scalekit_auth acme;\nlocation / { }\n"
    . "http_config: server { listen 127.0.0.1:\$TEST_NGINX_OTHER; scalekit_auth acme; }\n",
    "$open, and so are 1 more");
silent("a server that is not: $_", "scalekit_auth acme;\nlocation / { }\nlocation /a/ { $_ }\n", 'is open to people')
    for 'scalekit_organization_id org_1;', 'scalekit_organization_id $arg_org;', 'scalekit_connection_id conn_1;',
    'scalekit_require oid org_1 org_2;', 'scalekit_organization_id "";';
silent('a server for tokens alone', "scalekit_auth acme;\nscalekit_bearer only;\nlocation / { }\n", 'is open to people');

# -- the callback

my $lost = 'lets nobody sign in by "acme": its callback path "/auth/callback" reaches location';
warned('a callback that "return" answers', $guarded . "location /auth/ { return 404; }\n",
    "$lost \"/auth/\", where \"return 404\" answers first; take that away, or add "
        . '"location = /auth/callback { scalekit_auth acme; }"');
warned('a callback that a regex location answers', $guarded . "location ~ back\$ { return 403; }\n", $lost);
warned('a callback in an internal location', $guarded . "location /auth/ { internal; }\n",
    "$lost \"/auth/\", where \"internal\" answers first");
silent('a "return" under a condition', $guarded . "location /auth/ { if (\$arg_x) { return 404; } }\n",
    'lets nobody sign in');
silent('a "return" beside the callback', $guarded . "location /auth/x { return 404; }\n", 'lets nobody sign in');
silent("a server that leads to https $_->[0]",
    "http_config: server { listen 127.0.0.1:\$TEST_NGINX_OTHER; scalekit_auth acme; $_->[1] }\n"
        . "location / { }\n", 'lets nobody sign in', 'is open to people')
    for ['in a location', 'location / { return 301 https://$host$request_uri; }'],
    ['at server level', 'return 301 https://$host$request_uri;'];

# -- names and addresses

sub named {
    my ($domain, $names) = @_;
    return "environment: session_cookie sid domain=$domain;\n"
        . "http_config: server { listen 127.0.0.1:\$TEST_NGINX_OTHER; server_name $names; scalekit_auth acme; "
        . "scalekit_organization_id org_1; }\nlocation / { }\n";
}
for (['a.example', 'b.example'], ['a.example', 'x.a.example b.example'], ['app.example', 'myapp.example'],
    ['x.a.example', 'a.example'], ['a.example', '*.b.example'], ['a.example', '.b.example'])
{
    my ($domain, $names) = @$_;
    warned("the name $names and a cookie of $domain", named($domain, $names), 'has the name "',
        ", but the session cookie of \"acme\" is for \"$domain\", so browsers drop it there; "
            . 'change domain= of session_cookie, or leave it away');
}
silent("the name $_->[1] and a cookie of $_->[0]", named(@$_), 'has the name "')
    for ['a.example', 'a.example x.a.example'], ['a.example', '*.a.example .a.example'], ['x.a.example', '*.a.example'],
    ['a.example', '~^(.+)\.example$'], ['a.example', '_ localhost ""'], ['a.example', 'www.* 127.0.0.1'],
    ['A.example', 'a.EXAMPLE'];
warned('a base_url outside of the domain of the cookie',
    "environment: session_cookie sid domain=a.example;\nenvironment: base_url https://b.example;\n$guarded",
    'the session cookie is for "a.example", so browsers drop it at base_url "https://b.example"');
silent('a name behind a proxy, whose base_url is in the domain',
    "environment: base_url https://www.a.example;\n" . named('a.example', 'inner.example'), 'browsers drop it');

# The environment "site" is one without allow_http.
sub listening {
    my ($listen, $environment, $names) = @_;
    my $secrets = 'client_id skc_1; client_secret secret; session_keys "literal:' . $Scalekit::keys . '";';
    return "http_config: scalekit_environment site { url https://a.example; $secrets " . ($environment // '') . " }\n"
        . "http_config: server { " . join('', map {"listen 127.0.0.1:\$TEST_NGINX_$_; "} @$listen)
        . 'server_name ' . ($names // 'a.example') . "; scalekit_auth site; scalekit_organization_id org_1; "
        . "ssl_certificate $tls/cert.pem; ssl_certificate_key $tls/key.pem; }\nlocation / { }\n";
}
my $plain = 'listens on plain http, where browsers keep no cookie of "site"';
warned('plain http', listening(['OTHER']),
    "$plain; add \"ssl\" to \"listen\", set base_url where a proxy in front speaks https, or \"allow_http on\" for");
silent('https', listening(['TLS ssl']), $plain);
silent('https and plain http', listening(['OTHER', 'TLS ssl']), $plain);
silent('plain http behind a proxy that is named', listening(['OTHER'], 'base_url https://a.example;'), $plain);
silent('plain http behind a proxy that speaks the PROXY protocol', listening(['OTHER proxy_protocol']), $plain);
silent('plain http that is meant', listening(['OTHER'], 'allow_http on;'), $plain);
silent("plain http for tenants by host: $_", listening(['OTHER'], '', $_), $plain)
    for '*.a.example', '.a.example', 'a.example b.example', '~^(.+)\.example$';

spec_string($spec);
run_tests();
