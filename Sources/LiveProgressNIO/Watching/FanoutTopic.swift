// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore

/// The watchers of one source on one event loop, in cohorts by position.
///
/// Belongs to the event loop.
final class FanoutTopic {
    let source: any FanoutSource
    private let waker: FanoutWaker
    private let subscription: ProgressSubscription
    private var cohorts: [FanoutPosition: FanoutCohort] = [:]
    private var watcherCount = 0
    /// The last read for a watcher that had been left behind.
    ///
    /// Watchers that return from the same position share this read. The next wake discards it.
    private var recent: (start: FanoutPosition, frames: FanoutFrames)?

    /// Subscribes to the source first, so that no update is lost between the first read and the subscription.
    init(source: any FanoutSource, waker: FanoutWaker) {
        self.source = source
        self.waker = waker
        subscription = source.subscribe(waker)
        waker.bind(to: self)
    }

    var isEmpty: Bool { watcherCount == 0 }

    /// Ends the topic after its last watcher has left.
    func end() {
        waker.bind(to: nil)
        source.unsubscribe(subscription)
    }

    func join(_ watcher: Watcher, cursor: String?) {
        watcherCount += 1
        let frames = source.open(cursor: cursor)
        // The watcher is counted after the read: a worker that waits for its first watcher may report immediately, and the
        // watcher must not miss that report.
        source.watcherJoined()
        send(frames, to: watcher)
    }

    func remove(_ watcher: Watcher) {
        watcherCount -= 1
        source.watcherLeft()
        guard let cohort = watcher.cohort else { return }
        cohort.remove(watcher)
        // A cohort that is being served is in no dictionary; `file` adds it afterwards.
        if cohort.watchers.isEmpty, cohorts[cohort.position] === cohort { cohorts[cohort.position] = nil }
    }

    /// Sends new messages to all watchers that take bytes; the other watchers stay at their position.
    func deliverNews() {
        recent = nil
        for cohort in Array(cohorts.values) { deliverNews(to: cohort) }
    }

    /// Resumes a watcher that was left behind and takes bytes again.
    func resume(_ watcher: Watcher) {
        guard watcher.cohort == nil else { return }
        send(framesForReturning(from: watcher.position), to: watcher)
    }

    private func framesForReturning(from position: FanoutPosition) -> FanoutFrames {
        if let recent, recent.start == position { return recent.frames }
        let frames = source.read(after: position)
        recent = (position, frames)
        return frames
    }

    /// Sends one watcher the result of its own read, and adds the watcher to the cohort at its new position.
    private func send(_ frames: FanoutFrames, to watcher: Watcher) {
        if frames.hasMore { waker.wake() }
        // The watcher joins the cohort first: the write may call `resume`, which then must find nothing to do.
        cohort(at: frames.position).insert(watcher)
        watcher.send(frames)
    }

    private func deliverNews(to cohort: FanoutCohort) {
        let start = cohort.position
        guard cohorts[start] === cohort else { return }
        let frames = source.read(after: start)
        // The rest is read in the loop's next turn, after the other topics.
        if frames.hasMore { waker.wake() }
        guard frames.bytes != nil || frames.position != start else { return }
        cohorts[start] = nil
        cohort.position = frames.position
        write(frames, to: cohort, from: start)
        file(cohort)
    }

    /// Writes frames to a cohort that was at `start` before them; a watcher that takes no bytes stays behind at `start`.
    private func write(_ frames: FanoutFrames, to cohort: FanoutCohort, from start: FanoutPosition) {
        guard let bytes = frames.bytes else { return }
        // The last frames also close each connection, and only the handler can close it.
        let unserved = frames.close == nil ? cohort.write(bytes) : cohort.untouched
        for rest in unserved {
            switch rest {
            case .short(let watcher, let count): watcher.sentShort(count, of: bytes)
            // Serving one watcher may have closed another.
            case .untouched(let watcher) where watcher.cohort !== cohort: break
            case .untouched(let watcher) where watcher.isWritable: watcher.send(frames)
            case .untouched(let watcher):
                cohort.remove(watcher)
                watcher.position = start
            }
        }
    }

    /// Adds a cohort at its new position, and merges it with a cohort that is already there.
    private func file(_ cohort: FanoutCohort) {
        guard !cohort.watchers.isEmpty else { return }
        guard let other = cohorts[cohort.position] else {
            cohorts[cohort.position] = cohort
            return
        }
        if other.watchers.count < cohort.watchers.count {
            cohort.absorb(other)
            cohorts[cohort.position] = cohort
        } else {
            other.absorb(cohort)
        }
    }

    private func cohort(at position: FanoutPosition) -> FanoutCohort {
        if let cohort = cohorts[position] { return cohort }
        let cohort = FanoutCohort(position: position)
        cohorts[position] = cohort
        return cohort
    }
}
