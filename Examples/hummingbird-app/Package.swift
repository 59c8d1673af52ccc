// swift-tools-version:6.2

import PackageDescription

let package = Package(
    name: "live-progress-hummingbird-app",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-live-progress", path: "../..", traits: ["Hummingbird"]),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "App",
            dependencies: [
                .product(name: "LiveProgress", package: "swift-live-progress"),
                .product(name: "LiveProgressHTTP", package: "swift-live-progress"),
                .product(name: "LiveProgressHummingbird", package: "swift-live-progress"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]
        )
    ]
)
