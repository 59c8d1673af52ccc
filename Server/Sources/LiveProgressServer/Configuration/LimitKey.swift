// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressHTTP

/// The configuration key of a limit: its name, its range (in seconds for times), and access to the limit.
struct LimitKey: Sendable {
    let name: String
    let range: ClosedRange<Int>
    let get: @Sendable (ServerConfiguration) -> Int?
    let set: @Sendable (inout ServerConfiguration, Int) -> Void

    private static let count = 1...100_000_000
    private static let seconds = 1...86_400

    /// All configurable limits, in the order of the documentation.
    static let all: [LimitKey] = [
        LimitKey("maximumConnections", count, \.limits.connections.maximumConnections),
        // The same limit applies to the client addresses that a trusted proxy forwards.
        LimitKey(name: "maximumConnectionsPerAddress", range: count) {
            $0.limits.requestsPerForwardedAddress
        } set: {
            $0.limits.connections.maximumConnectionsPerAddress = $1
            $0.limits.requestsPerForwardedAddress = $1
        },
        LimitKey("maximumWatchersPerOperation", count, \.limits.watchersPerOperation),
        LimitKey("maximumWatchersPerSubject", count, \.limits.watchersPerSubject),
        LimitKey("maximumOperations", count, \.service.maximumOperations),
        LimitKey("maximumOperationsPerSubject", count, \.limits.operationsPerSubject),
        LimitKey("maximumHistoryBytes", 1024...1 << 46, \.service.maximumHistoryBytes),
        LimitKey("maximumHistoryBytesPerOperation", 1024...1 << 30, \.service.maximumHistoryBytesPerOperation),
        LimitKey(name: "reportsPerSecond", range: count) {
            $0.limits.reportsPerSecond.map { Int($0) }
        } set: {
            $0.limits.reportsPerSecond = Double($1)
        },
        LimitKey("reportBurst", count, \.limits.reportBurst),
        LimitKey("maximumTargetSize", 256...1 << 20, \.limits.connections.maximumTargetSize),
        LimitKey("maximumHeaderSize", 1024...1 << 24, \.limits.connections.maximumHeaderSize),
        LimitKey("maximumBodySize", 1024...1 << 30, \.limits.maximumBodySize),
        LimitKey("maximumMessageSize", 64...1 << 24, \.limits.connections.maximumMessageSize),
        LimitKey("maximumMessagesPerMinute", count, \.limits.connections.maximumMessagesPerMinute),
        LimitKey("headTimeout", \.limits.connections.headTimeout),
        LimitKey("bodyTimeout", \.limits.connections.bodyTimeout),
        LimitKey("idleTimeout", \.limits.connections.idleTimeout),
        LimitKey("unreadTimeout", \.limits.connections.unreadTimeout),
    ]

    private typealias Path<Value> = any WritableKeyPath<ServerConfiguration, Value> & Sendable

    private init(
        name: String,
        range: ClosedRange<Int>,
        get: @escaping @Sendable (ServerConfiguration) -> Int?,
        set: @escaping @Sendable (inout ServerConfiguration, Int) -> Void
    ) {
        self.name = name
        self.range = range
        self.get = get
        self.set = set
    }

    private init(_ name: String, _ range: ClosedRange<Int>, _ path: Path<Int>) {
        self.init(name: name, range: range, get: { $0[keyPath: path] }, set: { $0[keyPath: path] = $1 })
    }

    private init(_ name: String, _ range: ClosedRange<Int>, _ path: Path<Int?>) {
        self.init(name: name, range: range, get: { $0[keyPath: path] }, set: { $0[keyPath: path] = $1 })
    }

    private init(_ name: String, _ path: Path<Duration>) {
        self.init(
            name: name,
            range: Self.seconds,
            get: { Int($0[keyPath: path].components.seconds) },
            set: { $0[keyPath: path] = .seconds($1) }
        )
    }
}
