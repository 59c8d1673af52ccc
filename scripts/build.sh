#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Builds the server and tool with optimisation, as bin/live-progress: on Linux, one static file. Arguments name other programs of
# Server/ to build instead: scripts/build.sh ws-echo ws-client. With --all it builds all programs and tests of Server/, and
# installs nothing.

source "$(dirname "$0")/common.sh"

need_swift
need_zlib
need_sqlite
if [ "${1-}" = --all ]; then
    server_swift build --build-tests
    exit
fi
[ $# -gt 0 ] || set -- live-progress
for program in "$@"; do
    say "building bin/$program (release)"
    server_swift build --product "$program"
    if [ "$program" = live-progress ]; then install_server; else install_program "$program"; fi
done
