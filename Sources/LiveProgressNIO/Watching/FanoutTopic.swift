// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore

/// One source on one event loop: its watchers there, in cohorts by position.
///
/// Belongs to the event loop.
final class FanoutTopic {
    let source: any FanoutSource
    private let waker: FanoutWaker
    private let subscription: ProgressSubscription
    private var cohorts: [FanoutPosition: FanoutCohort] = [:]
    private var watcherCount = 0
    /// The last read for a watcher who had been left behind.
    ///
    /// Those who come back one after the other from the same position share it. Forgotten with the next wake.
    private var recent: (start: FanoutPosition, frames: FanoutFrames)?

    /// Subscribes to the source first, so that no news falls between the first read and the subscription.
    init(source: any FanoutSource, waker: FanoutWaker) {
        self.source = source
        self.waker = waker
        subscription = source.subscribe(waker)
        waker.bind(to: self)
    }

    var isEmpty: Bool { watcherCount == 0 }

    /// Ends the topic, after its last watcher has left.
    func end() {
        waker.bind(to: nil)
        source.unsubscribe(subscription)
    }

    func join(_ watcher: Watcher, cursor: String?) {
        watcherCount += 1
        let frames = source.open(cursor: cursor)
        // Only now: a worker that waits for its first watcher may report at once, and the watcher must not miss it.
        source.watcherJoined()
        send(frames, to: watcher)
    }

    func leave(_ watcher: Watcher) {
        watcherCount -= 1
        source.watcherLeft()
        guard let cohort = watcher.cohort else { return }
        cohort.remove(watcher)
        // A cohort that is being served stands in no dictionary; it is filed afterwards.
        if cohort.watchers.isEmpty, cohorts[cohort.position] === cohort { cohorts[cohort.position] = nil }
    }

    /// There may be news: sends it to all watchers who take bytes, and leaves the others where they stand.
    func deliverNews() {
        recent = nil
        for cohort in Array(cohorts.values) { deliverNews(to: cohort) }
    }

    /// A watcher that was left behind takes bytes again.
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

    /// Sends one watcher its own read, and puts it where it stands after that.
    private func send(_ frames: FanoutFrames, to watcher: Watcher) {
        if frames.hasMore { waker.wake() }
        // Into the cohort first: writing may end in `resume` again, which then must find nothing to do.
        cohort(at: frames.position).insert(watcher)
        watcher.send(frames)
    }

    private func deliverNews(to cohort: FanoutCohort) {
        let start = cohort.position
        guard cohorts[start] === cohort else { return }
        let frames = source.read(after: start)
        // In the loop's next turn, after other topics have had theirs.
        if frames.hasMore { waker.wake() }
        guard frames.bytes != nil || frames.position != start else { return }
        cohorts[start] = nil
        cohort.position = frames.position
        write(frames, to: cohort, from: start)
        file(cohort)
    }

    /// Writes frames to a cohort that stood at `start` before them; a watcher that takes no bytes is left behind there.
    private func write(_ frames: FanoutFrames, to cohort: FanoutCohort, from start: FanoutPosition) {
        guard let bytes = frames.bytes else { return }
        // The last frames close each connection, which is for its handler.
        let unserved = frames.close == nil ? cohort.write(bytes) : cohort.untouched
        for rest in unserved {
            switch rest {
            case .short(let watcher, let count): watcher.sentShort(count, of: bytes)
            // What was done for one may have closed another.
            case .untouched(let watcher) where watcher.cohort !== cohort: break
            case .untouched(let watcher) where watcher.isWritable: watcher.send(frames)
            case .untouched(let watcher):
                cohort.remove(watcher)
                watcher.position = start
            }
        }
    }

    /// Puts a cohort at its new position, together with the watchers that stand there already.
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
