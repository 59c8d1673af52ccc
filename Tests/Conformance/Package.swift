// swift-tools-version:6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// The two ends that the conformance cases are run against. They are test code: they import the library as tests do, and
// are built with `-enable-testing` for that.
let package = Package(
    name: "live-progress-conformance",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-live-progress", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    ],
    targets: [
        .executableTarget(
            name: "ws-echo",
            dependencies: [
                .product(name: "LiveProgressDeflate", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "LiveProgressWebSocket", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Echo",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ws-client",
            dependencies: [
                .product(name: "LiveProgressDeflate", package: "swift-live-progress"),
                .product(name: "LiveProgressWebSocket", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Client",
            swiftSettings: settings
        ),
    ]
)
