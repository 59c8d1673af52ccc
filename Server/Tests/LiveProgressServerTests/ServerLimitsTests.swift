// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressNIO
import NIOCore
import Testing

@testable import LiveProgressServer

@Suite("The server's limits", .timeLimit(.minutes(2)))
struct ServerLimitsTests {
    /// What a key sets, as a number.
    private static func value(of key: String, in limits: ServerLimits) -> Int? {
        switch key {
        case "MAXIMUM_CONNECTIONS": limits.maximumConnections
        case "MAXIMUM_CONNECTIONS_PER_ADDRESS": limits.maximumConnectionsPerAddress
        case "MAXIMUM_WATCHERS_PER_OPERATION": limits.maximumWatchersPerOperation
        case "MAXIMUM_WATCHERS_PER_SUBJECT": limits.maximumWatchersPerSubject
        case "MAXIMUM_OPERATIONS_PER_SUBJECT": limits.maximumOperationsPerSubject
        case "MAXIMUM_TARGET_SIZE": limits.maximumTargetSize
        case "MAXIMUM_HEADER_SIZE": limits.maximumHeaderSize
        case "MAXIMUM_MESSAGE_SIZE": limits.maximumMessageSize
        case "MAXIMUM_MESSAGES_PER_MINUTE": limits.maximumMessagesPerMinute
        case "REPORTS_PER_SECOND": limits.reportsPerSecond
        case "REPORT_BURST": limits.reportBurst
        case "MAXIMUM_HISTORY_BYTES": limits.maximumHistoryBytes
        case "MAXIMUM_HISTORY_BYTES_PER_OPERATION": limits.maximumHistoryBytesPerOperation
        case "HEAD_TIMEOUT": Int(limits.headTimeout.components.seconds)
        case "BODY_TIMEOUT": Int(limits.bodyTimeout.components.seconds)
        case "IDLE_TIMEOUT": Int(limits.idleTimeout.components.seconds)
        case "UNREAD_TIMEOUT": Int(limits.unreadTimeout.components.seconds)
        default: nil
        }
    }

    @Test(
        "each key sets its limit, and nonsense is an error that says what is allowed",
        arguments: [
            "MAXIMUM_CONNECTIONS", "MAXIMUM_CONNECTIONS_PER_ADDRESS", "MAXIMUM_WATCHERS_PER_OPERATION",
            "MAXIMUM_WATCHERS_PER_SUBJECT", "MAXIMUM_OPERATIONS_PER_SUBJECT", "MAXIMUM_TARGET_SIZE",
            "MAXIMUM_HEADER_SIZE", "MAXIMUM_MESSAGE_SIZE", "MAXIMUM_MESSAGES_PER_MINUTE", "REPORTS_PER_SECOND",
            "REPORT_BURST", "MAXIMUM_HISTORY_BYTES", "MAXIMUM_HISTORY_BYTES_PER_OPERATION", "HEAD_TIMEOUT",
            "BODY_TIMEOUT", "IDLE_TIMEOUT", "UNREAD_TIMEOUT",
        ]
    )
    func keys(key: String) async throws {
        let variable = "LIVE_PROGRESS_\(key)"
        func read(_ value: String) async throws -> ServerLimits {
            try await ServerConfiguration.read(options: [:], file: nil, environment: [variable: value]).limits
        }
        #expect(Self.value(of: key, in: try await read("5432")) == 5432)
        #expect(Self.value(of: key, in: ServerLimits()) != 5432)
        for nonsense in ["0", "-1", "many"] {
            let error = await #expect(throws: ServerConfigurationError.self) { _ = try await read(nonsense) }
            #expect(error?.message.contains("a whole number from") == true)
        }
    }

    @Test("clients on the machine share their address, so that it has no limit where none is set")
    func loopbackAddress() {
        var (limits, connections) = (ServerLimits(), ConnectionLimits())
        limits.apply(to: &connections, isLoopback: true)
        #expect(connections.maximumConnectionsPerAddress == nil)
        limits.apply(to: &connections, isLoopback: false)
        #expect(connections.maximumConnectionsPerAddress == 1024)
        limits.maximumConnectionsPerAddress = 7
        limits.apply(to: &connections, isLoopback: true)
        #expect(connections.maximumConnectionsPerAddress == 7)
        var api = ProgressAPI.Configuration()
        limits.apply(to: &api)
        #expect(api.limits.requestsPerForwardedAddress == 7)
        ServerLimits().apply(to: &api)
        #expect(api.limits.requestsPerForwardedAddress == 1024, "a proxy's word is no loopback address")
    }

    @Test("metrics have a counter for every limit, from the first moment on, and count each refusal once")
    func metrics() async throws {
        try await withServer {
            $0.limits.maximumWatchersPerOperation = 1
        } _: { server in
            let before = try await server.answer("GET /metrics HTTP/1.1")
            for limit in ProgressLimit.allCases {
                #expect(before.contains("\nlive_progress_limit_refusals_total{limit=\"\(limit.rawValue)\"} 0\n"))
            }
            let tracker = try server.service.createProgress(id: ProgressID("a"))
            let watcher = try await RawClient(watching: tracker.id, of: server)
            await #expect(throws: (any Error).self) { _ = try await RawClient(watching: tracker.id, of: server) }
            try await server.wait(until: "limit_refusals_total{limit=\"watchers-per-operation\"}", is: 1)
            tracker.update("Onward")
            try await watcher.wait(for: "Onward")
        }
    }

    @Test(
        "an identifier that cannot be is as unknown as any other, and cannot be created",
        arguments: [
            "..", ".", "%2e%2e", "..%2f..%2fetc", "a%00b", "a%2Fb", "%", "%zz", "%C0%AF", "%ED%A0%80", "a%20b", "a+b",
            "a%0d%0aX:y", String(repeating: "x", count: 300), "%F0%9F%98%80", "a;b", "a,b",
        ]
    )
    func identifiers(id: String) async throws {
        try await withServer { server in
            let get = try await server.answer("GET /api/v1/progress/\(id) HTTP/1.1")
            #expect(get.hasPrefix("HTTP/1.1 404 "))
            #expect(get.contains("urn:live-progress:problem:unknown\""))
            let put = try await server.answer("PUT /api/v1/progress/\(id) HTTP/1.1", body: "{}")
            #expect(put.hasPrefix("HTTP/1.1 422 "))
            #expect(put.contains("urn:live-progress:problem:invalid-id\""))
            #expect(server.service.operationCount == 0)
        }
    }
}
