#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Builds the two ends that the conformance cases are run against, and leaves them at bin/ws-echo and bin/ws-client.

source "$(dirname "$0")/common.sh"

need_swift
need_zlib
say "building bin/ws-echo and bin/ws-client (release)"
# They are test code, which imports the library as its tests do.
build=(swift build -c release -Xswiftc -enable-testing --package-path Tests/Conformance)
"${build[@]}"
mkdir -p bin
for program in ws-echo ws-client; do
    # A new file in place of the old: one that runs keeps its own.
    cp -f "$("${build[@]}" --show-bin-path)/$program" "bin/$program.new"
    mv -f "bin/$program.new" "bin/$program"
done
