// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressWebSocket
import LiveProgressWire
import Synchronization

/// What is being watched now: one source for each operation and format, or list, with compression or without, shared by all
/// who watch it so.
///
/// Holds its sources weakly: the event loops hold them while they have watchers, and with the last one they go.
final class FanoutSources: Sendable {
    private struct Key: Hashable {
        enum Target: Hashable {
            case journal(ObjectIdentifier, ProgressFormat)
            case feed(ProgressQuery)

            init(_ acceptance: WatchAcceptance) {
                switch acceptance.target {
                case .operation(let journal): self = .journal(ObjectIdentifier(journal), acceptance.format)
                case .feed(let query): self = .feed(query)
                }
            }
        }

        let target: Target
        let isDeflated: Bool
    }

    private struct Entry {
        weak var source: (any FanoutSource)?
    }

    private let entries = Mutex<[Key: Entry]>([:])
    private let deflaters: SharedDeflaters?

    /// No sources yet; with deflaters some may be compressed.
    init(deflaters: SharedDeflaters? = nil) {
        self.deflaters = deflaters
    }

    /// How many operations and lists are watched.
    var count: Int { entries.withLock { Set($0.keys.map(\.target)).count } }

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
        let deflaters = isDeflated ? deflaters : nil
        let key = Key(target: Key.Target(acceptance), isDeflated: deflaters != nil)
        return source(key) {
            let deflated = deflaters.map { DeflatedMessages(deflaters: $0) }
            let onRelease: @Sendable () -> Void = { [weak self] in self?.released(key) }
            return switch acceptance.target {
            case .operation(let journal):
                JournalFanoutSource(
                    journal: journal,
                    format: acceptance.format,
                    deflated: deflated,
                    onRelease: onRelease
                )
            case .feed(let query):
                FeedFanoutSource(service: service, query: query, deflated: deflated, onRelease: onRelease)
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
