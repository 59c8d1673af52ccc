// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressWebSocket
import LiveProgressWire
import Synchronization

/// What is being watched now: one source for each operation and format, or list, shared by all who watch it.
///
/// Holds its sources weakly: the event loops hold them while they have watchers, and with the last one they go.
final class FanoutSources: Sendable {
    private enum Key: Hashable {
        case journal(ObjectIdentifier, ProgressFormat)
        case feed(ProgressQuery)
    }

    private struct Entry {
        weak var source: (any FanoutSource)?
    }

    private let entries = Mutex<[Key: Entry]>([:])

    /// How many things are watched.
    var count: Int { entries.withLock { $0.count } }

    /// The source of what was accepted, shared with those who watch it already.
    func source(for acceptance: WatchAcceptance, in service: ProgressService) -> any FanoutSource {
        switch acceptance.target {
        case .operation(let journal):
            let key = Key.journal(ObjectIdentifier(journal), acceptance.format)
            return source(key) {
                JournalFanoutSource(journal: journal, format: acceptance.format) { [weak self] in self?.released(key) }
            }
        case .feed(let query):
            let key = Key.feed(query)
            return source(key) {
                FeedFanoutSource(service: service, query: query) { [weak self] in self?.released(key) }
            }
        }
    }

    private func source(_ key: Key, make: () -> any FanoutSource) -> any FanoutSource {
        if let source = entries.withLock({ $0[key]?.source }) { return source }
        let made = make()
        // Another loop may have been faster; then ours is released, outside the lock.
        return entries.withLock { entries in
            if let source = entries[key]?.source { return source }
            entries[key] = Entry(source: made)
            return made
        }
    }

    private func released(_ key: Key) {
        entries.withLock { entries in
            if let entry = entries[key], entry.source == nil { entries[key] = nil }
        }
    }
}
