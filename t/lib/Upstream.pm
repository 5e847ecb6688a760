package Upstream;

# The application behind nginx, as far as the tests need one: it answers every request with what it
# was sent, and says in nginx's error log that it was called. HTTP, FastCGI, SCGI and uwsgi share
# one port; the first byte tells them apart.

use strict;
use warnings;

use IO::Socket::INET;

# What is sent by the HTTP clients here and not of interest.
my @noise = qw(host connection content-length user-agent);

my ($pid, $owner);

# Starts it in a process of its own, which ends with this one; answers its port.
sub start {
    my ($log) = @_;
    my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', LocalPort => 0)
        or die "no port for the upstream: $!";
    my $port = $listener->sockport;

    $owner = $$;
    $pid = fork // die "fork: $!";
    return $port if $pid;

    $SIG{TERM} = sub { require POSIX; POSIX::_exit(0) };
    $SIG{PIPE} = 'IGNORE';
    while (getppid == $owner) {
        my $waiting = '';
        vec($waiting, fileno $listener, 1) = 1;
        next unless select $waiting, undef, undef, 1;
        my $client = $listener->accept or next;
        $client->timeout(5);
        serve($client, $log);
        close $client;
    }
    require POSIX;
    POSIX::_exit(0);
}

sub stop {
    if (defined $pid && $pid && $$ == $owner) {
        kill TERM => $pid;
        waitpid $pid, 0;
        undef $pid;
    }
}

sub serve {
    my ($client, $log) = @_;
    my $start = receive($client, 1) // return;

    # nginx makes the file; a configuration that does not start leaves none
    if (open my $file, '>>', $log) {
        syswrite $file, "upstream: called\n";
    }

    my $reply = $start eq "\1" ? fastcgi($client)
        : $start eq "\0"       ? uwsgi($client)
        : $start =~ /\d/       ? scgi($client, $start)
        :                        http($client, $start);
    syswrite $client, $reply if defined $reply;
}

sub receive {
    my ($client, $size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        sysread $client, $bytes, $size - length $bytes, length $bytes or return;
    }
    return $bytes;
}

# /accel/PATH answers with X-Accel-Redirect: /PATH, /status/NNN with that status.
sub http {
    my ($client, $head) = @_;
    while ($head !~ /\r\n\r\n/) {
        sysread $client, $head, 65536, length $head or return;
    }
    $head =~ s/\r\n\r\n(.*)//s;
    my $content = $1;
    my ($size) = $head =~ /^Content-Length: *(\d+)/mi;
    my $missing = ($size // 0) - length $content;
    $content .= receive($client, $missing) // '' if $missing > 0;

    my ($line, @headers) = split /\r\n/, $head;
    $line =~ s{ HTTP/1.[01]$}{};
    my $noise = join '|', @noise;
    my $body = join '', map {"$_\n"} $line, grep { !/^(?:$noise):/i } @headers;
    $body .= "\n$content\n" if length $content;

    my $status = $line =~ m{ /status/(\d+)} ? $1 : 200;
    my $accel = $line =~ m{ /accel(/\S*)} ? "X-Accel-Redirect: $1\r\n" : '';
    return "HTTP/1.0 $status From-Upstream\r\nContent-Type: text/plain\r\nX-Upstream: yes\r\n$accel"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

# The HTTP_ parameters alone: what nginx makes of request headers.
sub parameters {
    my ($status, @pairs) = @_;
    my $body = '';
    while (my ($name, $value) = splice @pairs, 0, 2) {
        next unless $name =~ s/^HTTP_//;
        (my $header = lc $name) =~ tr/_/-/;
        $body .= "$header: $value\n" unless grep { $_ eq $header } @noise;
    }
    return "${status}Content-Type: text/plain\r\nX-Upstream: yes\r\n\r\n$body";
}

# FastCGI specification 3.3: version, type, request, content and padding length, reserved.
sub fastcgi {
    my ($client) = @_;
    my $parameters = '';
    for (my $version = "\1"; defined $version; $version = receive($client, 1)) {
        my ($type, $size, $padding) = (unpack 'C n n C', receive($client, 7) // return)[0, 2, 3];
        my $content = receive($client, $size + $padding) // '';
        $parameters .= substr $content, 0, $size if $type == 4;
        last if $type == 5 && $size == 0;
    }

    my @pairs;
    while (length $parameters) {
        my @sizes;
        for (1, 2) {
            my $size = ord $parameters;
            if ($size > 127) {
                $size = unpack('N', substr $parameters, 0, 4) & 0x7fffffff;
                substr $parameters, 0, 4, '';
            } else {
                substr $parameters, 0, 1, '';
            }
            push @sizes, $size;
        }
        push @pairs, map { substr $parameters, 0, $_, '' } @sizes;
    }
    my $answer = parameters("Status: 200 From-Upstream\r\n", @pairs);
    return join '', map { pack('C C n n C C', 1, $_->[0], 1, length $_->[1], 0, 0) . $_->[1] }
        [6, $answer], [6, ''], [3, pack 'N C x3', 0, 0];
}

# A little-endian size, then names and values with little-endian sizes.
sub uwsgi {
    my ($client) = @_;
    my ($size) = unpack 'v x', receive($client, 3) // return;
    my @pairs = unpack '(v/a)*', receive($client, $size) // return;
    return parameters("HTTP/1.0 200 From-Upstream\r\n", @pairs);
}

# A netstring of NUL-terminated names and values.
sub scgi {
    my ($client, $size) = @_;
    while ($size !~ s/:$//) {
        $size .= receive($client, 1) // return;
    }
    my $netstring = receive($client, $size + 1) // return;
    my @pairs = split /\0/, $netstring =~ s/,$//r, -1;
    return parameters("Status: 200 From-Upstream\r\n", @pairs);
}

1;
