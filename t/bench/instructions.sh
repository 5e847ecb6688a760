# Read by run: instructions of one request, counted by callgrind.

# Sends COUNT requests to a single process below callgrind. FILE gets the instructions by name:
# "total", "in LIBRARY" for its own, and our and OpenSSL's functions with all that they call.
count() { # FILE NAME PORT COUNT PATH HEADER...
    local profile=$folder/callgrind.out options=()
    [ ${#tokens[@]} = 0 ] || options=(-t "${tokens[0]}")
    start "$2" "$3" valgrind --tool=callgrind --dump-line=no --callgrind-out-file="$profile" \
        "$nginx" -g 'master_process off;'
    t/bench/requests "${options[@]}" "$3" "$5" "$4" "${@:6}" >/dev/null
    stop "$pid" "$3" || die "nginx ($2) failed below valgrind."

    for inclusive in no yes; do
        callgrind_annotate --auto=no --threshold=100 --inclusive=$inclusive "$profile" 2>/dev/null
    done | perl -ne '
        $inclusive ||= /PROGRAM TOTALS/ && exists $cost{total};
        s/\(anonymous namespace\)::|\[abi:cxx11\]//g;
        my ($number, $name, $library) = /^ *([\d,]+) \([^)]*\)  (.*?)(?: \[([^]]*)\])?$/ or next;
        $number =~ tr/,//d;
        if ($name eq "PROGRAM TOTALS") {
            $cost{total} = $number;
        } elsif (!$inclusive) {
            $cost{"in $1"} += $number if ($library // "") =~ m{([^/]+)$};
        } elsif ($name =~ /:scalekit::([\w:]+)/ || $name =~ /:((?:EVP|ERR|json)_\w+)$/) {
            $cost{$1} = $number if $number > ($cost{$1} // 0);
        }
        END { print "$cost{$_} $_\n" for keys %cost }' >"$1"
}

# What one request takes, by name: twice as many requests minus as many, so that starting and
# ending cancel out.
perRequest() { # FILE NAME PORT PATH HEADER...
    count "$folder/once" "$2" "$3" "$requests" "${@:4}"
    count "$folder/twice" "$2" "$3" $((2 * requests)) "${@:4}"
    awk -v requests="$requests" '
        { name = $0; sub(/^[0-9]+ /, "", name) }
        FNR == NR { once[name] = $1; next }
        { printf "%d %s\n", ($1 - once[name]) / requests, name }' "$folder"/{once,twice} >"$1"
}

# With $tokens the next of its file goes with each request, to either server.
instructions() { # BAR PLAIN_PATH GUARDED_PATH HEADER...
    local bar=$1
    perRequest "$folder/plain.cost" plain "$plainPort" "$2" "${@:4}"
    perRequest "$folder/guarded.cost" guarded "$guardedPort" "$3" "${@:4}"
    awk -v bar="$bar" '
        { name = $0; sub(/^[-0-9]+ /, "", name); cost = $1 }
        FNR == NR { plain[name] = cost; next }
        name == "total" {
            printf "%7d  in all%s, %d -> %d\n", cost - plain[name], bar, plain[name], cost
            fflush()
            next
        }
        cost - plain[name] >= 300 { printf "%7d  %s\n", cost - plain[name], name | "sort -rn" }
    ' "$folder"/{plain,guarded}.cost
}
