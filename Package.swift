// swift-tools-version:6.2

import PackageDescription

let features: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// With this variable, which CI sets, a warning in these targets is an error.
let isStrict = Context.environment["LIVE_PROGRESS_STRICT"] != nil
let settings = isStrict ? features + [.treatAllWarnings(as: .error)] : features

let package = Package(
    name: "swift-live-progress",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "LiveProgress", targets: ["LiveProgress"]),
        // The messages on the wire have no public declarations; the stand-alone server uses them.
        .library(name: "LiveProgressHTTP", targets: ["LiveProgressHTTP", "LiveProgressWire"]),
        .library(name: "LiveProgressDeflate", targets: ["LiveProgressDeflate"]),
        .library(name: "LiveProgressPages", targets: ["LiveProgressPages"]),
        .library(name: "LiveProgressNIO", targets: ["LiveProgressNIO", "LiveProgressWebSocket"]),
        .library(name: "LiveProgressClient", targets: ["LiveProgressClient"]),
        .library(name: "LiveProgressClientTLS", targets: ["LiveProgressClientTLS"]),
        .library(name: "LiveProgressTesting", targets: ["LiveProgressTesting"]),
        .library(name: "LiveProgressHummingbird", targets: ["LiveProgressHummingbird"]),
        .library(name: "LiveProgressSQLite", targets: ["LiveProgressSQLite"]),
        .library(name: "LiveProgressCluster", targets: ["LiveProgressCluster"]),
        .library(name: "LiveProgressNATS", targets: ["LiveProgressNATS"]),
        .library(name: "NATSClient", targets: ["NATSClient"]),
    ],
    traits: [
        .trait(name: "Hummingbird", description: "Routes and WebSocket upgrade for Hummingbird 2 applications."),
        .trait(name: "ClientTLS", description: "https and wss for the client, with swift-nio-ssl."),
        .trait(
            name: "NATS",
            description: "TLS and keys for connections to NATS servers, with swift-nio-ssl and swift-crypto."
        ),
        .trait(name: "SQLite", description: "A durable store in one SQLite file, with GRDB."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        // SwiftPM fetches this package only for users of the trait.
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.8.0"),
    ],
    targets: [
        .target(
            name: "LiveProgress",
            dependencies: [
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: settings
        ),
        .target(name: "LiveProgressGrammar", swiftSettings: settings),
        .target(
            name: "LiveProgressWire",
            dependencies: ["LiveProgress", "LiveProgressGrammar"],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressHTTP",
            dependencies: [
                "LiveProgress", "LiveProgressGrammar", "LiveProgressWire",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings
        ),
        .target(name: "CPages"),
        .target(
            name: "LiveProgressPages",
            dependencies: [
                "CPages", "LiveProgressHTTP",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            exclude: ["Web"],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressWebSocket",
            dependencies: [
                "LiveProgressGrammar",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // Only users of LiveProgressDeflate need zlib.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(
            name: "LiveProgressDeflate",
            dependencies: [
                "CZlib", "LiveProgressWebSocket",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressNIO",
            dependencies: [
                "LiveProgress", "LiveProgressGrammar", "LiveProgressWire", "LiveProgressHTTP", "LiveProgressWebSocket",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressClient",
            dependencies: [
                "LiveProgress", "LiveProgressGrammar", "LiveProgressWire", "LiveProgressWebSocket",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressClientTLS",
            dependencies: [
                "LiveProgressClient",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["ClientTLS"])),
            ],
            swiftSettings: settings
        ),
        // A client of NATS servers, which knows nothing of progress.
        .target(
            name: "NATSClient",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto", condition: .when(traits: ["NATS"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["NATS"])),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressCluster",
            dependencies: [
                "LiveProgress", "LiveProgressWire", "LiveProgressHTTP",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressNATS",
            dependencies: ["LiveProgress", "NATSClient", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings
        ),
        .target(name: "LiveProgressTesting", dependencies: ["LiveProgress"], swiftSettings: settings),
        .target(
            name: "LiveProgressSQLite",
            dependencies: [
                "LiveProgress", "LiveProgressWire",
                .product(name: "GRDB", package: "GRDB.swift", condition: .when(traits: ["SQLite"])),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LiveProgressHummingbird",
            dependencies: [
                "LiveProgress", "LiveProgressWire", "LiveProgressHTTP", "LiveProgressNIO", "LiveProgressPages",
                "LiveProgressWebSocket",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Hummingbird"])),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["Hummingbird"])),
                .product(
                    name: "NIOHTTPTypesHTTP1",
                    package: "swift-nio-extras",
                    condition: .when(traits: ["Hummingbird"])
                ),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["Hummingbird"])
                ),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "NATSClientTests",
            dependencies: [
                "NATSClient",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressClusterTests",
            dependencies: [
                "LiveProgress", "LiveProgressCluster", "LiveProgressHTTP", "LiveProgressTesting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings
        ),
        // Support is a link to the folder of NATSClientTests.
        .testTarget(
            name: "LiveProgressNATSTests",
            dependencies: [
                "LiveProgress", "LiveProgressNATS", "LiveProgressTesting", "NATSClient",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressTests",
            dependencies: ["LiveProgress", "LiveProgressTesting"],
            swiftSettings: settings
        ),
        .testTarget(name: "LiveProgressGrammarTests", dependencies: ["LiveProgressGrammar"], swiftSettings: settings),
        .testTarget(
            name: "LiveProgressWireTests",
            dependencies: ["LiveProgress", "LiveProgressWire", "LiveProgressTesting"],
            swiftSettings: settings
        ),
        // Tests that compare the Swift definitions with the descriptions of the API and with the pages.
        .testTarget(
            name: "LiveProgressVocabularyTests",
            dependencies: ["LiveProgress", "LiveProgressWire", "LiveProgressWebSocket"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressHTTPTests",
            dependencies: [
                "LiveProgress", "LiveProgressWire", "LiveProgressHTTP", "LiveProgressTesting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "LiveProgressPagesTests", dependencies: ["LiveProgressPages"], swiftSettings: settings),
        .testTarget(
            name: "LiveProgressWebSocketTests",
            dependencies: [
                "LiveProgressWebSocket", "LiveProgressTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressDeflateTests",
            dependencies: [
                "LiveProgressDeflate", "LiveProgressWebSocket", "LiveProgressTesting",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressNIOTests",
            dependencies: [
                "LiveProgress", "LiveProgressWire", "LiveProgressHTTP", "LiveProgressWebSocket", "LiveProgressNIO",
                "LiveProgressClient", "LiveProgressDeflate", "LiveProgressTesting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressClientTests",
            dependencies: [
                "LiveProgress", "LiveProgressWire", "LiveProgressWebSocket", "LiveProgressClient",
                "LiveProgressTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ]
)
