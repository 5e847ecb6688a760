package Documents;

# The project's documents (*.md) as their readers see them: headings with the anchors that GitHub gives them, what
# stands below each heading, links, and blocks of code.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use File::Find ();
use File::Spec;

our @EXPORT = qw(content documents headings section rows items blocks links broken);

sub content {
    my ($path) = @_;
    open my $file, '<', $path or die "cannot read $path: $!";
    local $/;
    return scalar <$file>;
}

# The paths of all documents below this folder, but for what is built or fetched.
sub documents {
    my @paths;
    File::Find::find({no_chdir => 1, wanted => sub {
        if (-d && m{^\./(?:build|\.git)$|/(?:node_modules|servroot)$}) {
            $File::Find::prune = 1;
        } elsif (/\.md$/) {
            push @paths, s{^\./}{}r;
        }
    }}, '.');
    return sort @paths;
}

# Calls visit(LINE, LANGUAGE, FENCE) for each line. LANGUAGE is that of the block which the line is in, undef in prose; the
# lines of a block lose the indentation of its fence.
sub walk {
    my ($path, $visit) = @_;
    my ($indent, $language);
    for my $line (split /^/, content($path)) {
        if ($line =~ /^( *)```(\w*)/) {
            my $opens = !defined $language;
            ($indent, $language) = (length $1, $2) if $opens;
            $visit->($line, $language, 1);
            $language = undef if !$opens;
        } else {
            $line =~ s/^ {0,$indent}// if defined $language;
            $visit->($line, $language, 0);
        }
    }
    die "$path: a block of code has no end\n" if defined $language;
}

# The blocks of one language.
sub blocks {
    my ($path, $wanted) = @_;
    my @blocks = ('');
    walk($path, sub {
        my ($line, $language, $fence) = @_;
        push @blocks, '' if $fence;
        $blocks[-1] .= $line if !$fence && ($language // '') eq $wanted;
    });
    return grep { $_ ne '' } @blocks;
}

# Every heading: its level, text and anchor, and the lines from it to the next heading (body) or to the next of its level
# or above (section). Blocks of code are part of both.
my %read;

sub headings {
    my ($path) = @_;
    return @{$read{$path}} if $read{$path};
    my (@headings, %taken);
    walk($path, sub {
        my ($line, $language) = @_;
        if (!defined $language && $line =~ /^(#{1,6}) +(.*?)\s*$/) {
            my ($level, $text) = (length $1, $2);
            my $anchor = lc($text =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr);
            $anchor =~ s/[^\w\- ]//g;
            $anchor =~ tr/ /-/;
            my $count = $taken{$anchor}++;
            push @headings, {level => $level, text => $text, body => '', section => '',
                             anchor => $count ? "$anchor-$count" : $anchor};
        }
        add(\@headings, $line);
    });
    $read{$path} = \@headings;
    return @headings;
}

sub add {
    my ($headings, $line) = @_;
    return if !@$headings;
    $headings->[-1]{body} .= $line;
    my $level = 7;
    for my $heading (reverse @$headings) {
        next if $heading->{level} >= $level;
        $level = $heading->{level};
        $heading->{section} .= $line;
    }
}

sub section {
    my ($path, $text) = @_;
    my ($found) = grep { $_->{text} eq $text } headings($path);
    die "$path has no heading \"$text\"\n" if !defined $found;
    return $found->{section};
}

# The table rows below a heading, by the name that the first cell gives to.
sub rows {
    my ($path, $heading, $name) = @_;
    return map { /^\| `$name/ ? ($1 => $_) : () } split /\n/, section($path, $heading);
}

# The list "- **Name:** value" of a body, values that go on in further lines included.
sub items {
    my ($body) = @_;
    return $body =~ /^- \*\*(\w+):\*\* (.*?)\s*(?=^- |^\s*$|\z)/msg;
}

# Where the links of a document lead, but for those in code.
sub links {
    my ($path) = @_;
    my $prose = '';
    walk($path, sub { $prose .= $_[0] if !defined $_[1] });
    $prose =~ s/`[^`\n]*`//g;
    return ($prose =~ /\]\(\s*([^)\s]+)[^)]*\)/g, $prose =~ /^\[[^\]]+\]:\s*(\S+)/mg);
}

# The links of a document that lead nowhere in this folder. Other sites are not asked.
sub broken {
    my ($path) = @_;
    my @broken;
    for my $link (grep { !/^[a-z]+:/ } links($path)) {
        my ($file, $anchor) = split /#/, $link, 2;
        my $target = $file eq '' ? $path : File::Spec->canonpath(dirname($path) . "/$file");
        1 while $target =~ s{[^/]+/\.\./}{};
        my $leads = $target !~ m{^(?:/|\.\.)} && -e $target;
        if ($leads && defined $anchor) {
            $leads = $target =~ /\.md$/ && grep { $_->{anchor} eq $anchor } headings($target);
        }
        push @broken, $link if !$leads;
    }
    return @broken;
}

1;
