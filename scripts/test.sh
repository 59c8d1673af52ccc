#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs every test: the library's, the server's and tool's, the end-to-end cases against the built binary, and the clients'. With
# --server it leaves out the library's own tests, which scripts/tsan.sh also runs, and those of the clients.

source "$(dirname "$0")/common.sh"

library=yes
case ${1-} in
'') ;;
--server) library= ;;
*) die "usage: scripts/test.sh [--server]" ;;
esac
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
CHROMIUM=$(chromium_path)
export CHROMIUM

if [ -n "$library" ]; then
    say "testing the library"
    # Each target must declare what it imports.
    swift build --build-tests --explicit-target-dependency-import-check error
    swift test --skip-build --skip ScheduleTests
    # They run separately, because they use whole processors, and other tests have timeouts.
    swift test --skip-build --filter ScheduleTests
fi
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
# They run alone, because other tests would take processors from the measurements.
.venv/bin/pytest Tests/EndToEnd -m alone --numprocesses 0 --ignore Tests/EndToEnd/durability
.venv/bin/pytest Tests/EndToEnd/durability -m alone --numprocesses 0 --binary "$(server_program live-progress)"
[ -z "$library" ] || scripts/test-clients.sh
