// swift-tools-version:6.2

import PackageDescription

let package = Package(
    name: "live-progress-examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-live-progress", path: "..")],
    targets: [
        .executableTarget(
            name: "Tour",
            dependencies: [.product(name: "LiveProgress", package: "swift-live-progress")],
            swiftSettings: [.swiftLanguageMode(.v6)]
        )
    ]
)
