// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The watchers of one topic on one event loop that have the same position.
final class FanoutCohort {
    /// A watcher whose socket did not take all bytes of a cohort's write.
    enum Unserved {
        /// The socket must not be written now; the watcher's handler decides.
        case untouched(Watcher)
        /// The socket took that many bytes, or `nil` if the connection is broken.
        case short(Watcher, Int?)
    }

    var position: FanoutPosition
    private(set) var watchers: ContiguousArray<Watcher> = []
    /// The watchers' sockets; `nil` for a socket that must not be written directly.
    ///
    /// They are stored apart from the watchers, so that a write reads no other memory.
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

    /// Removes a watcher; the last watcher takes its index.
    func remove(_ watcher: Watcher) {
        let (last, lastSocket) = (watchers.removeLast(), sockets.removeLast())
        if last !== watcher {
            watchers[watcher.cohortIndex] = last
            sockets[watcher.cohortIndex] = lastSocket
            last.cohortIndex = watcher.cohortIndex
        }
        watcher.cohort = nil
    }

    /// Adds the watchers of another cohort with the same position.
    func absorb(_ other: FanoutCohort) {
        for watcher in other.watchers { insert(watcher) }
        other.watchers = []
        other.sockets = []
    }

    /// Records that a watcher's socket may be written directly from now on, or no longer.
    func updateSocket(of watcher: Watcher) {
        sockets[watcher.cohortIndex] = watcher.freeSocket
    }

    /// All watchers, for a delivery through their handlers.
    var untouched: ContiguousArray<Unserved> { ContiguousArray(watchers.lazy.map { .untouched($0) }) }

    /// Writes to all sockets that may be written directly, with no callback between; returns the remaining watchers.
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
