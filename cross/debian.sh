# Debian packages fetched and unpacked without being installed; source it after lib.sh.

say() { echo "[$SECONDS s] $*" >&2; }

# Whether mount namespaces can be made, as root or within a user namespace.
namespaces() {
    if [ "$(id -u)" = 0 ]; then unshare --mount true 2>/dev/null; else unshare --mount --map-root-user true 2>/dev/null; fi
}

# The machine's own Debian mirror.
mirror() {
    local found=${KINGLET_MIRROR:-}
    [ -n "$found" ] || found=$(apt-get indextargets --format '$(LABEL) $(SUITE) $(REPO_URI)' 2>/dev/null |
        awk '$1 == "Debian" && $2 !~ /-/ { print $3; exit }')
    # Before the first apt-get update, only the configuration knows.
    [ -n "$found" ] || found=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
        awk '/^(URIs:|deb )/ { for (i = 2; i <= NF; i++) if ($i ~ /:\/\// && $i ~ /\/debian\/?$/) { print $i; exit } }')
    [ -n "$found" ] || die "no Debian mirror in apt's configuration: set KINGLET_MIRROR to the address of one"
    echo "$found"
}

# fetch NAME SUITE ARCH [--alone] PACKAGE…: the packages and what they depend on, into debs/NAME. Without network if
# they are there already.
fetch() {
    local name=$1 suite=$2 arch=$3 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    shift 3
    local debs=$store/debs/$name state=$store/apt/$name
    if [ "$(cat "$debs/complete" 2>/dev/null)" = "$suite $arch $*" ]; then
        say "$name: $(find "$debs" -name '*.deb' | wc -l) packages are there"
        return
    fi
    [ -e "$keyring" ] || die "needs Debian's keys: apt-get install debian-archive-keyring"
    mkdir -p "$debs/partial" "$state"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} \
        "$state"/var/{lib/apt/lists/partial,lib/dpkg,log/apt}
    : >"$state/var/lib/dpkg/status"
    # Proxies and the like are the machine's.
    apt-config dump | grep -E '^Acquire::(http|https|Retries)' >"$state/etc/apt/apt.conf.d/machine" || true
    echo "deb [signed-by=$keyring] $(mirror) $suite main" >"$state/etc/apt/sources.list"
    cat >"$state/apt.conf" <<CONF
Dir "$state"; Dir::State::status "$state/var/lib/dpkg/status"; Dir::Cache::archives "$debs";
APT::Architecture "$arch"; APT::Architectures { "$arch"; }; APT::Install-Recommends "false"; APT::Sandbox::User "root";
Acquire::Languages "none"; Acquire::Check-Valid-Until "false"; Acquire::Retries "3";
CONF
    local apt=(env "APT_CONFIG=$state/apt.conf" apt-get -qq -o Debug::NoLocking=1)
    "${apt[@]}" update || die "Debian's mirror $(mirror) cannot be reached"
    # An older version beside the one that comes would be unpacked too.
    "${apt[@]}" autoclean
    if [ "$1" = --alone ]; then
        (cd "$debs" && "${apt[@]}" download "${@:2}") || die "cannot fetch ${*:2} of $suite"
    else
        "${apt[@]}" -y --download-only install "$@" >/dev/null || die "cannot fetch $* of $suite"
    fi
    rm -rf "$debs/partial" "$debs/lock"
    echo "$suite $arch $*" >"$debs/complete"
    say "$name: fetched $(find "$debs" -name '*.deb' | wc -l) packages"
}

# The file of a package that was fetched.
deb() { ls "$store/debs/$1/$2"_*.deb; }

# unpack FOLDER NAME [EXCEPT]: all packages of debs/NAME, base-files first, which makes /lib a link to /usr/lib.
unpack() {
    local folder=$1 name=$2 except=${3:-} file part
    mkdir -p "$folder"/usr/{bin,sbin,lib,lib64}
    for part in bin sbin lib lib64; do ln -sfn "usr/$part" "$folder/$part"; done
    for file in "$store/debs/$name"/base-files_*.deb "$store/debs/$name"/*.deb; do
        [ -n "$except" ] && [[ $file == */"$except"_* ]] && continue
        dpkg-deb --fsys-tarfile "$file" | tar -x --keep-directory-symlink --no-same-owner -C "$folder" \
            --exclude './usr/share/doc/*' --exclude './usr/share/man/*' --exclude './usr/share/locale/*' --exclude './dev/*'
    done
}

# Each package fetched, in one line.
versions() {
    local file
    for file in "$store"/debs/*/*.deb; do
        dpkg-deb -W --showformat '${Architecture} ${Package} ${Version}\n' "$file"
    done | sort -u
}
