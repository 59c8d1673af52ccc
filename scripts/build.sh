#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Builds the server and the tool with optimisation, and leaves them at bin/live-progress.

source "$(dirname "$0")/common.sh"

need_swift
need_zlib
say "building bin/live-progress (release)"
(cd Server && swift build -c release --product live-progress)
mkdir -p bin
# A new file in place of the old: one that runs keeps its own.
cp -f "$(cd Server && swift build -c release --show-bin-path)/live-progress" bin/live-progress.new
mv -f bin/live-progress.new bin/live-progress
