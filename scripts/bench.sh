#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Measures the worker's own time in `update` while a thousand watchers on real sockets follow; one watcher never reads, and one
# vanishes. Then compares the real server with a send loop in C and with peers. With --quick it makes only a shorter comparison.
# Benchmarks/bench.py --help describes the arguments.

source "$(dirname "$0")/common.sh"

is_quick=
case " $* " in *" --quick "*) is_quick=yes ;; esac

# try NAME COMMAND...: runs a command that installs a peer; if the command fails, the peer is left out.
try() {
    local what=$1
    shift
    ("$@") || say "$what cannot be installed here, and is left out"
}
try_debian() { has apt-get && try "$1" apt_install "${@:2}" || true; }

need_peers() {
    has go && [ -d /usr/share/gocode/src/github.com/gorilla/websocket ] ||
        try_debian "the seed's design in Go" golang-go golang-github-gorilla-websocket-dev
    [ -n "$is_quick" ] && return
    [ -f /usr/include/liburing.h ] || try_debian "io_uring in C" liburing-dev
    .venv/bin/python -c 'import picows, uvloop, websockets' 2>/dev/null ||
        try "the peers in Python" .venv/bin/python -m pip install --quiet --disable-pip-version-check \
            -r Benchmarks/Peers/requirements.txt
}

need_swift
need_python
say "building the benchmarks (release)"
scripts/build.sh live-progress-bench micro update-time nio-alone
[ -n "$is_quick" ] || .venv/bin/python Benchmarks/watchers.py bin/update-time
if [ "$(uname)" != Linux ]; then
    say "the fan-out is measured on Linux only: its load client and its reference need epoll"
    exit
fi
has cc || install_missing gcc gcc
need_peers

exec .venv/bin/python Benchmarks/bench.py --binary bin/live-progress-bench --micro bin/micro "$@"
