package Scalekit;

# What the suites of the module share: an environment "acme" whose provider is nginx itself (a
# canned discovery document and key set, enough for everything up to the provider's door), an
# upstream that tells what it was sent, sessions that nobody had to sign in for, and access tokens of
# the provider's one key.
#
# Sections of a block beyond those of Test::Nginx:
#     environment   directives of the scalekit_environment block, instead of the defaults of the
#                   same name
#     without       names of default directives that are left out of it
#     bare          no environment and no provider: the block brings its own
#     no_upstream   the upstream must not have been called
# Every block has its error log checked for [alert] and [crit], and for [emerg] unless nginx must not
# start. A suite uses this module before Test::Nginx::Socket, which reads its environment at once.

use strict;
use warnings;

BEGIN {
    require Cwd;
    require File::Path;
    require JSON::PP;
    require Ports;
    my $module = $ENV{SCALEKIT_MODULE} // Cwd::abs_path('build/module/ngx_http_scalekit_module.so');
    $ENV{TEST_NGINX_LOAD_MODULES} //= $module // '';
    $ENV{TEST_NGINX_BINARY} //= $ENV{NGINX_BINARY} // '/usr/sbin/nginx';

    # Several suites run at once, so each has a folder and ports of its own.
    my ($suite) = $0 =~ m{([^/]+?)(?:\.t)?\z};
    my $folder = $ENV{TEST_NGINX_SERVROOT} // Cwd::abs_path('build') . '/servroot';
    File::Path::make_path($folder);
    $ENV{TEST_NGINX_SERVROOT} = "$folder/$suite";
    $ENV{TEST_NGINX_PORT} = Ports::free();
}

use Test::Nginx::Socket;
use Test::Nginx::Util qw(add_block_preprocessor);

use Upstream;

use Exporter 'import';
our @EXPORT = qw(session token bearer navigation script same sorted $upstream $session $cookie $badToken);

# Of a guarded location: hands everything on to the upstream.
our $upstream = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM;';

our $keys = 'the first key of the tests, 32 bytes or more';
our $client = 'skc_1';

my $mint = "$ENV{BUILD}/mint" if defined $ENV{BUILD};
$mint = 'build/mint' unless defined $mint;
-x $mint or die "$mint is missing: run make test, or make mint once before prove\n";

log_level('info');
no_shuffle();
no_root_location();
no_long_string();
worker_connections(128);

# Ports in $TEST_NGINX_...; the file's own servers may use those that are free.
$ENV{TEST_NGINX_UPSTREAM} = Upstream::start("$ENV{TEST_NGINX_SERVROOT}/logs/error.log");
END {
    my $status = $?;
    Upstream::stop();
    if ($status && open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/error.log") {
        print STDERR grep {/\[emerg\]/} <$log>;
    }
    $? = $status;
}

$ENV{TEST_NGINX_PROVIDER} = Ports::free();
$ENV{TEST_NGINX_OTHER} = Ports::free();
$ENV{TEST_NGINX_TLS} = Ports::free();
$ENV{TEST_NGINX_SITE} = server_port();

my $provider = <<'EOC';
    server {
        listen 127.0.0.1:$TEST_NGINX_PROVIDER;
        access_log off;
        default_type application/json;

        location = /.well-known/openid-configuration {
            return 200 '{"issuer":"http://127.0.0.1:$TEST_NGINX_PROVIDER",
                "authorization_endpoint":"http://127.0.0.1:$TEST_NGINX_PROVIDER/oauth/authorize",
                "token_endpoint":"http://127.0.0.1:$TEST_NGINX_PROVIDER/oauth/token",
                "jwks_uri":"http://127.0.0.1:$TEST_NGINX_PROVIDER/keys"}';
        }
        location = /keys {
            return 200 '{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"1",
                "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}';
        }
    }
EOC

my @defaults = (
    "url           http://127.0.0.1:\$TEST_NGINX_PROVIDER;",
    "client_id     $client;",
    'client_secret secret;',
    "session_keys  'literal:$keys';",
    'allow_http    on;',
);

sub environment {
    my ($own, $without) = @_;
    my @kept = grep { my ($name) = /^(\w+)/; "$own\n$without" !~ /^\s*$name\s/m } @defaults;
    return "    scalekit_environment acme {\n" . join('', map {"        $_\n"} @kept, $own)
        . "    }\n";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    if (!defined $block->bare) {
        $block->set_value('http_config',
            $provider . environment($block->environment // '', $block->without // '')
                . ($block->http_config // ''));
    }

    my $unwanted = $block->no_error_log // '';
    $unwanted = [grep {length} split /\n/, $unwanted] unless ref $unwanted;
    push @$unwanted, '[alert]', '[crit]';
    push @$unwanted, '[emerg]' unless defined $block->must_die;
    push @$unwanted, 'upstream: called' if defined $block->no_upstream;
    $block->set_value('no_error_log', $unwanted);

    if (defined $block->must_die) {
        $block->set_value('error_log', "[emerg]\n" . $block->error_log);
    }

    # what nginx says there stands in its error log too
    $block->set_value('suppress_stderr', '');
});

# The Cookie header value of a session of acme. Options are mint's (see t/tools/mint.cpp); a list is
# an array.
sub session {
    my %options = (key => $keys, environment => 'acme', cookie => 'sk_session', sub => 'usr_1', @_);
    my $issuer = delete $options{issuer} // "http://127.0.0.1:$ENV{TEST_NGINX_PROVIDER}";
    $options{environment} .= "\0$issuer\0$client";    # what seals are bound to
    return minted(map {
        my $value = $options{$_};
        "$_=" . join ',', map { encoded($_) } ref $value ? @$value : $value;
    } sort keys %options);
}

sub encoded { return join '', map { sprintf '%%%02X', ord } split //, $_[0] }

sub minted {
    my @arguments = @_;
    open my $output, '-|', $mint, @arguments or die "$mint: $!";
    my $made = do { local $/; <$output> };
    close $output or die "$mint failed: $!$?";
    return $made;
}

# An access token of Full Stack Auth for acme's client, with these claims instead of the usual ones:
# values as JSON::PP writes them, exp, nbf and iat in seconds from now (any other value is taken as
# it is), undef for a claim that is left out. So are alg, kid and typ of its header. Not claims
# either: `header`, a hash of further members; `claims`, instead of all that are usual; `payload`, a
# text instead of the claims; `seed`, for another key.
sub token {
    my %options = (alg => 'EdDSA', kid => '1', typ => 'JWT', @_);
    my $issuer = "http://127.0.0.1:$ENV{TEST_NGINX_PROVIDER}";
    my %header = (map({ $_ => delete $options{$_} } qw(alg kid typ)),
        %{delete $options{header} // {}});
    my $seed = delete $options{seed};
    my $payload = delete $options{payload};
    my $usual = delete $options{claims} // {
        iss => $issuer, aud => [$client], sub => 'usr_1', oid => 'org_1', sid => 'ses_1',
        client_id => $client, jti => 'tkn_1', exp => 3600, iat => 0, nbf => 0,
        roles => ['member'], permissions => ['data:read'], scope => 'openid profile email',
    };

    my %claims = (%$usual, %options);
    for my $date (grep { ($claims{$_} // '') =~ /^-?\d+\z/ } qw(exp iat nbf)) {
        $claims{$date} += time;
    }
    my $json = JSON::PP->new->canonical->allow_nonref;
    my $text = sub {
        my ($members) = @_;
        return $json->encode({map { defined $members->{$_} ? ($_ => $members->{$_}) : () }
            keys %$members});
    };
    return minted('token', 'header=' . encoded($text->(\%header)),
        'payload=' . encoded($payload // $text->(\%claims)),
        defined $seed ? 'seed=' . encoded($seed) : ());
}

# The same as a request's header.
sub bearer { return 'Authorization: Bearer ' . token(@_) }

# Headers of requests, as more_headers wants them.
sub navigation { return join "\n", 'Sec-Fetch-Mode: navigate', 'Accept: text/html', @_ }
sub script { return join "\n", 'Sec-Fetch-Mode: cors', 'Accept: application/json', @_ }

# Of somebody; of somebody else beside whose token it stands; signed by a key that is not the provider's.
our $session = 'Cookie: ' . session();
our $cookie = 'Cookie: ' . session(sub => 'usr_cookie');
our $badToken = bearer(seed => 'x' x 32);

# The same expected of each of so many requests.
sub same { my ($value, $count) = @_; return [($value) x $count] }

# The lines of a FastCGI, SCGI or uwsgi request, which nginx hashes: in the order of the alphabet.
sub sorted { return join '', sort $_[0] =~ /.*\n/g }

1;
