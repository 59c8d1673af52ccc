#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Builds the documentation of every product into .build-docs/, with warnings as errors. Fails if a Swift block of an article is in
# no example, if a public declaration has no doc comment, or if .spi.yml omits a product.

source "$(dirname "$0")/common.sh"

need_swift
need_zlib
need_sqlite
has python3 || install_missing python3 python3
products=$(sed -n 's/.*\.library(name: "\([A-Za-z]*\)".*/\1/p' Package.swift)
listed=$(sed -n 's/^ *- \([A-Z][A-Za-z]*\)$/\1/p' .spi.yml)
[ "$products" = "$listed" ] || die "the products of Package.swift and the targets of .spi.yml differ"
python3 scripts/check-named-tests.py
grep -l '^```swift$' Sources/*/*.docc/*.md | xargs python3 scripts/check-quotes.py

# The target of the articles' snippets depends on all products.
say "building the snippets"
server_swift build --target Guide
modules=Server/.build/release/Modules
options=(-I "$modules" -target "$(swift -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -1)")
[ "$(uname)" != Darwin ] || options+=(-sdk "$(xcrun --show-sdk-path)")
# The C modules that the products depend on, such as those of SwiftNIO.
while IFS= read -r map; do options+=(-Xcc "-fmodule-map-file=$map"); done < <(
    find Server/.build/checkouts/*/Sources Sources/CZlib -name module.modulemap
    find Server/.build/release/*.build -maxdepth 1 -name module.modulemap
)
tool() { if has xcrun; then xcrun --find "$1"; else echo "$(dirname "$(readlink -f "$(command -v swift)")")/$1"; fi; }
docc=$(tool docc)
extract=$(tool swift-symbolgraph-extract)

rm -rf .build-docs
for product in $products; do
    symbols=.build-docs/symbols/$product
    mkdir -p "$symbols"
    "$extract" -module-name "$product" "${options[@]}" -output-dir "$symbols" -skip-synthesized-members
    "$docc" convert "Sources/$product/$product.docc" --additional-symbol-graph-dir "$symbols" --warnings-as-errors \
        --output-path ".build-docs/$product.doccarchive" >&2
done
python3 scripts/check-documented.py .build-docs/symbols
"$docc" merge .build-docs/*.doccarchive --synthesized-landing-page-name "Live Progress" --output-path .build-docs/site >&2
say "the documentation is at .build-docs/site: python3 -m http.server --directory .build-docs/site"
