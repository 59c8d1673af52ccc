// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Synchronization
import Testing

@testable import LiveProgressClient

@Suite("A watch")
struct ProgressWatchTests {
    private let id = ProgressID("import-7")

    /// A client whose retries do not wait.
    private func client(_ url: String) throws -> ProgressClient {
        var configuration = ProgressClient.Configuration()
        configuration.sleep = { _ in try Task.checkCancellation() }
        return try ProgressClient(url: url, configuration: configuration)
    }

    private func message(_ event: ProgressEvent) -> [UInt8] {
        ProgressMessage.encodeFull(event)
    }

    private func collect(_ watch: ProgressWatch) async throws(ProgressClientError) -> [ProgressEvent] {
        var events: [ProgressEvent] = []
        for try await event in watch { events.append(event) }
        return events
    }

    @Test("Invariant 4: a watch delivers the current snapshot and each newer one, and finishes after the end")
    func straight() async throws {
        let events = [event(.snapshot, 3, resumed: false), event(.update, 4), event(.end, 5)]
        let messages = events.map(message)
        try await ScriptedServer.run { _, _ in
            .webSocket(messages, close: 1000)
        } _: { server in
            let got = try await collect(client(server.url).events(of: id))
            #expect(got == events)
            let request = try #require(server.requests.first)
            #expect(request.target == "/api/v1/progress/import-7")
            #expect(request.headers["sec-websocket-protocol"] == "live-progress.v1")
        }
    }

    @Test("Invariant 3: a watch resumes at its cursor after broken connections, refusals and restarts")
    func reconnects() async throws {
        let parts: [[[UInt8]]] = [
            [message(event(.snapshot, 3, resumed: false)), message(event(.update, 4))],
            [message(event(.update, 4, resumed: true)), message(event(.update, 5, resumed: true))],
            [message(event(.snapshot, 9, resumed: false))], [message(event(.end, 10, resumed: true))],
        ]
        try await ScriptedServer.run { _, number in
            switch number {
            case 0: .brokenWebSocket(parts[0])
            case 1: .answer(status: 503, headers: ["Retry-After": "1"])
            case 2: .nothing
            case 3: .webSocket(parts[1], close: 1001)
            case 4: .webSocket(parts[2], close: 4008)
            default: .webSocket(parts[3], close: 1000)
            }
        } _: { server in
            let events = try await collect(client(server.url).events(of: id))
            #expect(events.map(\.snapshot.revision) == [3, 4, 5, 9, 10])
            #expect(events.map(\.skipped) == [0, 0, 0, 3, 0])
            #expect(
                server.requests.map(\.target) == [
                    "/api/v1/progress/import-7", "/api/v1/progress/import-7?cursor=k3f9-4",
                    "/api/v1/progress/import-7?cursor=k3f9-4", "/api/v1/progress/import-7?cursor=k3f9-4",
                    "/api/v1/progress/import-7?cursor=k3f9-5", "/api/v1/progress/import-7?cursor=k3f9-9",
                ]
            )
        }
    }

    @Test(
        "A watch throws if a retry cannot succeed",
        arguments: [
            (.answer(status: 404), .unknown), (.answer(status: 410), .gone), (.answer(status: 401), .unauthenticated),
            (.answer(status: 200), .invalidAnswer), (.answer(status: 302), .invalidAnswer),
            (.webSocket([], close: 4504), .unknown),
            (.webSocket([], close: 4510), .gone), (.webSocket([], close: 4503), .forbidden),
            (.webSocket([], close: 1008), .refused),
            (.webSocket([Array("nonsense".utf8)], close: 1000), .invalidAnswer),
            (.webSocket([], close: 1000, subprotocol: nil), .invalidAnswer),
            (.bytes(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)), .invalidAnswer),
        ] as [(ScriptedReply, ProgressClientError.Code)]
    )
    func refusals(reply: ScriptedReply, code: ProgressClientError.Code) async throws {
        try await ScriptedServer.run { _, _ in
            reply
        } _: { server in
            var iterator = try client(server.url).events(of: id).makeAsyncIterator()
            do throws(ProgressClientError) {
                let event = try await iterator.next()
                Issue.record("got \(String(describing: event))")
            } catch {
                #expect(error.code == code, "\(error.message)")
            }
            let next = try await iterator.next()
            #expect(next == nil, "the watch must finish after an error")
            #expect(server.requests.count == 1)
        }
    }

    @Test("A watch reports each retry and stops if the server is unreachable from the start")
    func unreachable() async throws {
        try await DeadPort.with { url in
            let errors = RetryLog()
            var configuration = try client(url).configuration
            configuration.maximumConnectAttempts = 3
            configuration.onRetry = { error, _ in errors.codes.withLock { $0.append(error.code) } }
            let watch = try ProgressClient(url: url, configuration: configuration).events(of: id)
            let error = await #expect(throws: ProgressClientError.self) { try await collect(watch) }
            #expect(error?.code == .unreachable)
            #expect(errors.codes.withLock { $0 } == [.unreachable, .unreachable])
        }
    }

    private final class RetryLog: Sendable {
        let codes = Mutex<[ProgressClientError.Code]>([])
    }

    @Test("A watch ends immediately when its task is cancelled, even if the operation sends no event")
    func cancelled() async throws {
        let first = message(event(.snapshot, 1))
        try await ScriptedServer.run { _, _ in
            .webSocket([first], close: nil)
        } _: { server in
            let watch = try client(server.url).events(of: id)
            let (seen, continuation) = AsyncStream<Void>.makeStream()
            let task = Task {
                for try await _ in watch { continuation.yield() }
            }
            for await _ in seen { break }
            task.cancel()
            let error = await #expect(throws: ProgressClientError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }
}
