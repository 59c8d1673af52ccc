#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Checks that the tour in the README equals Examples/Sources/Tour/main.swift without its header, and that the tour compiles and
# runs. Checks that the Swift blocks of the other documents are part of an example; their indentation may differ.

source "$(dirname "$0")/common.sh"

example=Examples/Sources/Tour/main.swift
shown=$(awk '/^```swift$/ && !seen { inside = 1; seen = 1; next } /^```$/ { inside = 0 } inside' README.md)
[ "$shown" = "$(sed '1,3d' "$example")" ] || {
    diff <(printf '%s\n' "$shown") <(sed '1,3d' "$example") >&2 || true
    die "the README's first Swift example and $example differ"
}
python3 scripts/check-quotes.py docs/embedding.md Examples/hummingbird-app/README.md
need_swift
need_zlib
need_sqlite
server_swift build --product tour
"$(server_program tour)"
