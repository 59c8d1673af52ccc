// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressNIO
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore
import Testing

@Suite("Watching over sockets")
struct WatchingTests {
    @Test("a watcher without a subprotocol receives plain messages, first the current state, and 1000 at the end")
    func plainFormat() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            tracker.update("Processing", details: ["percentComplete": 50])
            let watcher = try await server.watch(tracker.id, isFull: false)
            #expect(watcher.connection.subprotocol == nil)
            let following = await watcher.follow()
            tracker.update("Nearly done")
            tracker.succeed()
            let texts = await following.value
            #expect(texts.first == #"{"state":"Processing","details":{"percentComplete":50}}"#)
            #expect(texts.contains(#"{"state":"Nearly done","details":null}"#))
            #expect(await watcher.connection.closeReason.code == 1000)
        }
    }

    @Test(
        "Invariants 3 and 5: watchers that keep up receive every transition once and in order, and the end",
        arguments: WritePath.allCases
    )
    func everyTransition(path: WritePath) async throws {
        try await SocketServer.with(writePath: path) { server in
            let tracker = try server.service.createProgress()
            var followings: [Task<[String], Never>] = []
            for _ in 0..<50 { followings.append(try await server.watch(tracker.id).follow()) }
            for step in 1...20 { tracker.update("Step \(step)") }
            tracker.succeed(result: 7)
            for following in followings {
                let events = try await following.events
                #expect(events.map(\.snapshot.revision) == Array(0...21))
                #expect(events.first?.kind == .snapshot)
                #expect(events.dropFirst().dropLast().map(\.snapshot.state) == (1...20).map { "Step \($0)" })
                #expect(events.last?.kind == .end)
                #expect(events.last?.snapshot.result == 7)
            }
        }
    }

    @Test("Invariant 5: a late watcher receives the end and 1000", arguments: [true, false])
    func lateWatcher(isFull: Bool) async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            tracker.fail(ProgressProblem(title: "No space"))
            let watcher = try await server.watch(tracker.id, isFull: isFull)
            let texts = await watcher.texts()
            #expect(texts.count == 1)
            #expect(texts[0].contains(#""state":"Failed""#))
            #expect(texts[0].contains("No space") == isFull)
            #expect(await watcher.connection.closeReason.code == 1000)
        }
    }

    @Test("deleting an operation closes its watchers with 4510")
    func deletion() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            let watcher = try await server.watch(tracker.id)
            let following = await watcher.follow()
            try server.service.deleteProgress(tracker.id)
            #expect(try await following.events.map(\.kind) == [.snapshot])
            #expect(await watcher.connection.closeReason.code == 4510)
        }
    }

    @Test(
        "watchers of an ended run receive its end and 1000, even if a new run starts immediately",
        arguments: [true, false]
    )
    func startedAnew(isFull: Bool) async throws {
        try await SocketServer.with { server in
            for round in 1...3 {
                let tracker = try server.service.createProgress(id: ProgressID("job"))
                let watcher = try await server.watch(tracker.id, isFull: isFull)
                let following = await watcher.follow()
                tracker.update("Round \(round)")
                tracker.succeed()
                let next = try server.service.createProgress(id: ProgressID("job"))
                let texts = await following.value
                #expect(texts.last?.contains(#""state":"Succeeded""#) == true)
                #expect(await watcher.connection.closeReason.code == 1000)
                if isFull {
                    let old = try ProgressMessage.decodeFull(try #require(texts.last).utf8).snapshot.cursor
                    let late = try await server.watch(next.id, cursor: old)
                    let following = await late.follow()
                    next.succeed()
                    #expect(await following.value.first?.contains(#""resumed":false"#) == true)
                } else {
                    next.succeed()
                }
            }
        }
    }

    @Test("a watcher's cancel message reaches the worker, and all watchers see the request")
    func cancel() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress(options: ProgressOptions(isCancellable: true))
            let one = try await server.watch(tracker.id)
            let (first, second) = try await (one.follow(), server.watch(tracker.id).follow())
            try await one.connection.send(text: #"{"type":"cancel"}"#)
            try await tracker.cancellationRequested()
            tracker.cancel()
            #expect(try await second.events.map(\.snapshot.status) == [.pending, .cancelling, .cancelled])
            #expect(try await first.events.last?.snapshot.status == .cancelled)
        }
    }

    @Test("a rejected cancel message gets an error, and the connection stays open")
    func cancelRefused() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            let watcher = try await server.watch(tracker.id)
            for _ in 0..<3 { try await watcher.connection.send(text: #"{"type":"cancel"}"#) }
            var errors = 0
            for await message in watcher.connection.messages {
                guard String(buffer: message.payload).contains("not-cancellable") else { continue }
                errors += 1
                if errors == 3 { tracker.succeed() }
            }
            #expect(errors == 3)
            #expect(await watcher.connection.closeReason.code == 1000)
        }
    }

    @Test("a first invalid message gets an error, a second closes with 1008", arguments: ["{", "[]", #"{"type":"x"}"#])
    func nonsense(message: String) async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            let watcher = try await server.watch(tracker.id)
            try await watcher.connection.send(text: message)
            try await watcher.connection.send(text: message)
            let texts = await watcher.texts()
            #expect(texts.filter { $0.contains("message-not-understood") }.count == 2)
            #expect(await watcher.connection.closeReason.code == 1008)
        }
    }

    @Test("a server that shuts down closes with 1001")
    func goingAway() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            let watcher = try await server.watch(tracker.id)
            let following = await watcher.follow()
            server.hosting.registry.quiesce()
            _ = await following.value
            #expect(await watcher.connection.closeReason.code == 1001)
        }
    }

    @Test("after its watchers have left or vanished, the server keeps no state of them")
    func nothingStaysBehind() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            let journal = try server.service.getJournal(tracker.id)
            let watchers = try await [server.watch(tracker.id), server.watch(tracker.id, isFull: false)]
            for watcher in watchers { _ = await watcher.follow() }
            #expect(journal.watcherCount == 2)
            #expect(server.hosting.sourceCount == 2)
            watchers[0].vanish()
            await watchers[1].connection.close()
            await server.hosting.registry.waitUntilEmpty()
            #expect(journal.watcherCount == 0)
            #expect(server.hosting.sourceCount == 0)
        }
    }

    @Test("the first watcher fires the start signal")
    func startSignal() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            #expect(!tracker.startSignal.hasFired)
            let watcher = try await server.watch(tracker.id)
            try await tracker.startSignal.wait()
            #expect(tracker.startSignal.hasFired)
            await watcher.connection.close()
        }
    }
}
