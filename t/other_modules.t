# Beside nginx's lua and njs modules as Debian builds them, loaded before this module and after it: all
# of them start together, their handlers and header filters run, and this module's filter has the last
# word on caching.

use lib 't/lib';

our ($modules, $folder);

BEGIN {
    require Cwd;
    require File::Glob;
    $folder = $ENV{OTHER_MODULES} // Cwd::abs_path((File::Glob::bsd_glob('build/other-modules-*'))[-1] // 'build');
    $modules = "$folder/usr/lib/nginx/modules";
    -e "$modules/ngx_http_lua_module.so" && -e "$modules/ngx_http_js_module.so"
        or die "Debian's lua and njs modules are not in $folder: run t/tools/deps test, which unpacks them.\n";
    $ENV{SCALEKIT_MODULE} //= Cwd::abs_path('build/module/ngx_http_scalekit_module.so');
    $ENV{TEST_NGINX_LOAD_MODULES} = '';    # each block says what it loads, and in which order
    $ENV{LD_LIBRARY_PATH} = join ':', File::Glob::bsd_glob("$folder/{usr/,}lib/*-linux-*");
}

use Scalekit;
use Test::Nginx::Socket 'no_plan';

our $due = 'Cookie: ' . session(created => 1000, seen => 1000);    # renewed with the next answer

# A module that is linked into nginx needs no line.
our @own = map { length ? "load_module $_;" : () } $ENV{SCALEKIT_MODULE};
our @lua = map {"load_module $modules/${_}_module.so;"} 'ndk_http', 'ngx_http_lua';
our @njs = "load_module $modules/ngx_http_js_module.so;";

# What each of the two needs in http, and in a location.
our $lua_path = "lua_package_path '$folder/usr/share/lua/5.1/?.lua;;';";
our $lua = <<'EOC';
rewrite_by_lua_block { ngx.req.set_header("X-Rewrite", "lua") }
access_by_lua_block { ngx.req.set_header("X-Access", ngx.var.scalekit_sub) }
header_filter_by_lua_block {
    ngx.header["X-Lua"] = "[" .. ngx.var.scalekit_sub .. "]"
    ngx.header["Cache-Control"] = "public, max-age=0"
}
EOC

our $njs_path = "js_path $ENV{TEST_NGINX_SERVROOT}/html; js_import filter.js;";
our $njs = 'js_header_filter filter.mark;';
our $script = <<'EOC';
>>> filter.js
export default { mark };
function mark(r) {
    r.headersOut['X-Njs'] = '[' + r.variables.scalekit_sub + ']';
    r.headersOut['Cache-Control'] = 'public, max-age=0';
}
EOC

# Each block asks for a page as somebody whose cookie is due, and as a browser and a script of nobody.
our $requests = ['GET /', 'GET /', 'GET /site'];
our $headers = [$due, navigation(), script()];
our $codes = [200, 302, 401];

sub locations {
    my ($filters) = @_;
    my $guarded = "scalekit_auth acme; $filters $upstream";
    return "location / { $guarded }
        location /site { expires 1y; add_header Cache-Control 'public, s-maxage=600' always; $guarded }";
}

# The answers have these headers with the person in brackets, and one Cache-Control line each.
sub answers {
    my @marks = @_;
    my $answer = sub {
        my ($caching, $who) = @_;
        return "\\A(?!.*Cache-Control:.*Cache-Control:)(?!.*\nExpires:)(?=.*\nCache-Control: $caching\r\n)"
            . CORE::join '', map {"(?=.*\n$_: \\[$who\\]\r\n)"} @marks;
    };
    return [$answer->('private, no-cache', 'usr_1') . '.*Set-Cookie: sk_session=',
        ($answer->('no-store', '')) x 2];
}

# A block with these modules, loaded in this order; lua is known to run first if it is among them.
my $spec = '';

sub loaded {
    my ($name, $modules, @filters) = @_;
    my %uses = map { $_ => 1 } @filters;
    my $http = join ' ', map { $uses{$_} ? "\$::${_}_path" : () } qw(lua njs);
    my $marks = join ', ', map { "'X-" . ucfirst . "'" } @filters;
    my $first = $uses{lua} ? '(?=.*X-Rewrite: lua\n)(?=.*X-Access: usr_1\n).*' : '';
    $spec .= <<"EOC";
=== $name
--- main_config eval: "$modules"
--- http_config eval: "$http"
--- user_files eval: \$::script
--- config eval: ::locations("@{[map {"\$::$_"} @filters]}")
--- request eval: \$::requests
--- more_headers eval: \$::headers
--- error_code eval: \$::codes
--- response_body_like eval
['${first}X-Scalekit-Sub: usr_1', '\\A\\z', 'unauthenticated']
--- raw_response_headers_like eval: ::answers($marks)

EOC
}

loaded('lua, loaded before this module', '@::lua @::own', 'lua');
loaded('lua, loaded after this module', '@::own @::lua', 'lua');
loaded('njs, loaded before this module', '@::njs @::own', 'njs');
loaded('njs, loaded after this module', '@::own @::njs', 'njs');
loaded('this module between the two', '@::njs @::own @::lua', 'lua', 'njs');

$spec .= <<'EOC';
=== a subrequest of lua before the request was cleaned: forged identity headers do not pass
--- main_config eval: "@::own @::lua"
--- http_config eval: $::lua_path
--- config eval
"scalekit_auth acme;
location /page { scalekit_auth off; rewrite_by_lua_block { ngx.say(ngx.location.capture('/inner').body) } }
location /inner { scalekit_auth off; $::upstream }"
--- request
GET /page
--- more_headers
X-Scalekit-Sub: forged
X_Scalekit_Email: forged
X-Other: fine
--- response_body_like
\AGET /inner\n(?!.*forged).*X-Other: fine

EOC

spec_string($spec);
run_tests();
