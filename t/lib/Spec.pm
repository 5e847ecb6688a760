package Spec;

# Writes blocks of Test::Nginx about configurations that nginx -t refuses, and for which reason, or
# takes: $spec is what a suite gives to spec_string().

use strict;
use warnings;

use Exporter 'import';
our @EXPORT = qw($spec refused refusedAll refusedHere accepted);

our $spec = '';

# A block whose environment has these directives, in place of the defaults of the same name; a config
# section behind them takes the place of the usual one.
sub refused {
    my ($name, $directives, @messages) = @_;
    my ($without) = $directives =~ s/^without (\w+)// ? "--- without\n$1 \n" : '';
    my $config = $directives =~ s/^--- config\n(.*)//ms ? $1 : "location / { }\n";
    $spec .= "=== refused: $name\n--- environment\n$directives\n$without--- config\n$config\n"
        . "--- must_die\n--- error_log\n" . join('', map {"$_\n"} @messages) . "\n";
}

sub refusedAll {
    my ($directive, $message, @values) = @_;
    refused("$directive $_", "$directive $_;", "scalekit_environment \"acme\": \"$directive\" ",
        $message) for @values;
}

# The module's directives on the levels of http, server and location.
sub refusedHere {
    my ($name, $config, @messages) = @_;
    my $http = $config =~ s/^http (.*)$//m ? "--- http_config\n$1\n" : '';
    $spec .= "=== refused: $name\n$http--- config\n$config\n--- must_die\n--- error_log\n"
        . join('', map {"$_\n"} @messages) . "\n";
}

sub accepted {
    my ($name, $directives, $config) = @_;
    $config //= 'location / { scalekit_auth acme; }';
    $spec .= "=== accepted: $name\n--- environment\n$directives\n--- config\n$config\n"
        . "location = /up { return 200 up; }\n--- request\nGET /up\n--- response_body chomp\nup\n\n";
}

1;
