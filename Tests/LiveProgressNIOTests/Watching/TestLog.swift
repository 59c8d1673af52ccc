// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import Synchronization

@testable import LiveProgress
@testable import LiveProgressNIO

/// A source whose messages are the numbers 0, 1, 2, …; the log keeps the last of them.
///
/// A read from before the kept messages begins with `skipped N`. The log counts the calls that it receives.
final class TestLog: FanoutSource {
    struct State {
        var last: UInt64 = 0
        var close: WebSocketCloseReason?
        var wakers: [UInt64: FanoutWaker] = [:]
        var joined = 0
        var left = 0
        var subscriptions: UInt64 = 0
        var reads = 0
        var received: [String] = []
        var onRead: (@Sendable () -> Void)?
        var waiters: [(isReached: @Sendable (State) -> Bool, resume: @Sendable () -> Void)] = []

        /// Removes and returns the waiters whose condition is true now.
        mutating func takeReached() -> [@Sendable () -> Void] {
            let reached = waiters.filter { $0.isReached(self) }
            if !reached.isEmpty {
                let now = self
                waiters.removeAll { $0.isReached(now) }
            }
            return reached.map(\.resume)
        }
    }

    private let state = Mutex(State())
    private let capacity: UInt64
    private let padding: String

    init(capacity: UInt64 = 64, padding: Int = 0) {
        self.capacity = capacity
        self.padding = String(repeating: ".", count: padding)
    }

    var now: State { state.withLock { $0 } }

    /// Waits until the condition is true.
    func until(_ isReached: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            count { $0.waiters.append((isReached, { continuation.resume() })) }
        }
    }

    /// Changes the state, and resumes the waiters whose condition is now true.
    private func count(_ body: (inout State) -> Void) {
        let reached = state.withLock { state in
            body(&state)
            return state.takeReached()
        }
        for resume in reached { resume() }
    }

    /// Sets a closure that runs during each of the next reads.
    func whileReading(_ body: (@Sendable () -> Void)?) {
        state.withLock { $0.onRead = body }
    }

    func publish(_ count: UInt64 = 1) {
        change { $0.last += count }
    }

    func end(_ reason: WebSocketCloseReason = .init(code: 1000, reason: "ended")) {
        change { $0.close = reason }
    }

    private func change(_ body: (inout State) -> Void) {
        let wakers = state.withLock { state in
            body(&state)
            return Array(state.wakers.values)
        }
        for waker in wakers { waker.wake() }
    }

    func subscribe(_ waker: FanoutWaker) -> ProgressSubscription {
        state.withLock {
            $0.subscriptions += 1
            $0.wakers[$0.subscriptions] = waker
            return ProgressSubscription(number: $0.subscriptions)
        }
    }

    func unsubscribe(_ subscription: ProgressSubscription) {
        count { $0.wakers[subscription.number] = nil }
    }

    func open(cursor: String?) -> FanoutFrames {
        state.withLock { state in
            if let cursor, let place = UInt64(cursor) { return self.frames(after: place, of: state) }
            return FanoutFrames([message(state.last)], position: FanoutPosition(state.last), close: state.close)
        }
    }

    func read(after position: FanoutPosition) -> FanoutFrames {
        let onRead = state.withLock { state in
            state.reads += 1
            return state.onRead
        }
        let frames = state.withLock { self.frames(after: position.place, of: $0) }
        onRead?()
        return frames
    }

    private func frames(after position: UInt64, of state: State) -> FanoutFrames {
        let oldest = max(position + 1, state.last < capacity ? 0 : state.last - capacity + 1)
        var messages: [ArraySlice<UInt8>] = []
        if oldest > position + 1 { messages.append(ArraySlice("skipped \(oldest - position - 1)".utf8)) }
        if oldest <= state.last { messages += (oldest...state.last).map(message) }
        return FanoutFrames(messages, position: FanoutPosition(state.last), close: state.close)
    }

    private func message(_ number: UInt64) -> ArraySlice<UInt8> {
        ArraySlice("\(number)\(padding)".utf8)
    }

    func watcherJoined() {
        count { $0.joined += 1 }
    }

    func watcherLeft() {
        count { $0.left += 1 }
    }

    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply {
        state.withLock { $0.received.append(message.text) }
        return switch message.text {
        case "cancel": .ignore
        case "ask": .answer(ByteBuffer(string: "answer"))
        default: .violation(ByteBuffer(string: "nonsense"))
        }
    }
}

extension FanoutFrames {
    /// The texts of the messages.
    var texts: [String] {
        bytes.map(serverFrames)?.filter { $0.opcode == .text }.map(\.payload) ?? []
    }
}
