#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# The demo's job: checks the format of every Swift file of this repository, and says how far it is as many tools do, with a
# percentage on a line that it overwrites. It knows nothing of Live Progress.

set -euo pipefail
cd "$(dirname "$0")/.."

files=()
while IFS= read -r file; do files+=("$file"); done < <(git ls-files '*.swift')
findings=0
for index in "${!files[@]}"; do
    printf '\r%3d%% %s\033[K' $((index * 100 / ${#files[@]})) "${files[index]}"
    swift format lint --strict "${files[index]}" >/dev/null 2>&1 || findings=$((findings + 1))
done
printf '\r100%% %d files, %d with findings\033[K\n' ${#files[@]} "$findings"
