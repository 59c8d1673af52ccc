// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore
internal import Synchronization

/// Tells one event loop that a source may have something new for its watchers.
public final class FanoutWaker: Sendable {
    private let eventLoop: any EventLoop
    private let topic: NIOLoopBoundBox<FanoutTopic?>
    private let isPending = Atomic(false)

    /// A waker of no topic yet; to be made on the event loop.
    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.topic = NIOLoopBoundBox(nil, eventLoop: eventLoop)
    }

    /// There may be something new to read.
    ///
    /// From any thread, never blocking, and cheap to call often: the loop is asked once until it begins to read.
    public func wake() {
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.execute { self.drain() }
    }

    /// Binds the waker to a topic, or frees it from one; on the event loop.
    func bind(to topic: FanoutTopic?) {
        self.topic.value = topic
    }

    private func drain() {
        // Before the read, so that what comes while we read wakes us again.
        isPending.store(false, ordering: .sequentiallyConsistent)
        topic.value?.drain()
    }
}
