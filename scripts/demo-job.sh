#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# The demo's job: cuts the program that `make build` made into forty files, packs one after the other, and says how far it is as
# many tools do, with a percentage on a line that it overwrites. It knows nothing of Live Progress.

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
