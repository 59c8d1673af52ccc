#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs the library's tests under the thread sanitizer; with --all also the tests of the server and the tool, and the tests that
# take minutes. Any report is a failure. The folder .ci/tsan says why there are annotations and suppressions.

source "$(dirname "$0")/common.sh"

packages=(.)
schedules=10
# By far the longest test, with hundreds of clients that connect and disconnect.
left_out=(--skip descriptorsUsedAgain)
case ${1-} in
'') ;;
--all)
    packages+=(Server)
    schedules=40
    left_out=()
    ;;
*) die "usage: scripts/tsan.sh [--all]" ;;
esac

need_swift
need_zlib
need_sqlite
need_nats_servers
scratch=$ROOT/.build-tsan
scratch_of() { [ "$1" = . ] && echo "$scratch" || echo "$scratch/$1"; }
for package in "${packages[@]}"; do
    say "building the tests of $package with the thread sanitizer"
    swift build --build-tests --explicit-target-dependency-import-check error --sanitize=thread --package-path "$package" \
        --scratch-path "$(scratch_of "$package")" >&2
done

# Each test may occupy one of the two threads for seconds: with more tests at once, a task of one test waits for many others.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=2
export TSAN_OPTIONS="suppressions=$ROOT/.ci/tsan/suppressions.txt halt_on_error=0"
# Under the sanitizer, each random schedule takes many times as long.
export LIVE_PROGRESS_SCHEDULES=${LIVE_PROGRESS_SCHEDULES:-$schedules}
preload=()
if [ "$(uname)" = Linux ]; then
    # The annotations use Swift's calling convention, which the toolchain's own compiler supports.
    clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    [ -x "$clang" ] || clang=clang
    "$clang" -O1 -shared -fPIC -o "$scratch/annotations.so" .ci/tsan/annotations.c -ldl
    preload=(env LD_PRELOAD="$scratch/annotations.so")
fi
failed=0
sanitized() {
    local package=$1
    shift
    say "$package: $*"
    "${preload[@]}" swift test --skip-build --sanitize=thread --package-path "$package" \
        --scratch-path "$(scratch_of "$package")" "$@" || failed=1
}
for package in "${packages[@]}"; do
    # Each group runs separately: under the sanitizer, one group would take the processors of another, whose clients have
    # timeouts.
    case $package in
    .)
        sanitized . --skip 'ScheduleTests|LiveProgressNIOTests'
        sanitized . --filter '^LiveProgressNIOTests\.' --skip ScheduleTests
        ;;
    # Pure values read the corpora, on one thread.
    *) sanitized "$package" --skip 'ScheduleTests|LiveProgressCorpusTests' ;;
    esac
    sanitized "$package" --filter ScheduleTests ${left_out[@]+"${left_out[@]}"}
done
exit $failed
