#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Links a program of Server/ again, from the objects of its release build, to bin/: with everything that it needs, so that it runs
# on any Linux of the same architecture, without Swift and without the system's libraries. The program needs /proc. Linux only.
#
#   scripts/static.sh [PROGRAM]    (default: live-progress)

source "$(dirname "$0")/common.sh"

need_swift
need_zlib
need_sqlite
program=${1:-live-progress}
objects=$(server_program "$program.product/Objects.LinkFileList")
[ -f "$objects" ] || die "there are no objects of $program; scripts/build.sh $program builds them"
tools=$(dirname "$(readlink -f "$(command -v swiftc)")")
runtime=$(dirname "$tools")/lib/swift_static/linux
[ -d "$runtime" ] || die "this Swift has no static libraries: $runtime"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
start=(-DPROGRAM_MAIN="${program//-/_}_main")
icu=$(grep -aom 1 'icudt[0-9]*_dat' "$runtime/lib_FoundationICU.a" | head -1) || true
[ -z "$icu" ] || start+=(-DICU_DATA="$icu")
"$tools/clang" -O2 -Wall -fPIE "${start[@]}" -c scripts/static/start.c -o "$work/start.o"

# A position-independent program, for random addresses. The program's entry point is that of start.c.
options=(-static-executable -Xclang-linker -static-pie -use-ld=lld)
for option in --gc-sections --strip-all --pack-dyn-relocs=relr; do options+=(-Xlinker "$option"); done
libraries=(_FoundationICU CoreFoundation _FoundationCShims _FoundationCollections FoundationInternationalization)
libraries+=(FoundationEssentials Foundation stdc++ z m)
say "linking bin/$program (static)"
swiftc "${options[@]}" "$work/start.o" "@$objects" -o "$work/$program" "${libraries[@]/#/-l}" 2>"$work/log" || {
    cat "$work/log" >&2
    die "the program cannot be linked"
}
mkdir -p bin
mv -f "$work/$program" "bin/$program.new"
mv -f "bin/$program.new" "bin/$program"
