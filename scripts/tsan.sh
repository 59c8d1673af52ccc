#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# The library's tests under the thread sanitizer, and with --all the server's and the tool's as well; with --concurrent those
# of the library's targets alone in which threads meet, without those that take minutes. Any report fails.
# Why there are annotations and suppressions is said in .ci/tsan.

source "$(dirname "$0")/common.sh"

packages=(.)
# Whole targets of pure values.
values=
schedules=40
# The longest test by far, of clients that come and go by the hundred.
left_out=()
case ${1-} in
--concurrent)
    values='|LiveProgressWireTests|LiveProgressDeflateTests'
    schedules=10
    left_out=(--skip descriptorsUsedAgain)
    ;;
'') ;;
--all) packages+=(Server) ;;
*) die "usage: scripts/tsan.sh [--all | --concurrent]" ;;
esac

need_swift
need_zlib
scratch=$ROOT/.build-tsan
scratch_of() { [ "$1" = . ] && echo "$scratch" || echo "$scratch/$1"; }
for package in "${packages[@]}"; do
    say "building the tests of $package with the thread sanitizer"
    swift build --build-tests --sanitize=thread --package-path "$package" --scratch-path "$(scratch_of "$package")" >&2
done

export TSAN_OPTIONS="suppressions=$ROOT/.ci/tsan/suppressions.txt halt_on_error=0"
# Under the sanitizer each of the random schedules takes many times as long.
export LIVE_PROGRESS_SCHEDULES=${LIVE_PROGRESS_SCHEDULES:-$schedules}
preload=()
if [ "$(uname)" = Linux ]; then
    # The annotations use Swift's calling convention, which the toolchain's own compiler knows.
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
    # Each group apart: under the sanitizer one takes the processors of another, whose clients have only so much time.
    case $package in
    .)
        sanitized . --skip "ScheduleTests|LiveProgressNIOTests$values"
        sanitized . --filter '^LiveProgressNIOTests\.' --skip ScheduleTests
        ;;
    # The corpora are read by pure values, on one thread.
    *) sanitized "$package" --skip 'ScheduleTests|LiveProgressCorpusTests' ;;
    esac
    sanitized "$package" --filter ScheduleTests ${left_out[@]+"${left_out[@]}"}
done
exit $failed
