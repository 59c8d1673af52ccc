// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressClient

@Suite("A watch over several connections")
struct ReconnectingWatchTests {
    private static func configuration(connect: Int? = 5, reconnect: Int? = nil) -> ProgressClient.Configuration {
        var configuration = ProgressClient.Configuration()
        configuration.initialRetryDelay = .seconds(1)
        configuration.maximumRetryDelay = .seconds(8)
        configuration.maximumConnectAttempts = connect
        configuration.maximumReconnectAttempts = reconnect
        configuration.random = { 1 }
        return configuration
    }

    private func cursor(_ revision: UInt64, epoch: String = "k3f9") -> ProgressCursor {
        ProgressCursor(epoch: epoch, revision: revision)
    }

    private let unreachable = ProgressClientError(.unreachable, "nobody there")

    @Test("Invariant 4: a watch delivers the snapshot and each revision, then finishes after the end")
    func straight() {
        var watch = ReconnectingWatch(from: nil, configuration: Self.configuration())
        #expect(watch.resume() == .connect(nil))
        #expect(watch.connected() == .read)
        for event in [event(.snapshot, 3), event(.update, 4), event(.end, 5)] {
            #expect(watch.resume() == .read)
            #expect(watch.received(event) == .deliver(event))
        }
        #expect(watch.resume() == .finish)
        #expect(watch.closed(code: 1000, reason: "") == .finish)
    }

    @Test("Invariant 3: a watch reconnects with its cursor and drops revisions that it already delivered")
    func reconnects() {
        var watch = ReconnectingWatch(from: nil, configuration: Self.configuration())
        _ = watch.connected()
        _ = watch.received(event(.snapshot, 3))
        #expect(watch.closed(code: 1001, reason: "leaving") == .wait(.seconds(1)))
        #expect(watch.waited() == .connect(cursor(3)))
        _ = watch.connected()
        #expect(watch.received(event(.update, 2)) == .read)
        #expect(watch.received(event(.snapshot, 3, resumed: true)) == .read)
        let next = event(.update, 4, resumed: true)
        #expect(watch.received(next) == .deliver(next))
    }

    @Test("Invariant 3: a gap is reported, from the server's skipped count or from the watch's own count")
    func gaps() {
        var watch = ReconnectingWatch(from: cursor(3), configuration: Self.configuration())
        _ = watch.connected()
        #expect(
            watch.received(event(.snapshot, 9, resumed: false))
                == .deliver(event(.snapshot, 9, skipped: 5, resumed: false))
        )
        #expect(watch.received(event(.update, 12, skipped: 2)) == .deliver(event(.update, 12, skipped: 2)))
        let reborn = event(.snapshot, 1, epoch: "zz", resumed: false)
        #expect(watch.received(reborn) == .deliver(reborn))
        #expect(watch.closed(code: 1006, reason: "") == .wait(.seconds(1)))
        #expect(watch.waited() == .connect(cursor(1, epoch: "zz")))
    }

    @Test("Invariant 5: a watch finishes if its cursor is at the end")
    func atTheEnd() {
        var watch = ReconnectingWatch(from: cursor(5), configuration: Self.configuration())
        _ = watch.connected()
        #expect(watch.received(event(.end, 5)) == .finish)
        var silent = ReconnectingWatch(from: cursor(5), configuration: Self.configuration())
        _ = silent.connected()
        #expect(silent.closed(code: 1000, reason: "ended") == .finish)
    }

    @Test(
        "The close code decides if the watch reconnects",
        arguments: [
            (1001, nil), (1006, nil), (1011, nil), (1013, nil), (4000, nil), (4008, nil), (4499, nil),
            (1002, .refused), (1003, .refused), (1007, .refused), (1008, .refused), (1009, .refused),
            (4501, .unauthenticated), (4503, .forbidden), (4504, .unknown), (4510, .gone), (4599, .refused),
        ] as [(UInt16, ProgressClientError.Code?)]
    )
    func closes(code: UInt16, failure: ProgressClientError.Code?) {
        var watch = ReconnectingWatch(from: nil, configuration: Self.configuration())
        _ = watch.connected()
        switch watch.closed(code: code, reason: "why") {
        case .wait(let delay):
            #expect(failure == nil)
            #expect(delay == .seconds(1))
            #expect(watch.waited() == .connect(nil))
        case .fail(let error):
            #expect(error.code == failure)
            #expect(error.message.contains("why"))
            #expect(watch.resume() == .finish)
        case let other: Issue.record("unexpected \(other)")
        }
    }

    @Test("Before the first message, the watch fails with the last error after the maximum number of attempts")
    func bounded() {
        var watch = ReconnectingWatch(from: nil, configuration: Self.configuration(connect: 3))
        #expect(watch.failed(unreachable) == .wait(.seconds(1)))
        #expect(watch.failed(unreachable) == .wait(.seconds(2)))
        #expect(watch.failed(unreachable) == .fail(unreachable))
        #expect(watch.resume() == .finish)
    }

    @Test("After a message, the watch retries without a limit, with growing delays until the next message")
    func unbounded() {
        var watch = ReconnectingWatch(from: nil, configuration: Self.configuration(connect: 1))
        _ = watch.connected()
        _ = watch.received(event(.snapshot, 1))
        let delays = (0..<6).map { _ in watch.failed(unreachable) }
        #expect(delays == [1, 2, 4, 8, 8, 8].map { .wait(.seconds($0)) })
        _ = watch.connected()
        #expect(watch.closed(code: 1006, reason: "") == .wait(.seconds(8)), "the delay restarts only after a message")
        _ = watch.connected()
        _ = watch.received(event(.snapshot, 2))
        #expect(watch.closed(code: 1006, reason: "") == .wait(.seconds(1)))
    }

    @Test("The watch waits for the Retry-After time of the server, up to its own maximum")
    func retryAfter() {
        var watch = ReconnectingWatch(from: nil, configuration: Self.configuration())
        let busy = ProgressClientError(.unavailable, "busy", retryAfter: .seconds(5))
        #expect(watch.failed(busy) == .wait(.seconds(5)))
        let gone = ProgressClientError(.unavailable, "busy", retryAfter: .seconds(5000))
        #expect(watch.failed(gone) == .wait(.seconds(8)))
    }

    @Test(
        "The watch does not retry after an error that a retry cannot fix",
        arguments: [.unknown, .gone, .forbidden, .invalidAnswer, .cancelled] as [ProgressClientError.Code]
    )
    func permanent(code: ProgressClientError.Code) {
        var watch = ReconnectingWatch(from: nil, configuration: Self.configuration())
        let error = ProgressClientError(code, "no")
        #expect(watch.failed(error) == .fail(error))
    }
}
