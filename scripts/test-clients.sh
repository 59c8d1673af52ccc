#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs the tests of the clients in Python, JavaScript and shell, and the conformance suite with every client, against the built
# binary. The suites run side by side, because they mostly wait.

source "$(dirname "$0")/common.sh"

need_python_packages
need_chromium
CHROMIUM=$(chromium_path)
export CHROMIUM
[ "$(uname)" = Darwin ] || has busybox || install_missing busybox busybox
[ -x bin/live-progress ] || scripts/build.sh
scripts/build.sh client-adapter
# The suites share the processors.
export LIVE_PROGRESS_PATIENCE=${LIVE_PROGRESS_PATIENCE:-4}
# The tests start programs of the environment, such as gunicorn and shellcheck.
export PATH=$ROOT/.venv/bin:$PATH PYTHONPATH=$ROOT/clients/python/src

node_is_new() { has node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }
suites=(python shell conformance)
if node_is_new; then
    has tsc || install_missing node-typescript typescript
    suites+=(javascript)
else
    say "skipped: the tests of the JavaScript client, which need Node 20"
fi

run_python() { (cd clients/python && python -m pytest -q -n 4 tests); }
run_shell() { python -m pytest -q -n 8 clients/sh; }
run_conformance() { python clients/conformance/run.py --quiet --jobs 10; }
run_javascript() { clients/js/check.sh; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for suite in "${suites[@]}"; do
    ("run_$suite" >"$work/$suite" 2>&1 || touch "$work/$suite.failed") &
done
wait
failed=()
for suite in "${suites[@]}"; do
    say "the $suite suite"
    if [ -e "$work/$suite.failed" ]; then
        failed+=("$suite")
        cat "$work/$suite"
    else
        tail -n 4 "$work/$suite"
    fi
done
[ ${#failed[@]} = 0 ] || die "failed: ${failed[*]}"
