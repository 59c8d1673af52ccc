#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Counts the instructions of single calls and compares them with Benchmarks/instructions.txt. Unlike times, instruction counts are
# the same on a busy machine. A count is the difference between a long and a short run, so that the start of the program does not
# count.
#
#   scripts/check-instructions.sh             fails if a call exceeds its recorded count by more than the tolerance
#   scripts/check-instructions.sh --hottest   the same for the six calls of every update, in a minute
#   scripts/check-instructions.sh --accept    records the counts of this build

source "$(dirname "$0")/common.sh"

list=Benchmarks/instructions.txt
tolerance=10 # per cent, plus two instructions for the rounding of small counts
shortest=200 # calls of the most expensive cases, which would take minutes otherwise
short=2000
long=12000
longest=202000 # calls of the cheapest cases, so that the work of other threads has no effect

# Runs one case that many times under callgrind, and prints the number of instructions of the whole process.
instructions() {
    local output
    # Hash tables have the same layout in every run only if hashing is deterministic.
    output=$(SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$micro" --run "$1" "$2" 2>&1) || die "callgrind could not run $1:
$output"
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$output"
}

instructions_per_call() {
    local base count
    base=$(instructions "$1" $short)
    count=$(((base - $(instructions "$1" $shortest)) / (short - shortest)))
    [ $count -lt 50000 ] || { echo $count && return; }
    count=$((($(instructions "$1" $long) - base) / (long - short)))
    [ $count -ge 100 ] || count=$((($(instructions "$1" $longest) - base) / (longest - short)))
    echo $count
}

toolchain() { swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1; }

recorded_for() { sed -n "s/^# $1: //p" "$list"; }

accept=
calls=.
case ${1-} in
'') ;;
--accept) accept=yes ;;
--hottest) calls='^(update|update-watched-10000|advance|read-one|encode-plain|encode-full) ' ;;
*) die "usage: scripts/check-instructions.sh [--hottest | --accept]" ;;
esac
need_swift
here="$(uname -s) $(uname -m)"
if [ -z "$accept" ] && [ "$here" != "$(recorded_for machine)" ]; then
    say "skipped: the counts are recorded for $(recorded_for machine), and this is $here"
    exit
fi
[ "$(uname)" = Linux ] || die "callgrind counts on Linux only"
has valgrind || install_missing valgrind valgrind
say "building the benchmark (release)"
server_swift build --product micro >&2
if [ "$(toolchain)" != "$(recorded_for swift)" ]; then
    say "the counts are recorded with Swift $(recorded_for swift), and this is $(toolchain): they may differ for that"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
new=$work/counts
micro=$work/micro
# Debug information is removed, because callgrind does not know some of its DWARF forms.
strip --strip-debug -o "$micro" "$(server_program micro)"
printf '# Instructions a call; checked, and recorded anew, by scripts/check-instructions.sh.\n' >"$new"
printf '# machine: %s\n# swift: %s\n' "$here" "$(toolchain)" >>"$new"
failed=0
while read -r name limit; do
    count=$(instructions_per_call "$name")
    verdict=ok
    if [ "$((count * 100))" -gt "$((limit * (100 + tolerance) + 200))" ]; then
        verdict="TOO MANY"
        failed=$((failed + 1))
    elif [ "$((count * 100))" -lt "$((limit * (100 - tolerance) - 200))" ]; then
        verdict="fewer: record it, so that it stays so"
    fi
    printf '%-24s %7d   recorded %7d   %s\n' "$name" "$count" "$limit" "$verdict"
    printf '%s %d\n' "$name" "$count" >>"$new"
done < <(grep -v '^#' "$list" | grep -E "$calls")

if [ -n "$accept" ]; then
    cp "$new" "$list"
    say "recorded in $list; say in the commit why they changed"
elif [ $failed -gt 0 ]; then
    die "$failed of the calls take over $tolerance % more instructions than recorded in $list.
Find out why (valgrind --tool=callgrind $micro --run NAME 12000, then callgrind_annotate), or, where it is worth it,
accept the new counts: scripts/check-instructions.sh --accept"
fi
