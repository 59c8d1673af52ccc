#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs each fuzzer for some seconds: scripts/fuzz.sh [--seconds N] [--seed N] [--target NAME]...
# What a fuzzer learns stays in .build-fuzz, and the next run starts from it; see Fuzz/README.md.

source "$(dirname "$0")/common.sh"

seconds=10
seed=0 # 0: a different seed each time
targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=${2:?a number of seconds} ;;
    --seed) seed=${2:?a number} ;;
    --target) targets+=("${2:?the name of a folder in Fuzz/Corpus}") ;;
    *) die "usage: scripts/fuzz.sh [--seconds N] [--seed N] [--target NAME]..." ;;
    esac
    shift 2
done
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd Fuzz/Corpus && printf '%s\n' *)

need_swift
need_zlib
need_sqlite
say "building the fuzzers"
build_fuzzer .build-fuzz/build --sanitize=fuzzer

# The program reports a failure itself. Swift's crash report would take seconds, and hide the input.
export SWIFT_BACKTRACE=enable=no
failed=0
printf '%-16s %8s %12s %9s %9s %8s\n' target seconds executions per-sec coverage corpus
for target in "${targets[@]}"; do
    [ -d "Fuzz/Corpus/$target" ] || die "there is no target $target; there are: $(cd Fuzz/Corpus && echo *)"
    learned=.build-fuzz/corpus/$target
    crashes=.build-fuzz/crashes/$target
    log=.build-fuzz/$target.log
    mkdir -p "$learned" "$crashes"
    options=(-seed="$seed" -max_total_time="$seconds" -use_value_profile=1 -print_final_stats=1 -timeout=10 -rss_limit_mb=2048)
    [ ! -f "Fuzz/Dictionaries/$target.dict" ] || options+=(-dict="Fuzz/Dictionaries/$target.dict")
    status=0
    FUZZ_TARGET=$target "$fuzzer" "${options[@]}" -artifact_prefix="$crashes/" "$learned" "Fuzz/Corpus/$target" \
        >"$log" 2>&1 || status=$?
    LC_ALL=C awk -v target="$target" -v seconds="$seconds" '
        $1 ~ /^#[0-9]+$/ { for (i = 2; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "corp:") corpus = $(i + 1) } }
        $1 == "stat::number_of_executed_units:" { executions = $2 }
        $1 == "stat::average_exec_per_sec:" { rate = $2 }
        END {
            sub("/.*", "", corpus)
            printf "%-16s %8d %12d %9d %9d %8d\n", target, seconds, executions, rate, cov, corpus
        }' "$log"
    if [ "$status" != 0 ]; then
        failed=1
        show_fuzz_failure "$log"
        say "FAIL $target (log: $log); to see it again:"
        reproducer=$(fuzz_failure_input "$log")
        echo "FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no $fuzzer ${reproducer:-Fuzz/Corpus/$target/*}" >&2
    fi
done
exit $failed
