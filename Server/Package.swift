// swift-tools-version:6.2

import PackageDescription

// All programs and tests beside the library: the server and tool with their tests, the programs for the conformance cases, the
// benchmarks, the README's example and the fuzzers' checks. They are one package, so that each dependency is built once.

let features: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// With this variable, which CI sets, a warning in these targets is an error.
let isStrict = Context.environment["LIVE_PROGRESS_STRICT"] != nil
let settings = isStrict ? features + [.treatAllWarnings(as: .error)] : features
/// The settings of tests, whose own code need not be fast: optimising it would take longer than running it.
let testSettings = settings + [.unsafeFlags(["-Onone"])]

/// The modules of the library.
func library(_ names: String...) -> [Target.Dependency] {
    names.map { .product(name: "LiveProgress" + $0, package: "swift-live-progress") }
}

/// The modules of SwiftNIO.
func nio(_ names: String...) -> [Target.Dependency] {
    names.map { .product(name: "NIO" + $0, package: "swift-nio") }
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let natsClient = Target.Dependency.product(name: "NATSClient", package: "swift-live-progress")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let server: [Target] = [
    .target(
        name: "LiveProgressServer",
        dependencies: library("", "Cluster", "Deflate", "HTTP", "Hummingbird", "NATS", "NIO", "Pages", "SQLite")
            + nio("Core", "Posix")
            + [
                configuration, crypto, cryptoExtras, httpTypes, logging, natsClient, nioHPACK, nioHTTP2, nioSSL,
                serviceLifecycle,
                yams,
                hummingbird, hummingbirdCore,
                .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
        resources: [.embedInCode("Documents")],
        swiftSettings: settings
    ),
    .target(name: "CMonitor"),
    // The tool without its entry point, because tests and fuzzers cannot import an executable.
    .target(
        name: "LiveProgressCLI",
        dependencies: ["CMonitor", "LiveProgressServer", argumentParser, configuration, logging]
            + library("", "Client", "ClientTLS", "HTTP", "SQLite"),
        swiftSettings: settings
    ),
    .executableTarget(
        name: "live-progress",
        dependencies: ["LiveProgressCLI", argumentParser],
        path: "Sources/Main",
        swiftSettings: settings
    ),
    .executableTarget(
        name: "LiveProgressBench",
        dependencies: ["LiveProgressCLI", "LiveProgressServer", argumentParser, httpTypes, hummingbird, logging]
            + library("", "Client", "HTTP", "NIO") + nio("Core", "Posix"),
        swiftSettings: settings
    ),
    .testTarget(
        name: "LiveProgressServerTests",
        dependencies: ["LiveProgressServer", configuration, crypto, cryptoExtras, httpTypes, hummingbird, natsClient]
            + [hummingbirdCore, logging, nioHPACK, nioHTTP2, nioSSL, serviceLifecycle]
            + library("", "Client", "ClientTLS", "HTTP", "Hummingbird", "NIO", "Pages", "Testing")
            + nio("Core", "Embedded", "Posix"),
        swiftSettings: testSettings
    ),
    // The library's own tests of this product, which needs a trait.
    .testTarget(
        name: "LiveProgressSQLiteTests",
        dependencies: library("", "SQLite", "Testing") + [grdb],
        exclude: ["Fixtures"],
        swiftSettings: testSettings
    ),
    // The tests of the client that need TLS or cryptography.
    .testTarget(
        name: "NATSClientSecurityTests",
        dependencies: [natsClient, crypto] + nio("Core"),
        swiftSettings: testSettings
    ),
    // A link to the folder of the library's random schedules, which run here over encrypted connections.
    .testTarget(
        name: "LiveProgressTLSTests",
        dependencies: [nioSSL] + library("", "HTTP", "NIO", "Testing")
            + nio("ConcurrencyHelpers", "Core", "Embedded", "Posix"),
        swiftSettings: testSettings
    ),
    .testTarget(
        name: "LiveProgressCLITests",
        dependencies: ["LiveProgressCLI", argumentParser] + library("", "Client", "HTTP"),
        exclude: ["Recordings"],
        swiftSettings: testSettings
    ),
    .testTarget(
        name: "LiveProgressBenchTests",
        dependencies: ["LiveProgressBench", "LiveProgressCLI"] + library("", "NIO")
            + nio("Core", "Embedded"),
        swiftSettings: testSettings
    ),
]

/// Returns a program whose sources are in another folder of the repository, behind a link.
func program(
    _ name: String,
    at path: String,
    _ dependencies: [Target.Dependency],
    _ settings: [SwiftSetting] = settings
) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Linked/\(path)", swiftSettings: settings)
}

/// Returns an example, built as a new user would build it.
func example(_ name: String, at path: String, _ dependencies: [Target.Dependency]) -> Target {
    program(name, at: "Examples/\(path)", dependencies, [.swiftLanguageMode(.v6)])
}

let programs: [Target] = [
    example("tour", at: "Sources/Tour", library("")),
    example("any-framework", at: "Sources/AnyFramework", [httpTypes] + library("", "HTTP")),
    example(
        "plain-nio",
        at: "Sources/PlainNIO",
        [httpTypes, nioHTTPTypes, .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")]
            + library("", "HTTP", "NIO") + nio("Core", "Posix")
    ),
    example(
        "hummingbird-app",
        at: "hummingbird-app/Sources/App",
        [hummingbird] + library("", "HTTP", "Hummingbird")
    ),
    example("worker", at: "Sources/Worker", library("", "Client")),
    // The snippets of the library's documentation; they depend on all documented products, for scripts/docs.sh.
    .target(
        name: "Guide",
        dependencies: library(
            "",
            "Client",
            "ClientTLS",
            "Cluster",
            "Deflate",
            "HTTP",
            "Hummingbird",
            "NATS",
            "NIO",
            "Pages",
            "SQLite"
        )
            + library("Testing") + [natsClient],
        path: "Linked/Examples/Sources/Guide",
        swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    program("ws-echo", at: "Conformance/Echo", library("Deflate", "NIO") + nio("Core", "HTTP1", "Posix")),
    program("ws-client", at: "Conformance/Client", library("Deflate", "NIO") + nio("Core", "Posix")),
    program("client-adapter", at: "Clients/conformance/adapters/swift", library("", "Client")),
    program("micro", at: "Benchmarks/Micro", library("", "HTTP", "NIO", "SQLite") + nio("Core", "Embedded")),
    program("update-time", at: "Benchmarks/UpdateTime", library("", "HTTP", "NIO") + nio("Core", "Posix")),
    program("nio-alone", at: "Benchmarks/NIOAlone", library("NIO") + nio("Core", "Posix")),
]

/// Returns the module that checks one kind of input.
func fuzzed(_ folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: "Fuzz" + folder,
        dependencies: ["FuzzSupport"] + dependencies,
        path: "Linked/Fuzz/\(folder)",
        swiftSettings: settings
    )
}

let fuzzedInputs = [
    fuzzed("Bodies", library("", "HTTP")),
    fuzzed("CommandOutput", ["LiveProgressCLI"] + library("")),
    fuzzed("Connection", ["FuzzedConnections"] + library("HTTP", "NIO") + nio("HTTP1")),
    fuzzed("Conversation", ["FuzzedConnections"] + library("")),
    fuzzed("Fields", library("", "Client", "HTTP")),
    fuzzed("Frames", library("NIO") + nio("Core")),
    fuzzed("HandshakeAnswer", library("NIO") + nio("Core", "Embedded", "HTTP1")),
    fuzzed(
        "HTTP2",
        ["FuzzedConnections", "LiveProgressServer", httpTypes, nioHPACK, nioHTTPTypes] + library("HTTP", "NIO")
            + nio("Core", "Embedded")
    ),
    fuzzed("Inflate", library("Deflate", "NIO") + nio("Core", "HTTP1")),
    fuzzed("JSON", library("")),
    fuzzed("Journal", library("", "Testing")),
    fuzzed("NATS", [natsClient] + nio("Core")),
    fuzzed("Requests", [httpTypes] + library("", "HTTP")),
    fuzzed("Tokens", ["LiveProgressServer", crypto, httpTypes] + library("", "HTTP")),
]

let fuzzing: [Target] =
    fuzzedInputs + [
        .target(name: "FuzzSupport", path: "Linked/Fuzz/FuzzSupport", swiftSettings: settings),
        // Connections to a server in memory, and the events on them.
        .target(
            name: "FuzzedConnections",
            dependencies: ["FuzzSupport"] + library("", "HTTP", "NIO", "Testing") + nio("Core", "Embedded", "HTTP1"),
            path: "Linked/Fuzz/FuzzedConnections",
            swiftSettings: settings
        ),
        .target(
            name: "FuzzTargets",
            dependencies: ["FuzzSupport"] + fuzzedInputs.map { .byName(name: $0.name) },
            path: "Linked/Fuzz/FuzzTargets",
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveProgressCorpusTests",
            dependencies: ["FuzzSupport", "FuzzTargets"],
            swiftSettings: testSettings
        ),
    ]

// Only `--sanitize=fuzzer` links a `main` for the fuzzer: see Fuzz/README.md.
let isFuzzer = Context.environment["LIVE_PROGRESS_FUZZER"] != nil
let fuzzer: [Target] = [
    .executableTarget(
        name: "fuzz",
        dependencies: ["FuzzSupport", "FuzzTargets"],
        path: "Linked/Fuzz/Main",
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]
    )
]

let package = Package(
    name: "live-progress-server",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "LiveProgressServer", targets: ["LiveProgressServer"]),
        .executable(name: "live-progress", targets: ["live-progress"]),
        .executable(name: "live-progress-bench", targets: ["LiveProgressBench"]),
    ],
    dependencies: [
        .package(name: "swift-live-progress", path: "..", traits: ["Hummingbird", "ClientTLS", "NATS", "SQLite"]),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.40.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", "5.0.0"..<"7.0.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.8.0"),
    ],
    targets: server + programs + fuzzing + (isFuzzer ? fuzzer : [])
)
