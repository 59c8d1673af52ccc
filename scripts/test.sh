#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs every test: the library's, the server's and tool's, the end-to-end cases against the built binary, and the clients'. An
# argument selects a part: --library, --server (with the cases from end to end), --alone (the cases from end to end that must
# run alone), --clients.

source "$(dirname "$0")/common.sh"

part=${1-}
case $part in
'' | --library | --server | --alone | --clients) ;;
*) die "usage: scripts/test.sh [--library | --server | --alone | --clients]" ;;
esac
tests() { [ -z "$part" ] || [ "$part" = "--$1" ]; }

need_swift
need_zlib
need_sqlite
need_nats_servers
need_curl
need_openssl
need_python_packages
need_node_ws
need_chromium
need_nginx
need_faketime
need_tmux
need_less
CHROMIUM=$(chromium_path)
export CHROMIUM

if tests library; then
    say "testing the library"
    # Each target must declare what it imports.
    swift build --build-tests --explicit-target-dependency-import-check error
    swift test --skip-build --skip ScheduleTests
    # They run separately, because they use whole processors, and other tests have timeouts.
    swift test --skip-build --filter ScheduleTests
fi
if tests server; then
    say "testing the server and the tool"
    server_swift build --build-tests
    server_swift test --skip-build --skip ScheduleTests
    server_swift test --skip-build --filter ScheduleTests
    install_server
    install_program live-progress-bench
    install_program hummingbird-app
    install_program worker
    say "testing from end to end"
    .venv/bin/pytest Tests/EndToEnd -m "not alone" --ignore Tests/EndToEnd/durability
    # These load libraries into the server, which a static program cannot.
    .venv/bin/pytest Tests/EndToEnd/durability -m "not alone" --binary "$(server_program live-progress)"
fi
if tests alone; then
    # Other tests would take processors from their measurements.
    .venv/bin/pytest Tests/EndToEnd -m alone --numprocesses 0 --ignore Tests/EndToEnd/durability
    .venv/bin/pytest Tests/EndToEnd/durability -m alone --numprocesses 0 --binary "$(server_program live-progress)"
fi
if tests clients; then scripts/test-clients.sh; fi
