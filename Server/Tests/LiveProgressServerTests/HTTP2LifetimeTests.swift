// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressServer

@Suite("The life of an HTTP/2 connection")
struct HTTP2LifetimeTests {
    @Test("it waits while it has no streams")
    func waits() {
        var lifetime = HTTP2Lifetime()
        #expect(lifetime.streamOpened(1) == .stopWaiting)
        #expect(lifetime.streamOpened(3) == .stopWaiting)
        #expect(lifetime.streamClosed() == .none)
        #expect(lifetime.streamClosed() == .wait)
        #expect(lifetime.streamOpened(5) == .stopWaiting)
    }

    @Test("without streams it leaves in two steps and closes")
    func leavesIdle() {
        var lifetime = HTTP2Lifetime()
        #expect(lifetime.heard() == .none, "an answer to a question that was not asked is nothing")
        #expect(lifetime.leave() == .announce)
        #expect(lifetime.leave() == .none)
        #expect(lifetime.heard() == .dismissAndClose(lastStream: 0))
        #expect(lifetime.heard() == .none)
    }

    @Test("with streams it finishes them first, those that were on their way too, and closes behind the last")
    func leavesBusy() {
        var lifetime = HTTP2Lifetime()
        _ = lifetime.streamOpened(1)
        #expect(lifetime.leave() == .announce)
        #expect(lifetime.streamOpened(3) == .none)
        #expect(lifetime.streamClosed() == .none)
        #expect(lifetime.heard() == .dismiss(lastStream: 3))
        #expect(lifetime.streamClosed() == .close)
    }

    @Test("streams that end before the client has heard do not close it early")
    func waitsToBeHeard() {
        var lifetime = HTTP2Lifetime()
        _ = lifetime.streamOpened(1)
        _ = lifetime.leave()
        #expect(lifetime.streamClosed() == .none)
        #expect(lifetime.heard() == .dismissAndClose(lastStream: 1))
    }
}
