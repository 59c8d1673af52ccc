#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: every test of the JavaScript client. Needs Node 20, npm, tsc (Debian: node-typescript), Chromium and Python.
set -eu
cd "$(dirname "$0")"
if [ -z "${AXE_SCRIPT-}" ]; then
    axe=$(mktemp -d)
    trap 'rm -rf "$axe"' EXIT
    # The wheel holds axe.min.js; nothing of it runs here but that.
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$axe" axe-playwright-python==0.1.8
    python3 -m zipfile -e "$axe"/*.whl "$axe"
    export AXE_SCRIPT="$axe/axe_playwright_python/axe.min.js"
fi
node --test --test-concurrency=2 test/
# Node 20 has WebSockets behind an option: the same tests by the other transport.
node --experimental-websocket --test test/watch.test.mjs test/faults.test.mjs
