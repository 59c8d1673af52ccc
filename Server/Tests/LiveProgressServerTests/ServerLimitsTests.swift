// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird
import Testing

@testable import LiveProgressServer

@Suite("The server's limits", .timeLimit(.minutes(2)))
struct ServerLimitsTests {
    @Test("each key sets its limit, and the error for an invalid value names the valid values", arguments: LimitKey.all)
    func keys(key: LimitKey) async throws {
        let words = key.name.replacing(/[A-Z]/) { "_" + $0.output }
        func read(_ value: String) async throws -> ServerConfiguration {
            let environment = ["LIVE_PROGRESS_\(words.uppercased())": value]
            return try await ServerConfiguration.read(options: [:], file: nil, environment: environment)
        }
        #expect(key.get(try await read("5432")) == 5432)
        #expect(key.get(ServerConfiguration()) != 5432)
        for nonsense in ["0", "-1", "many"] {
            let error = await #expect(throws: ServerConfigurationError.self) { _ = try await read(nonsense) }
            #expect(error?.message.contains("a whole number from") == true)
        }
    }

    @Test("the documentation lists each key with its default, in the order of the keys")
    func documentation() throws {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
        let text = try String(contentsOf: root.appending(path: "docs/OPERATIONS.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { $0.split(separator: "|") }
        var documented: [String] = []
        for row in rows where row.count > 2 {
            let names = row[0].matches(of: /`(\w+)`/).map { String($0.output.1) }
            let defaults = row[2].components(separatedBy: "; ")[0].components(separatedBy: " and ")
            for (name, text) in zip(names, defaults) {
                guard let key = LimitKey.all.first(where: { $0.name == name }) else { continue }
                documented.append(name)
                let value = try #require(key.get(ServerConfiguration()))
                #expect(Self.number(text) == value, "the default of \(name)")
            }
        }
        #expect(documented == LimitKey.all.map(\.name))
    }

    /// Returns a number in a notation of the documentation, such as `1,024`, `8 KiB, more or less` or `10 s`.
    private static func number(_ text: String) -> Int? {
        let words = text.split(separator: " ")
        let units = ["KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30]
        let unit = words.dropFirst().first.flatMap { units[$0.trimmingCharacters(in: .punctuationCharacters)] }
        return words.first.flatMap { Int($0.replacing(",", with: "")) }.map { $0 * (unit ?? 1) }
    }

    @Test("the loopback address has no default limit, because all local clients share the address")
    func loopbackAddress() {
        func limits(host: String, _ change: (inout ServerConfiguration) -> Void = { _ in }) -> ProgressLimits {
            var configuration = ServerConfiguration()
            configuration.host = host
            change(&configuration)
            return ProgressServer.Configuration(configuration).limits
        }
        #expect(limits(host: "127.0.0.1").connections.maximumConnectionsPerAddress == nil)
        #expect(limits(host: "0.0.0.0").connections.maximumConnectionsPerAddress == 1024)
        let key = LimitKey.all.first { $0.name == "maximumConnectionsPerAddress" }
        let chosen = limits(host: "127.0.0.1") { key?.set(&$0, 7) }
        #expect(chosen.connections.maximumConnectionsPerAddress == 7)
        #expect(chosen.requestsPerForwardedAddress == 7)
        #expect(
            limits(host: "127.0.0.1").requestsPerForwardedAddress == 1024,
            "a forwarded address is not the loopback address"
        )
    }

    @Test("metrics have a counter for every limit from the start, and count each refusal once")
    func metrics() async throws {
        try await withServer {
            $0.limits.watchersPerOperation = 1
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
        "an invalid identifier is unknown in a GET, and cannot be created",
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
