# Holds the code, the documents, conf-examples/ and the tests together: every directive, variable, endpoint, identity
# header and reason word has its place in the reference, and every place its code; links lead somewhere; the examples
# and what the documents show of configurations load.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Find ();
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Test::More;

use Documents;
use Ports;

chdir dirname(__FILE__) . '/..' or die "cannot enter the project's folder: $!";

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "cannot write $path: $!";
    print $file $text;
    close $file or die "cannot write $path: $!";
}

# The code's side: what the module's own tables say, as t/tools/tables.cpp prints it. A bearer token that is not good is
# answered with 401, whatever the status of the word.

my $tables = ($ENV{BUILD} // 'build') . '/tables';
-x $tables or die "$tables is missing: run make test, or make tables once before prove\n";
open my $output, '-|', $tables or die "$tables: $!";
chomp(my @lines = <$output>);
close $output or die "$tables failed: $!$?";

my (%printed, %context, %default, %status, %code, %codeStatus, %description);
for my $line (@lines) {
    my ($kind, $name, $rest) = split / /, $line, 3;
    push @{$printed{$kind}}, $name;
    $default{$name} = $rest if $kind eq 'default';
    $context{$name} = $kind eq 'setting' ? 'scalekit_environment' : $rest if $kind =~ /^(?:directive|setting)$/;
    next if $kind ne 'reason';
    my ($status, $code, $description) = split / /, $rest, 3;
    $status{$name} = $status;
    next if !defined $code;
    $code{$name} = $code;
    $codeStatus{$code} = $code eq 'invalid_token' ? 401 : $status;
    $description{$description} = $code;
}
my %known = (directive => $printed{directive}, setting => $printed{setting}, variable => $printed{variable},
             endpoint => $printed{endpoint}, 'identity header' => $printed{header}, 'reason word' => $printed{reason});
ok(@{$known{$_} // []} > 0, "$tables prints every $_") for sort keys %known;
cmp_ok(scalar keys %codeStatus, '>', 0, "$tables prints the error codes of bearer tokens");

# The words that the check of a bearer token comes to at all.
my ($rules) = content('src/oidc/access_token.cpp') =~ /^(.*?^Reason checkAccessToken\(.*?^\})/ms;
die "the rules of src/oidc/access_token.cpp are not where they were\n" if !defined $rules;
my %ofTokens = map { $_ => 1 } map { /Reason::(\w+)/g }
    $rules, map { content($_) } qw(src/jose/jwt.cpp src/jose/verify.cpp src/oidc/token_rules.cpp);

# The documents' side.

my $reference = 'conf-examples/REFERENCE.md';
my @documents = documents();
my @headings = headings($reference);

# The headings of one level below another heading, by the name that their text gives to.
sub below {
    my ($above, $level, $name) = @_;
    my ($inside, %found) = (0);
    for my $heading (@headings) {
        $inside = $heading->{text} eq $above if $heading->{level} < $level && $heading->{level} <= 2;
        $found{$1} = $heading if $inside && $heading->{level} == $level && $heading->{text} =~ /^$name$/;
    }
    return \%found;
}

my %place = (
    directive         => below('Directives', 3, qr/(.+)/),
    setting           => below('Inside scalekit_environment', 3, qr/(.+)/),
    variable          => {rows($reference, 'Variables', qr/\$(\w+)/)},
    endpoint          => below('Endpoints', 3, qr/(?:BASE)?(\/[\w.\/-]+)/),
    'identity header' => {rows($reference, 'Identity headers', qr/X-Scalekit-([\w-]+)/)},
    'reason word'     => below('Reason words', 4, qr/(.+)/),
);

for my $kind (sort keys %known) {
    my %exists = map { $_ => 1 } @{$known{$kind}};
    ok(exists $place{$kind}{$_}, "the reference has a place for the $kind $_") for @{$known{$kind}};
    my @stale = grep { !$exists{$_} } sort keys %{$place{$kind}};
    is("@stale", '', "the reference has no place for any $kind that does not exist");
}

my ($contents) = content($reference) =~ /^(.*?)^## /ms;
for my $kind (qw(directive setting)) {
    for my $name (sort keys %{$place{$kind}}) {
        my $heading = $place{$kind}{$name};
        my %item = items($heading->{body});
        like($item{Syntax} // '', qr/^`$name [^`]+`/, "the reference has the syntax of $name");
        # What no directive can say is in words, but for "none". Required ones have no default.
        my $says = $item{Default} // '';
        my $stated = $says =~ /^`\Q$name\E ([^`]+);`$/ ? $1 : $says =~ /^none\b(?!.*required)/ ? 'none' : '';
        ok(length $says, "the reference has the default of $name");
        is($stated, $default{$name} // '', "the reference has the code's default of $name");
        is(join(' ', ($item{Context} // '') =~ /`(\w+)`/g), $context{$name}, "the reference has the context of $name");
        like($heading->{body}, qr/^```nginx\n(?:(?!```).*\n)*? *$name\s/m, "the reference has an example of $name");
        like($contents, qr/\(#\Q$heading->{anchor}\E\)/, "the contents of the reference lead to $name");
    }
}

# A status that is said of a word is its own, that of a bearer token it is about, or that of a redirect to the sign-in.
my @words = @{$known{'reason word'}};
for my $word (@words) {
    my %item = items(($place{'reason word'}{$word} // {body => ''})->{body});
    my @expected = ($status{$word});
    if (defined $code{$word} && ($code{$word} ne 'invalid_token' || $ofTokens{$word})) {
        push @expected, $codeStatus{$code{$word}};
    }
    push @expected, 401 if $word eq 'subrequest_identity';  # what auth_request understands
    my %said = map { $_ => 1 } ($item{Status} // '') =~ /\b(\d{3})\b/g;
    my %fits = map { $_ => 1 } @expected, $expected[0] == 401 || $expected[0] == 403 ? 302 : ();
    ok($said{$_}, "the reference says status $_ of $word") for @expected;
    is(join(' ', grep { !$fits{$_} } sort keys %said), '', "the reference says no other status of $word");
    ok(length($item{$_} // ''), "the reference has the \l$_ of $word") for qw(Cause Remedy);
}

my ($index) = section($reference, 'Reason words') =~ /^(.*?)^### /ms;
like($index, qr/\[$_\]\(#$_(?:-\d)?\)/, "the index of the reference leads to $_") for @words;

my $answers = section($reference, 'Answers to clients');
for my $name (sort keys %codeStatus) {
    like($answers, qr/^\|[^|]+\| $codeStatus{$name}\b[^|]*\|[^|]*`$name`/m, "the reference says when a client is told $name");
}

# What is said anywhere of names that look like ours, of challenges and of reasons is true.

my %ours = map { $_ => 1 } @{$known{directive}}, @{$known{variable}}, 'scalekit_claim_';
my %header = map { $_ => 1 } @{$known{'identity header'}};
my %isWord = map { $_ => 1 } @words;
my $shown = 0;
for my $path (@documents, sort glob 'conf-examples/*.conf') {
    my $text = content($path);
    my @names = $text =~ /(?<![\w.\/-])\$?(scalekit_[a-z_]+)/g;
    my %unknown = map { $_ => 1 } grep { !$ours{$_} && !/^scalekit_claim_/ } @names;
    $unknown{"X-Scalekit-$_"} = 1 for grep { !$header{$_} } $text =~ /X-Scalekit-(\w[\w-]*)/g;
    $unknown{$_} = 1 for grep { !$isWord{$_} } $text =~ /\breason"?[=:]"?(\w+)/g;
    is(join(' ', sort keys %unknown), '', "$path names nothing as ours that does not exist");
    my @quoted = $text =~ /error="(\w+)", error_description="([^"]+)"/g;
    $shown += @quoted;
    while (my ($name, $description) = splice @quoted, 0, 2) {
        is($description{$description}, $name, "the challenge \"$description\" of $path is one of ours");
    }
}
cmp_ok($shown, '>', 0, 'the documents show challenges');

# The changelog begins with the version that the module says it is.
my ($version) = content('src/base/version.hpp') =~ /"nginx-scalekit\/([^"]+)"/;
like(section('conf-examples/OPERATION.md', 'Changelog'), qr/\A## Changelog\n[^#]*^### \Q$version\E$/m,
     "the changelog begins with $version");

# Links and sizes.

for my $path (@documents) {
    is(join(' ', broken($path)), '', "every link of $path leads somewhere");
    my $lines = () = content($path) =~ /\n/g;
    my $most = $path eq 'README.md' ? 250 : 600;
    cmp_ok($lines, '<=', $most, "$path has at most $most lines") if $path ne $reference;
}
for my $pair (['conf-examples/README.md', 'conf-examples/*.conf'], ['README.md', 'conf-examples/*.md']) {
    my ($path, $pattern) = @$pair;
    my %linked = map { basename(s/#.*//r) => 1 } links($path);
    ok($linked{basename($_)}, "$path leads to $_") for sort glob $pattern;
}

# The map of the tests names every test file, but for the unit tests that are named after a unit, and nothing else.

my @units = map { glob "src/$_" } qw(*/*.cpp */*.hpp nginx/*/*.cpp nginx/*/*.hpp);
my %unit = map { basename($_) =~ s/\.\w+$//r => 1 } @units;
my @testFiles = grep { !m{^unit/(\w+)_test\.cpp$} || !$unit{$1} }
    map { s{^t/}{}r } glob('t/*.t'), glob('t/{e2e,browser,valgrind}/*.test.mjs'), glob('t/unit/*_test.cpp');
my $map = content('t/README.md');
ok($map =~ /`(?:t\/)?\Q$_\E`/, "t/README.md names $_") for @testFiles;
my @named = $map =~ /`(?:t\/)?((?:(?:e2e|browser|valgrind|unit)\/)?\w+(?:\.t|\.test\.mjs|_test\.cpp))`/g;
is(join(' ', grep { !-f "t/$_" } @named), '', 't/README.md names no test file that does not exist');

# Examples and tests use everything.

my @examples = sort glob 'conf-examples/*.conf';
my $examples = join "\n", map { s/(^|\s)#.*//mgr } map { content($_) } @examples;

my $tests = '';
File::Find::find({no_chdir => 1, wanted => sub {
    if (/node_modules|servroot$/) {
        $File::Find::prune = 1;
    } elsif (-f && /\.(t|mjs|cpp|hpp|pm)$/ && basename($_) ne 'docs.t') {
        $tests .= content($_);
    }
}}, 't');

for my $name (@{$known{directive}}) {
    ok($examples =~ /^\s*$name\s/m, "an example uses $name");
    ok($tests =~ /\b$name\b/, "a test mentions $name");
}

# Names such as "url" occur everywhere: a use is a directive of some configuration, or in the end-to-end tests a member
# (whose value is a text, where the name is an everyday word).
for my $name (@{$known{setting}}) {
    my $member = $name =~ /_/ ? qr/\b$name:\s/ : qr/\b$name:\s*['"`]/;
    ok($examples =~ /^\s*$name\s[^;]+;/m, "an example uses $name");
    ok($tests =~ /$member|(?:^|[{;])\s*$name\s+[^\s=(][^;\n]*;/m, "a test uses $name");
}

for my $name (@{$known{variable}}) {
    my $pattern = $name =~ /^(.*_)NAME$/ ? qr/\$\{?$1\w/ : qr/\$\{?$name\b/;
    ok($examples =~ $pattern, "an example uses \$$name");
    ok($tests =~ $pattern, "a test mentions \$$name");
}

# nginx itself reads the examples and what the documents show. The variables are those of the other tests;
# SCALEKIT_MODULE is empty when the module is linked into nginx.

my $nginx = $ENV{TEST_NGINX_BINARY} || $ENV{NGINX_BINARY} || '/usr/sbin/nginx';
my $module = $ENV{TEST_NGINX_LOAD_MODULES} || ($ENV{SCALEKIT_MODULE} // 'build/module/ngx_http_scalekit_module.so');
die "There is no $nginx: install the package nginx, or set TEST_NGINX_BINARY.\n" if !-x $nginx;
die "There is no $module: run make, or set SCALEKIT_MODULE.\n" if $module ne '' && !-f $module;
my $modulePath = $module eq '' ? '' : abs_path($module);

my $prefix = tempdir(CLEANUP => 1);
make_path(map { "$prefix/$_" } qw(modules logs scalekit certificates temp cache));
symlink $modulePath, "$prefix/modules/ngx_http_scalekit_module.so" if $modulePath ne '';
write_file("$prefix/mime.types", "types { text/html html; }\n");
write_file("$prefix/fastcgi_params", "fastcgi_param REQUEST_METHOD \$request_method;\n");
my @keys = map { encode_base64(join('', map { chr int rand 256 } 1 .. 48), '') } 1 .. 2;
write_file("$prefix/scalekit/client_secret", "the secret of a test\n");
write_file("$prefix/scalekit/session_keys", join('', map {"$_\n"} @keys));
chmod 0600, glob "$prefix/scalekit/*";
$ENV{SCALEKIT_CLIENT_SECRET} = 'the secret of a test';
$ENV{SCALEKIT_SESSION_KEY} = $keys[0];

my $request = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test';
my $said = `openssl req $request -keyout '$prefix/certificates/key' -out '$prefix/certificates/cert' 2>&1`;
die "openssl made no certificate (is it installed?): $said\n" if $? != 0;
for my $text (map { content($_) } @examples, @documents) {
    for my $file ($text =~ /certificates\/([\w.-]+\.(?:pem|key))/g) {
        next if -e "$prefix/certificates/$file";
        symlink $file =~ /\.key$/ ? 'key' : 'cert', "$prefix/certificates/$file" or die "symlink: $!";
    }
}

# What nginx -t says about a configuration. Only what needs a certain user or a free port is changed: logs and
# temporary folders move into the prefix, ports to some that no other test has, since nginx -t opens them.
my %port;

sub verdict {
    my ($conf) = @_;
    my $temporary = join ' ', map { "${_}_temp_path $prefix/temp/$_;" } qw(client_body proxy fastcgi uwsgi scgi);
    $conf =~ s/^load_module modules\/ngx_http_scalekit_module\.so;//m or return 'it does not load the module' if $modulePath eq '';
    $conf =~ s/^http \{/http { access_log $prefix\/logs\/access.log; $temporary/m or return 'it has no http block';
    $conf =~ s{/var/log/nginx/}{$prefix/logs/}g;
    $conf =~ s{/var/cache/nginx/}{$prefix/cache/}g;
    $conf =~ s/^(\s*listen\s+)(?:[\w.:\[\]]*:)?(\d+)(?=[\s;])/$1 . '127.0.0.1:' . ($port{$2} \/\/= Ports::free())/mge;
    write_file("$prefix/nginx.conf", $conf);

    local $ENV{NGINX};
    my $said = `'$nginx' -t -p '$prefix' -e '$prefix/logs/error.log' -g 'pid $prefix/nginx.pid;' -c '$prefix/nginx.conf' 2>&1`;
    return $? == 0 ? 'ok' : $said;
}

cmp_ok(scalar @examples, '>', 0, 'there are examples');
is(verdict(content($_)), 'ok', "nginx -t takes $_") for @examples;

# The nginx blocks of the documents: whole configurations, or what stands inside http, an environment or a guarded
# server.
my $load = "load_module modules/ngx_http_scalekit_module.so;\n";
my @around = ('url https://acme.scalekit.com;', 'client_id skc_1;', 'client_secret file:scalekit/client_secret;',
              'session_keys file:scalekit/session_keys;');
my %setting = map { $_ => 1 } @{$known{setting}};
my %ofHttp = map { $_ => 1 } qw(server map upstream log_format proxy_cache_path limit_req_zone scalekit_environment scalekit_zone);

sub environment {
    my ($own) = @_;
    return join "\n", 'scalekit_environment acme {', (grep { my ($name) = /^(\w+)/; $own !~ /^$name\s/m } @around), "$own}\n";
}

sub whole {
    my ($block) = @_;
    return $block if $block =~ /^http \{/m;
    my @names = $block =~ /^(\w+)/mg;
    my $body = $block =~ /^scalekit_environment acme\s/m ? '' : environment(grep({ $setting{$_} } @names) ? $block : '');
    if (grep { $ofHttp{$_} } @names) {
        $body .= $block;
    } elsif (!grep { $setting{$_} } @names) {
        $body .= "server {\nscalekit_auth acme;\n$block}\n";
    }
    return "${load}http {\n$body}\n";
}

my $complete = 0;
for my $path (@documents) {
    for my $block (blocks($path, 'nginx')) {
        my ($first) = $block =~ /^\s*(\w+[^\n;{]*)/m;
        my $conf = whole($block);
        $complete += $block =~ /^load_module /m ? 1 : 0;
        $conf .= "events { }\n" if $conf !~ /^events /m;
        is(verdict($conf), 'ok', "nginx -t takes the block of $path that begins with $first");
    }
}
cmp_ok($complete, '>', 0, 'the documents show a whole configuration');

# Defaults that the reference writes as a directive are ones that may be written.
for my $name (sort map { keys %{$place{$_}} } qw(directive setting)) {
    my %item = items(($place{directive}{$name} // $place{setting}{$name})->{body});
    my ($default) = ($item{Default} // '') =~ /^`($name [^`]+;)`$/ or next;
    my $inside = $setting{$name} || $ofHttp{$name} ? "$default\n" : "location /x/ {\n$default\n}\n";
    is(verdict(whole($inside) . "events { }\n"), 'ok', "nginx -t takes the default of $name");
}

# The proof that the verdict can be a bad one.
like(verdict("${load}events { }\nhttp {\nscalekit_environment acme { }\n}\n"), qr/"url" is missing/,
     'nginx -t refuses an environment without url');

done_testing();
