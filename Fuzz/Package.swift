// swift-tools-version:6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // The fuzzer brings `main`.
    .unsafeFlags(["-parse-as-library"]),
]

/// A fuzzer over modules of the library, and of SwiftNIO where it needs them.
func fuzzer(
    _ name: String,
    _ folder: String,
    of modules: [String],
    nio: [String] = [],
    support: [Target.Dependency] = []
) -> Target {
    .executableTarget(
        name: "fuzz-\(name)",
        dependencies: ["FuzzSupport"] + support
            + modules.map { .product(name: $0, package: "swift-live-progress") }
            + nio.map { .product(name: $0, package: "swift-nio") },
        path: "Sources/\(folder)",
        swiftSettings: settings
    )
}

// Built with `--sanitize=fuzzer` only: see README.md.
let package = Package(
    name: "live-progress-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-live-progress", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.40.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.0"),
    ],
    targets: [
        .target(name: "FuzzSupport", swiftSettings: settings),
        fuzzer("json", "JSON", of: ["LiveProgress"]),
        fuzzer("bodies", "Bodies", of: ["LiveProgress", "LiveProgressWire"]),
        .executableTarget(
            name: "fuzz-fields",
            dependencies: [
                "FuzzSupport",
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressClient", package: "swift-live-progress"),
            ],
            path: "Sources/Fields",
            swiftSettings: settings
        ),
        fuzzer("frames", "Frames", of: ["LiveProgressWebSocket"], nio: ["NIOCore"]),
        fuzzer(
            "inflate",
            "Inflate",
            of: ["LiveProgressWebSocket", "LiveProgressDeflate"],
            nio: ["NIOCore", "NIOHTTP1"]
        ),
        fuzzer(
            "handshake-answer",
            "HandshakeAnswer",
            of: ["LiveProgressWebSocket"],
            nio: ["NIOCore", "NIOEmbedded", "NIOHTTP1"]
        ),
        // Connections to a server in memory, and what happens to them.
        .target(
            name: "FuzzedConnections",
            dependencies: [
                "FuzzSupport",
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "LiveProgressTesting", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        fuzzer(
            "connection",
            "Connection",
            of: ["LiveProgressNIO"],
            nio: ["NIOHTTP1"],
            support: ["FuzzedConnections"]
        ),
        fuzzer("conversation", "Conversation", of: ["LiveProgress"], support: ["FuzzedConnections"]),
        .executableTarget(
            name: "fuzz-requests",
            dependencies: [
                "FuzzSupport",
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Sources/Requests",
            swiftSettings: settings
        ),
        fuzzer("journal", "Journal", of: ["LiveProgress", "LiveProgressTesting"]),
        // The server's own handlers of HTTP/2: links to its files, so that nothing of its framework is built for them.
        .target(
            name: "HTTP2Parts",
            dependencies: [
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz-http2",
            dependencies: [
                "FuzzSupport", "FuzzedConnections", "HTTP2Parts",
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ],
            path: "Sources/HTTP2",
            swiftSettings: settings
        ),
        // The tool's own readers of a command's output: links to its files, since an executable cannot be imported.
        .target(
            name: "RunParsers",
            dependencies: [.product(name: "LiveProgress", package: "swift-live-progress")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz-command-output",
            dependencies: [
                "FuzzSupport", "RunParsers", .product(name: "LiveProgress", package: "swift-live-progress"),
            ],
            path: "Sources/CommandOutput",
            swiftSettings: settings
        ),
        // The server's own tokens: links to its files, so that nothing of its network is built for them.
        .target(
            name: "TokenParsers",
            dependencies: [
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz-tokens",
            dependencies: [
                "FuzzSupport", "TokenParsers",
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            path: "Sources/Tokens",
            swiftSettings: settings
        ),
    ]
)
