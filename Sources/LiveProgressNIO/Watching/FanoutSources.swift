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
    private indirect enum Key: Hashable, Sendable {
        case journal(ObjectIdentifier, ProgressFormat)
        case feed(ProgressQuery)
        case deflated(Key)

        var isDeflated: Bool { if case .deflated = self { true } else { false } }
    }

    private struct Entry {
        weak var source: (any FanoutSource)?
    }

    private let entries = Mutex<[Key: Entry]>([:])
    private let deflaters: SharedDeflaters?

    /// No sources yet; with deflaters there may be compressed ones.
    init(deflaters: SharedDeflaters? = nil) {
        self.deflaters = deflaters
    }

    /// How many things are watched.
    var count: Int { entries.withLock { entries in entries.keys.count { !$0.isDeflated } } }

    /// The source of what was accepted, shared with those who watch it already.
    /// - Parameters:
    ///   - acceptance: What was accepted.
    ///   - service: The operations.
    ///   - isDeflated: Whether the watcher agreed to compressed messages.
    /// - Returns: The source.
    func source(
        for acceptance: WatchAcceptance,
        in service: ProgressService,
        isDeflated: Bool = false
    ) -> any FanoutSource {
        let (key, plain) = plainSource(for: acceptance, in: service)
        guard isDeflated, let deflaters else { return plain }
        return source(.deflated(key)) {
            DeflatedFanoutSource(base: plain, deflaters: deflaters) { [weak self] in self?.released(.deflated(key)) }
        }
    }

    private func plainSource(
        for acceptance: WatchAcceptance,
        in service: ProgressService
    ) -> (key: Key, source: any FanoutSource) {
        switch acceptance.target {
        case .operation(let journal):
            let key = Key.journal(ObjectIdentifier(journal), acceptance.format)
            let source = source(key) {
                JournalFanoutSource(journal: journal, format: acceptance.format) { [weak self] in self?.released(key) }
            }
            return (key, source)
        case .feed(let query):
            let key = Key.feed(query)
            let source = source(key) {
                FeedFanoutSource(service: service, query: query) { [weak self] in self?.released(key) }
            }
            return (key, source)
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
