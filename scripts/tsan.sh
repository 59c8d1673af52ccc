#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# The core's, the WebSocket's and NIO's tests under the thread sanitizer. Any report fails. Why there are annotations and
# suppressions is said in .ci/tsan.

source "$(dirname "$0")/common.sh"

need_swift
need_zlib
scratch=.build-tsan
swift build --build-tests --sanitize=thread --scratch-path "$scratch"

export TSAN_OPTIONS="suppressions=$ROOT/.ci/tsan/suppressions.txt halt_on_error=0"
# Under the sanitizer each of the random schedules takes many times as long.
export LIVE_PROGRESS_SCHEDULES=${LIVE_PROGRESS_SCHEDULES:-40}
preload=()
if [ "$(uname)" = Linux ]; then
    # The annotations use Swift's calling convention, which the toolchain's own compiler knows.
    clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    [ -x "$clang" ] || clang=clang
    "$clang" -O1 -shared -fPIC -o "$scratch/annotations.so" .ci/tsan/annotations.c -ldl
    preload=(env LD_PRELOAD="$ROOT/$scratch/annotations.so")
fi
sanitized() { "${preload[@]}" swift test --skip-build --sanitize=thread --scratch-path "$scratch" "$@"; }
sanitized --skip ScheduleTests --filter '^(LiveProgressTests|LiveProgressWebSocketTests|LiveProgressNIOTests)\.'
# Apart, because they take whole processors, and others have their times.
sanitized --filter ScheduleTests
