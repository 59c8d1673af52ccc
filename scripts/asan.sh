#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs under the address sanitizer: each fuzzer over its corpus, over what it learned and over thousands of fixed inputs, and the
# library's tests; with --all also the tests of the server and the tool. Access outside of memory fails, and so does memory that
# is never released (on Linux).

source "$(dirname "$0")/common.sh"

packages=(.)
case ${1-} in
'') ;;
--all) packages+=(Server) ;;
*) die "usage: scripts/asan.sh [--all]" ;;
esac

mutations=4000 # per target; 2,000 reach nearly as much code as ten seconds of fuzzing

need_swift
need_zlib
need_sqlite
need_nats_servers
has python3 || install_missing python3 python3
scratch=$ROOT/.build-asan
say "building the fuzzers with the address sanitizer"
build_fuzzer "$scratch/fuzz" --sanitize=fuzzer --sanitize=address

# Swift's crash report would hide the sanitizer's report.
export SWIFT_BACKTRACE=enable=no
# The file says why each suppression is needed.
export LSAN_OPTIONS="suppressions=$ROOT/.ci/asan/leaks.txt print_suppressions=0"
for folder in Fuzz/Corpus/*; do
    target=${folder##*/}
    inputs=("$folder" "$scratch/inputs/$target")
    [ ! -d ".build-fuzz/corpus/$target" ] || inputs+=(".build-fuzz/corpus/$target")
    dictionary=(Fuzz/Dictionaries/"$target".dict)
    [ -f "${dictionary[0]}" ] || dictionary=()
    rm -rf "$scratch/inputs/$target"
    python3 Fuzz/mutate.py "$folder" $mutations "$scratch/inputs/$target" ${dictionary[@]+"${dictionary[@]}"}
    FUZZ_TARGET=$target "$fuzzer" -runs=0 -artifact_prefix="$scratch/$target-" "${inputs[@]}" >"$scratch/$target.log" 2>&1 || {
        show_fuzz_failure "$scratch/$target.log"
        die "$target fails under the address sanitizer (log: $scratch/$target.log)"
    }
    echo "$target: $(LC_ALL=C grep -a '^Done' "$scratch/$target.log")"
done

for package in "${packages[@]}"; do
    tests=$scratch
    [ "$package" = . ] || tests=$scratch/$package
    say "building the tests of $package with the address sanitizer"
    swift build --build-tests --sanitize=address --package-path "$package" --scratch-path "$tests" >&2
    # Leaks are not checked here: the fuzzers have already read the corpora, and the test process ends while the threads of its
    # event loops still hold memory, which is not a leak.
    ASAN_OPTIONS=detect_leaks=0 swift test --skip-build --sanitize=address --package-path "$package" \
        --scratch-path "$tests" --skip 'ScheduleTests|LiveProgressCorpusTests'
done
