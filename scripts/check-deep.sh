#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs the checks that take too long for each change: every test under both sanitizers, the fuzzers, all conformance cases, the
# instructions of every call, what deploy/ has, and thousands of random schedules. CONTRIBUTING.md says which change needs which
# check.

source "$(dirname "$0")/common.sh"

failed=()
step() {
    local name=$1 started=$SECONDS result=ok
    shift
    say "$name"
    "$@" || {
        failed+=("$name")
        result=FAIL
    }
    printf '======== %-4s %s (%d s)\n' "$result" "$name" $((SECONDS - started))
}
# The suite's own tests, with a client for each fault; then every adapter, also in Deno.
clients() {
    need_python_packages
    need_chromium
    .venv/bin/python -m pip install --quiet --disable-pip-version-check 'deno>=2.9,<3'
    scripts/build.sh client-adapter
    .venv/bin/pytest -q -n 4 clients/conformance/test_suite.py
    CHROMIUM=$(chromium_path) .venv/bin/python clients/conformance/run.py --all --quiet --jobs 8
}
# Faults of the NATS servers and of the nodes, with two thousand operations.
nodes() {
    need_python_packages
    need_nats_servers
    scripts/build.sh
    .venv/bin/python Tests/EndToEnd/cluster/cluster_rounds.py --operations 2000
}
schedules() { LIVE_PROGRESS_SCHEDULES=5000 swift test --filter ScheduleTests; }

step "every test under the thread sanitizer" scripts/tsan.sh --all
step "corpora and every test under the address sanitizer" scripts/asan.sh --all
step "fuzzers, sixty seconds each" scripts/fuzz.sh --seconds 60
step "all 517 conformance cases, both ends" scripts/conformance.sh --cases '*'
step "conformance of every client" clients
step "faults of several nodes" nodes
step "instructions of every call" scripts/check-instructions.sh
step "the program in an empty root, the image and the unit" scripts/check-deploy.sh
step "five thousand random schedules" schedules
[ ${#failed[@]} = 0 ] || die "failed: ${failed[*]}"
say "all of it passed in $SECONDS s"
