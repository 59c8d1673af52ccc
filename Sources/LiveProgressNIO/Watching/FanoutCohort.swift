// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Watchers of one topic on one event loop who stand at the same position.
final class FanoutCohort {
    /// A watcher that a walk over the sockets did not serve in full.
    enum Unserved {
        /// Its socket must not be written now; its handler knows what to do.
        case untouched(Watcher)
        /// Its socket took that many bytes, or is broken.
        case short(Watcher, Int?)
    }

    var position: FanoutPosition
    private(set) var watchers: ContiguousArray<Watcher> = []
    /// The watchers' sockets, as far as they may be written beside their channels.
    ///
    /// Kept beside the watchers, so that a walk touches nothing else.
    private var sockets: ContiguousArray<DirectSocket?> = []

    init(position: FanoutPosition) {
        self.position = position
    }

    func insert(_ watcher: Watcher) {
        watcher.cohort = self
        watcher.cohortIndex = watchers.count
        watchers.append(watcher)
        sockets.append(watcher.freeSocket)
    }

    /// Takes a watcher out; the last one takes its place.
    func remove(_ watcher: Watcher) {
        let (last, lastSocket) = (watchers.removeLast(), sockets.removeLast())
        if last !== watcher {
            watchers[watcher.cohortIndex] = last
            sockets[watcher.cohortIndex] = lastSocket
            last.cohortIndex = watcher.cohortIndex
        }
        watcher.cohort = nil
    }

    /// Adds the watchers of another cohort at the same position.
    func absorb(_ other: FanoutCohort) {
        for watcher in other.watchers { insert(watcher) }
        other.watchers = []
        other.sockets = []
    }

    /// A watcher's socket may be written from now on, or no longer.
    func updateSocket(of watcher: Watcher) {
        sockets[watcher.cohortIndex] = watcher.freeSocket
    }

    /// All watchers, for a delivery that goes by their handlers.
    var untouched: ContiguousArray<Unserved> { ContiguousArray(watchers.lazy.map { .untouched($0) }) }

    /// Writes to all sockets that may be written, with no callback between, and returns the watchers that are left.
    func write(_ frames: ByteBuffer) -> ContiguousArray<Unserved> {
        var unserved: ContiguousArray<Unserved> = []
        frames.withUnsafeReadableBytes { bytes in
            for index in sockets.indices {
                guard let socket = sockets[index] else {
                    unserved.append(.untouched(watchers[index]))
                    continue
                }
                let count = socket.send(bytes)
                if count != bytes.count { unserved.append(.short(watchers[index], count)) }
            }
        }
        return unserved
    }
}
