#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Builds the server and the tool with optimisation, and leaves them at bin/live-progress. Other programs of Server/ can be named
# in its place: scripts/build.sh ws-echo ws-client

source "$(dirname "$0")/common.sh"

need_swift
need_zlib
[ $# -gt 0 ] || set -- live-progress
for program in "$@"; do
    say "building bin/$program (release)"
    server_swift build --product "$program"
    install_program "$program"
done
