package Ports;

# Ports for servers of a test, while other tests take theirs.

use strict;
use warnings;

use IO::Socket::INET;

my @signs;

# A port that nothing listens on, below the range from which the system takes ports of outgoing
# connections. Until this process ends it holds the UDP port of the same number: the sign for other
# tests that the port is taken, also while no nginx listens on it.
sub free {
    for (1 .. 1000) {
        my %port = (LocalAddr => '127.0.0.1', LocalPort => 12_000 + int rand 18_000);
        my $sign = IO::Socket::INET->new(Proto => 'udp', %port) or next;
        IO::Socket::INET->new(Listen => 1, %port) or next;
        push @signs, $sign;
        return $port{LocalPort};
    }
    die "no free port: $!";
}

1;
