# Debians in folders, for test-fresh and matrix. They are made by debootstrap, entered by chroot and given
# at run time what this machine needs to reach its package registries.

makeRoot() { # SUITE FOLDER
    local suite=$1 root=$2 mirror
    mirror=$(debianMirror)
    [ -n "$mirror" ] || die "This machine is not a Debian: no mirror to make one from."
    echo "making a minimal Debian ($suite) in $root"
    ! grep -qF " $root/" /proc/self/mounts || die "Something is mounted below $root."
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
        { tail -5 "$root.log" >&2; die "debootstrap failed, see $root.log."; }

    cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
    cp /etc/hosts "$root/etc/hosts"
    mkdir -p "$root/etc/ssl/certs" "$root/usr/local/share/ca-certificates"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    # The package that brings the usual bundle adds what lies here to it.
    cp -L /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    # How this machine's apt reaches its mirror: proxies, credentials, tolerance of dates.
    apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' >"$root/etc/apt/apt.conf.d/50host" || true
    cp -r /etc/apt/auth.conf.d "$root/etc/apt/" 2>/dev/null || true
    # Kept under a name of its own: the package ca-certificates writes its bundle over the usual one.
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/host-ca.crt"
    inRoot "$root" / 'apt-get update' >>"$root.log" 2>&1 || die "apt-get update failed, see $root.log."
}

# The variables that lead a client to its registry and certificates; all else starts empty.
registryEnvironment() {
    local name registry
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NPM_CONFIG_REGISTRY; do
        [ -z "${!name:-}" ] || printf '%s=%s\0' "$name" "${!name}"
    done
    if command -v npm >/dev/null; then
        registry=$(npm config get registry 2>/dev/null)
        case $registry in http*) printf 'NPM_CONFIG_REGISTRY=%s\0' "$registry" ;; esac
    fi
    for name in NODE_EXTRA_CA_CERTS NPM_CONFIG_CAFILE SSL_CERT_FILE; do
        printf '%s=/etc/ssl/certs/host-ca.crt\0' "$name"
    done
}

# In namespaces of its own, so that what it mounts and leaves running goes with it. NETWORK=none leaves
# the command nothing but loopback.
inRoot() { # ROOT FOLDER SHELL-COMMAND
    local environment=() net=()
    mapfile -d '' environment < <(registryEnvironment)
    [ "${NETWORK:-}" != none ] || net=(--net)
    unshare --mount --pid --fork --kill-child "${net[@]}" bash -c '
        set -e
        root=$1 folder=$2 command=$3
        shift 3
        [ "${NETWORK:-}" != none ] || ip link set lo up
        mount --bind "$root" "$root"  # a mount point, as / is on every machine
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --make-rslave "$root/dev"
        mount -t tmpfs tmpfs "$root/dev/shm"
        exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@" \
            chroot "$root" sh -c "cd \"\$1\" && eval \"\$2\"" sh "$folder" "$command"
    ' bash "$1" "$2" "$3" "${environment[@]}" </dev/null
}
