// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import LiveProgressWire
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import LiveProgressServer

@Suite("Listening")
struct ListeningTests {
    @Test("after an error of accept, the server pauses and then accepts again")
    func pausesAfterError() throws {
        let channel = EmbeddedChannel()
        var logger = Logger(label: "test")
        let pauses = PauseCount()
        logger.logLevel = .critical
        try channel.pipeline.syncOperations.addHandler(AcceptErrorHandler(logger: logger) { pauses.add() })
        #expect(pauses.count == 0)
        var listens: Bool? { channel.options.last?.value as? Bool }
        func fail() { channel.pipeline.fireErrorCaught(IOError(errnoCode: 24, reason: "accept")) }
        fail()
        #expect(listens == false)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(60))
        fail()
        #expect(listens == false)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(40))
        #expect(listens == true, "an error during the pause does not extend the pause")
        fail()
        #expect(listens == false)
        #expect(pauses.count == 2)
    }

    @Test("a watcher that does not read has most of its updates in the journal", .timeLimit(.minutes(1)))
    func keepsLittleInTheSystem() async throws {
        try await withServer { server in
            let tracker = try server.service.createProgress()
            let stalled = try await RawClient(watching: tracker.id, of: server)
            try await stalled.channel.setOption(.autoRead, value: false).get()
            let reading = try await RawClient(watching: tracker.id, of: server)
            let portions = 12
            let text = JSONValue.string(String(repeating: "x", count: 4096))
            for portion in 0..<portions {
                // The journal keeps 64 revisions, so the reading watcher misses none.
                for step in 0..<63 { tracker.update("Step \(step)", details: ["text": text]) }
                tracker.update("portion \(portion) is done")
                try await reading.wait(for: "portion \(portion) is done")
            }
            tracker.succeed()
            try await stalled.channel.setOption(.autoRead, value: true).get()
            let late = try await stalled.untilClosed().utf8.count
            let whole = try await reading.untilClosed().utf8.count
            #expect(whole > portions * 63 * 4096)
            #expect(late < whole / 3)
        }
    }

    @Test(
        "only the processors that the process can use are counted",
        arguments: [
            ("Name:\tx\nCpus_allowed:\tff,00000001\nCpus_allowed_list:\t0,32-39\n", 9), ("Cpus_allowed:\t1\n", 1),
            ("Cpus_allowed:\t0\n", nil), ("Name:\tx\n", nil),
        ]
    )
    func countsProcessors(status: String, count: Int?) {
        #expect(EventLoops.processorCount(inStatus: status) == count)
    }

    @Test(
        "dates have the format of HTTP",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777.9, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        ]
    )
    func writesDates(seconds: Double, text: String) {
        #expect(HTTPDate.text(Date(timeIntervalSince1970: seconds)) == text)
    }
}

/// A counter of pauses.
private final class PauseCount: Sendable {
    private let number = Atomic<Int>(0)

    var count: Int { number.load(ordering: .relaxed) }

    func add() { number.wrappingAdd(1, ordering: .relaxed) }
}
