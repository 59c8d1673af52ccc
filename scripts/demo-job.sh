#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# The demo's job: splits the program from `make build` into forty files and compresses one after the other. As many tools do, it
# shows its progress as a percentage on a line that it overwrites. It does not know Live Progress.

set -euo pipefail
program=$(cd "$(dirname "$0")/.." && pwd)/bin/live-progress
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

split -b $(($(wc -c <"$program") / 40 + 1)) "$program" part-
files=(part-*)
for index in "${!files[@]}"; do
    printf '\r%3d%% packing %s\033[K' $((index * 100 / ${#files[@]})) "${files[index]}"
    gzip -7 "${files[index]}"
done
printf '\r100%% %d files packed into %d bytes\033[K\n' ${#files[@]} "$(cat part-*.gz | wc -c)"
