// swift-tools-version:6.2

import PackageDescription

let features: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// With this variable, as in CI, a warning in these targets is an error.
let isStrict = Context.environment["LIVE_PROGRESS_STRICT"] != nil
let settings = isStrict ? features + [.treatAllWarnings(as: .error)] : features

let package = Package(
    name: "live-progress-server",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "LiveProgressServer", targets: ["LiveProgressServer"]),
        .executable(name: "live-progress", targets: ["LiveProgressCLI"]),
    ],
    dependencies: [
        .package(name: "swift-live-progress", path: "..", traits: ["Hummingbird", "ClientTLS"]),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.40.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.8.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.0"),
    ],
    targets: [
        .target(
            name: "LiveProgressServer",
            dependencies: [
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressDeflate", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressHummingbird", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "LiveProgressWebSocket", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Documents"), .embedInCode("Page/Web")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "LiveProgressCLI",
            dependencies: [
                "LiveProgressServer",
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressClient", package: "swift-live-progress"),
                .product(name: "LiveProgressClientTLS", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressWebSocket", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressServerTests",
            dependencies: [
                "LiveProgressServer",
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressClient", package: "swift-live-progress"),
                .product(name: "LiveProgressClientTLS", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "LiveProgressTesting", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        // The random schedules are those of the library's own tests: a link to their folder, to run them encrypted here.
        .testTarget(
            name: "LiveProgressTLSTests",
            dependencies: [
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressNIO", package: "swift-live-progress"),
                .product(name: "LiveProgressTesting", package: "swift-live-progress"),
                .product(name: "LiveProgressWebSocket", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressCLITests",
            dependencies: [
                "LiveProgressCLI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressClient", package: "swift-live-progress"),
                .product(name: "LiveProgressWebSocket", package: "swift-live-progress"),
                .product(name: "LiveProgressWire", package: "swift-live-progress"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ]
)
