#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Checks that a package that depends on the core product alone resolves at most eight packages, and fetches no server framework.

source "$(dirname "$0")/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The committed state, fetched by URL as a user would fetch it.
git clone --quiet --no-local . "$work/swift-live-progress"
mkdir -p "$work/consumer/Sources/consumer"
cat >"$work/consumer/Package.swift" <<SWIFT
// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "consumer",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "file://$work/swift-live-progress", revision: "$(git rev-parse HEAD)")],
    targets: [
        .executableTarget(
            name: "consumer", dependencies: [.product(name: "LiveProgress", package: "swift-live-progress")])
    ]
)
SWIFT
echo >"$work/consumer/Sources/consumer/main.swift"
cd "$work/consumer"
swift package resolve >&2
packages=$(grep -o '"identity" : "[^"]*"' Package.resolved | cut -d '"' -f 4)
count=$(printf '%s\n' "$packages" | wc -l | tr -d ' ')
printf 'resolved packages (%s):\n%s\n' "$count" "$(printf '%s\n' "$packages" | sed 's/^/  /')"
[ "$count" -le 8 ] || die "the core resolves $count packages; eight are allowed"
fetched=$(ls .build/repositories | grep -i hummingbird || true)
[ -z "$fetched" ] || die "the core fetches $fetched"
