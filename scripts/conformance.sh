#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs the cases of the Autobahn test suite against the library's server and client. The default is the cases of RFC 6455, groups
# 1 to 10; arguments are passed to Tests/Conformance/run.py.

source "$(dirname "$0")/common.sh"

need_python_packages
scripts/build.sh ws-echo ws-client
if [ $# -gt 0 ]; then
    exec .venv/bin/python Tests/Conformance/run.py "$@"
fi
say "the 301 cases of RFC 6455, against each end"
exec .venv/bin/python Tests/Conformance/run.py --cases '[1-9].*' '10.*'
