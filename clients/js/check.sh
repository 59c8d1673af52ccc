#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: runs the tests of the JS client. Needs Node 20, npm, tsc (Debian: node-typescript), Chromium, Python.
set -eu
cd "$(dirname "$0")"
if [ -z "${AXE_SCRIPT-}" ]; then
    axe=$(mktemp -d)
    trap 'rm -rf "$axe"' EXIT
    # The wheel contains axe.min.js, which is the only part that runs.
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$axe" axe-playwright-python==0.1.8
    python3 -m zipfile -e "$axe"/*.whl "$axe"
    export AXE_SCRIPT="$axe/axe_playwright_python/axe.min.js"
fi
node --test --test-concurrency=2 test/
# In Node 20, WebSockets need an option. Run the same tests with the other transport.
node --experimental-websocket --test test/watch.test.mjs test/faults.test.mjs
