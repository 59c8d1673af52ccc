// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressWebSocket
import LiveProgressWire
import Synchronization

/// The sources that are being watched now, shared by all watchers with the same target, format and compression.
///
/// A target is an operation or a list. This object holds its sources weakly: the event loops hold a source while it has watchers.
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

    /// Creates an empty set of sources; without deflaters no source is compressed.
    init(deflaters: SharedDeflaters? = nil) {
        self.deflaters = deflaters
    }

    /// The number of operations and lists that are watched.
    var count: Int { entries.withLock { Set($0.keys.map(\.target)).count } }

    /// Returns the source for an accepted watcher, shared with earlier watchers of the same target.
    /// - Parameters:
    ///   - acceptance: The accepted request.
    ///   - service: The service with the operations.
    ///   - isDeflated: Whether the watcher negotiated compression.
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
        // Another event loop may have made the source first. Then the source made here is released outside the lock.
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
