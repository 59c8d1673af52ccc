#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Checks the format of every Swift file under version control, and the length of every source file.

source "$(dirname "$0")/common.sh"

need_swift
git ls-files -z --cached --others --exclude-standard '*.swift' | xargs -0 swift format lint --strict --parallel
too_long=$(git ls-files '*Sources/*.swift' '*Sources/*.js' '*Sources/*.css' | while read -r file; do
    [ ! -f "$file" ] || [ "$(wc -l <"$file")" -le 250 ] || wc -l "$file"
done)
[ -z "$too_long" ] || die "these files have more than 250 lines:
$too_long"
