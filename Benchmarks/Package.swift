// swift-tools-version:6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "live-progress-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-live-progress", path: ".."),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    ],
    targets: [
        .executableTarget(
            name: "update-time",
            dependencies: [
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/UpdateTime",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "nio-alone",
            dependencies: [
                .product(name: "LiveProgressWebSocket", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/NIOAlone",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "micro",
            dependencies: [
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Sources/Micro",
            swiftSettings: settings
        ),
    ]
)
