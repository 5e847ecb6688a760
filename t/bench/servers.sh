# Read by run: the three servers, each an nginx of its own in $folder/NAME.

servers=()

stopServers() {
    local pid
    for pid in "${servers[@]}"; do
        kill -QUIT "$pid" 2>/dev/null || true
    done
    wait
}

freePorts() { # COUNT, below those that the system gives to outgoing connections
    perl -MIO::Socket::INET -e '
        while (@sockets < $ARGV[0]) {
            my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1",
                LocalPort => 12000 + int rand 18000);
            push @sockets, $socket if $socket;
        }
        print join(" ", map { $_->sockport } @sockets), "\n"' "$1"
}

configure() { # NAME, the body of http{} on stdin
    mkdir -p "$folder/$1/logs"
    cat >"$folder/$1/nginx.conf" <<END
$([ "$1" != guarded ] || echo "load_module \"$module\";")
$([ "$(id -u)" != 0 ] || echo 'user root;')
daemon off;
worker_processes 1;
pid nginx.pid;
error_log logs/error.log;
events { worker_connections 1024; }
http {
    access_log off;
    open_file_cache max=100;
    keepalive_requests 1000000000;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    $(cat)
}
END
}

site() { # PORT, what guards the places for bearer tokens
    cat <<END
    upstream backend {
        server 127.0.0.1:$upstreamPort;
        keepalive 32;
        keepalive_requests 1000000000;
    }
    server {
        listen 127.0.0.1:$1;
        location / { root "$folder/site"; }
        location /proxied { $(toBackend) }
        location /api/ { ${2-} alias "$folder/site/"; }
        location /api/proxied { ${2-} $(toBackend) }
END
}

toBackend() {
    echo 'proxy_pass http://backend/identity;'
    echo 'proxy_http_version 1.1; proxy_set_header Connection "";'
}

writeConfigurations() {
    mkdir "$folder/site"
    echo hello >"$folder/site/file"

    configure upstream <<END
    server {
        listen 127.0.0.1:$upstreamPort;
        location = /identity { return 200 "\$http_x_scalekit_sub"; }
        location = /.well-known/openid-configuration {
            return 200 '{"issuer":"$issuer","authorization_endpoint":"$issuer/oauth/authorize",
                "token_endpoint":"$issuer/oauth/token","jwks_uri":"$issuer/keys"}';
        }
        location = /keys { access_log logs/keys.log; alias "$folder/keys.json"; }
    }
END
    configure plain <<END
    $(site "$plainPort")
        location = /login {
            return 302 $issuer/oauth/authorize?response_type=code&client_id=skc_1;
        }
    }
END
    configure guarded <<END
    scalekit_environment acme {
        url            $issuer;
        client_id      skc_1;
        client_secret  secret;
        session_keys   "literal:$key";
        session_idle   8h;
        allow_http     on;
    }
    scalekit_auth acme;
    $(site "$guardedPort" 'scalekit_bearer only;')
        location /open/ { scalekit_auth off; alias "$folder/site/"; }
    }
END
}

start() { # NAME PORT COMMAND...: runs nginx and waits until it listens; its id is in $pid
    local name=$1 port=$2
    shift 2
    "$@" -p "$folder/$name" -c nginx.conf >"$folder/$name/output" 2>&1 &
    pid=$!
    servers+=("$pid")
    for _ in $(seq 300); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$folder/$name/output" "$folder/$name/logs/error.log" >&2
    die "nginx ($name) did not start."
}

workerOf() { # MASTER
    for _ in $(seq 100); do
        pgrep -P "$1" && return
        sleep 0.1
    done
    die 'nginx has no worker.'
}

# A process without a master may be about to sleep when the signal comes: a connection wakes it.
stop() { # PID PORT
    kill -QUIT "$1"
    while kill -0 "$1" 2>/dev/null; do
        (: <"/dev/tcp/127.0.0.1/$2") 2>/dev/null || true
        sleep 0.1
    done
    servers=("${servers[@]/$1/}")
    wait "$1"
}

expect() { # PORT PATH STATUS-AND-BODY HEADER...
    local port=$1 path=$2 wanted=$3 answer
    shift 3
    answer=$(t/bench/requests "$port" "$path" 1 "$@")
    [[ $answer == $wanted ]] || die "$path: $answer instead of $wanted"
}
