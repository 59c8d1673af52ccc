// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressServer

@Suite("The lifetime of an HTTP/2 connection")
struct HTTP2LifetimeTests {
    @Test("the idle timeout runs while the connection has no streams")
    func waits() {
        var lifetime = HTTP2Lifetime()
        #expect(lifetime.streamOpened(1) == .stopWaiting)
        #expect(lifetime.streamOpened(3) == .stopWaiting)
        #expect(lifetime.streamClosed() == .none)
        #expect(lifetime.streamClosed() == .wait)
        #expect(lifetime.streamOpened(5) == .stopWaiting)
    }

    @Test("without streams, a shutdown sends GOAWAY twice and closes the connection")
    func leavesIdle() {
        var lifetime = HTTP2Lifetime()
        #expect(lifetime.heard() == .none, "a PING acknowledgement before the shutdown is ignored")
        #expect(lifetime.beginShutdown() == .announce)
        #expect(lifetime.beginShutdown() == .none)
        #expect(lifetime.heard() == .dismissAndClose(lastStream: 0))
        #expect(lifetime.heard() == .none)
    }

    @Test("with streams, a shutdown waits for all of them, also for streams that open after the first GOAWAY")
    func leavesBusy() {
        var lifetime = HTTP2Lifetime()
        _ = lifetime.streamOpened(1)
        #expect(lifetime.beginShutdown() == .announce)
        #expect(lifetime.streamOpened(3) == .none)
        #expect(lifetime.streamClosed() == .none)
        #expect(lifetime.heard() == .dismiss(lastStream: 3))
        #expect(lifetime.streamClosed() == .close)
    }

    @Test("the connection stays open until the PING acknowledgement, even if its streams end earlier")
    func waitsToBeHeard() {
        var lifetime = HTTP2Lifetime()
        _ = lifetime.streamOpened(1)
        _ = lifetime.beginShutdown()
        #expect(lifetime.streamClosed() == .none)
        #expect(lifetime.heard() == .dismissAndClose(lastStream: 1))
    }
}
