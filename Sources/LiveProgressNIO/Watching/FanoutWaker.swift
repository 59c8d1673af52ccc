// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore
import Synchronization

/// Wakes one event loop when a source may have something new for its watchers.
final class FanoutWaker: ProgressWaker {
    private let eventLoop: any EventLoop
    private let topic: NIOLoopBoundBox<FanoutTopic?>
    private let isPending = Atomic(false)

    /// Creates a waker without a topic; call it on the event loop.
    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.topic = NIOLoopBoundBox(nil, eventLoop: eventLoop)
    }

    /// Makes the event loop read the source in its next turn.
    ///
    /// Call it from any thread. It never blocks, and repeated calls are cheap: the loop gets one task until it begins to read.
    func wake() {
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.execute {
            // The flag is cleared before the read, so that an update during the read wakes the loop again.
            self.isPending.store(false, ordering: .sequentiallyConsistent)
            self.topic.value?.deliverNews()
        }
    }

    /// Binds the waker to a topic, or unbinds it if `topic` is `nil`; call it on the event loop.
    func bind(to topic: FanoutTopic?) {
        self.topic.value = topic
    }
}
