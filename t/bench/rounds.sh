# Read by run: load, in rounds that alternate between the two servers.
#
# $basePort and $baseWorker say what the guarded server is held against. $tokens, when it is not
# empty, is a file of tokens or Cookie headers and how many of them to send in turn, a request each.
#
# Where signatures are checked there is one connection and a client that never sleeps. Otherwise
# only the slower server would have to wake it for each answer, and that would be taken for the
# module's work.

median='
    function median(values, n,    i, j, swap) {
        for (i = 1; i <= n; i++)
            for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
                swap = values[j]; values[j] = values[j - 1]; values[j - 1] = swap
            }
        return (values[int((n + 1) / 2)] + values[int(n / 2) + 1]) / 2
    }'

# wrk against URL, its report in FILE
wrkTo() { # FILE CONNECTIONS URL HEADER...
    local file=$1 connections=$2 url=$3 header options=() arguments=()
    shift 3
    for header; do
        options+=(-H "$header")
    done
    if [ ${#tokens[@]} -gt 0 ]; then
        options+=(-s t/bench/in_turn.lua)
        arguments=(-- "${tokens[@]}")
    fi
    wrk -t1 -c"$connections" -d"$seconds" "${options[@]}" "$url" "${arguments[@]}" >"$file"
}

allAnswered() { # FILE URL
    if grep -E 'Socket errors|Non-2xx' "$1" >&2; then
        die "$2 did not answer every request."
    fi
}

# The same as wrk's report, of a client that does not sleep.
spinTo() { # FILE URL HEADER...
    local file=$1 address=${2#http://127.0.0.1:}
    shift 2
    [ ${#tokens[@]} -gt 0 ] || local tokens=(- 0)
    "$BUILD/bench/client" "${address%%/*}" "/${address#*/}" "$seconds" "${tokens[@]}" "$@" >"$file"
}

# One round over $connections: appends "requests/s microseconds" to the file, the latter the
# worker's.
load() { # FILE WORKER URL HEADER...
    local file=$1 worker=$2 url=$3 before after
    read -r before _ <"/proc/$worker/schedstat"
    if [ "$connections" = 1 ]; then
        spinTo "$folder/wrk" "${@:3}"
    else
        wrkTo "$folder/wrk" "$connections" "${@:3}"
    fi
    read -r after _ <"/proc/$worker/schedstat"
    allAnswered "$folder/wrk" "$url"
    awk -v ns=$((after - before)) '
        / requests in / { requests = $1 }
        /^Requests\/sec/ { print $2, ns / 1000 / requests }' "$folder/wrk" >>"$file"
}

# Sets ratio, added (us) and rates to the medians over the rounds. With $algorithm each round also
# measures bare verifications: times, bare, core are what is added and what the core takes, in
# bare verifications, and one of these in us.
measure() { # PLAIN-PATH GUARDED-PATH HEADER...
    local plainUrl=http://127.0.0.1:$basePort$1 guardedUrl=http://127.0.0.1:$guardedPort$2 round
    shift 2
    rm -f "$folder"/*.rounds
    for round in $(seq "$rounds"); do
        load "$folder/plain.rounds" "$baseWorker" "$plainUrl" "$@"
        load "$folder/guarded.rounds" "$guardedWorker" "$guardedUrl" "$@"
        if [ -n "$algorithm" ]; then
            "$BUILD/bench/verify" "$folder" "$algorithm" "$issuer" skc_1 >>"$folder/bare.rounds"
        else
            echo 1 1 >>"$folder/bare.rounds"
        fi
    done
    read -r ratio added rates times bare core < <(
        paste "$folder"/{plain,guarded,bare}.rounds | awk "$median"'
            {
                ratio[NR] = $3 / $1; added[NR] = $4 - $2; plain[NR] = $1; guarded[NR] = $3
                times[NR] = ($4 - $2) / $5; bare[NR] = $5; core[NR] = $6 / $5
            }
            END {
                printf "%.3f %+.2f %d->%d %.2f %.2f %.2f\n", median(ratio, NR), median(added, NR),
                    median(plain, NR), median(guarded, NR), median(times, NR), median(bare, NR),
                    median(core, NR)
            }')
}

compare() { # TITLE PLAIN-PATH GUARDED-PATH BARS HEADER...
    connections=16 tokens=() algorithm=''
    measure "$2" "$3" "${@:5}"
    printf '%-24s ratio %s, %s us a request  (%s)  %s requests/s\n' \
        "$1" "$ratio" "$added" "$4" "$rates"
}

compareSessions() { # FILE COUNT PATH BARS HEADER...
    connections=16 tokens=("$1" "$2") algorithm=''
    measure "$3" "$3" "${@:5}"
    printf '%-24s ratio %s, %s us a request  (%s)  %s requests/s\n' \
        "$2 sessions in turn" "$ratio" "$added" "$4" "$rates"
}

compareVerification() { # ALGORITHM BARS HEADER...
    connections=1 tokens=("$folder/$1.tokens" "$tokenCount") algorithm=$1
    measure /api/file /api/file "${@:3}"
    printf '%-24s %s x, %s us a request, bare %s us  (%s)  core %s x\n' \
        "$1, new each time" "$times" "$added" "$bare" "$2" "$core"
}

compareCycling() { # COUNT HEADER...; $cold is what a token not seen before adds
    connections=1 tokens=("$folder/RS256.tokens" "$1") algorithm=''
    measure /api/file /api/file "${@:2}"
    printf '%-24s %.2f of it, %s us a request  (at most 1)\n' \
        "$1 in turn" "$(awk "BEGIN { print $added / $cold }")" "$added"
}

# Requests/s of good traffic: alone, beside requests without a token, and beside tokens whose kid no
# key has, others in each round.
compareFlood() { # HEADER...
    local round beside
    split -d -l $((5 * tokenCount / rounds)) "$folder/unknown.tokens" "$folder/unknown."
    rm -f "$folder/unknown.tokens" "$folder"/*.rounds
    for round in $(seq 0 $((rounds - 1))); do
        for beside in nothing nobody unknown; do
            besideFlood "$beside" "$(printf '%s/unknown.%02d' "$folder" "$round")" "$@"
        done
    done
    paste "$folder"/{nothing,nobody,unknown}.rounds | awk "$median"'
        { nobody[NR] = $2 / $1; unknown[NR] = $3 / $1; ratio[NR] = $3 / $2 }
        END {
            printf "%-24s ratio %.2f  (about 1)  %.2f of it alone; beside no token %.2f\n",
                "unknown kids", median(ratio, NR), median(unknown, NR), median(nobody, NR)
        }'
    awk -v fetched="$(wc -l <"$folder/upstream/logs/keys.log")" '
        / requests in / { sent += $1 }
        END {
            printf "%-24s %d of them; keys fetched %d times since the start\n", "", sent, fetched
        }' "$folder"/sent.*
}

besideFlood() { # nothing|nobody|unknown FILE HEADER...
    local url=http://127.0.0.1:$guardedPort/api/file flood=
    tokens=()
    [ "$1" != unknown ] || tokens=("$2" "$tokenCount")
    if [ "$1" != nothing ]; then
        seconds=$((seconds + 1)) wrkTo "$folder/flood" 1 "$url" &
        flood=$!
        sleep 0.5
    fi
    tokens=()
    wrkTo "$folder/wrk" 15 "$url" "${@:3}"
    allAnswered "$folder/wrk" "$url"
    awk '/^Requests\/sec/ { print $2 }' "$folder/wrk" >>"$folder/$1.rounds"
    [ -z "$flood" ] || wait "$flood"
    [ "$1" != unknown ] || mv "$folder/flood" "$folder/sent.${2##*.}"
}
