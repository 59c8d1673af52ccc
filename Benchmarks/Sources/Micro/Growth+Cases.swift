// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressWire

@testable import LiveProgress

extension Growth {
    private static let watchers = [1, 10, 100, 1000, 10_000]
    private static let operations = [1, 10, 100, 1000, 10_000, 100_000]

    private static let manyOperations = [100, 1000, 10_000, 100_000]

    /// The limit for a constant cost, which grows a little when the caches no longer hold all data.
    private static let constant = 0.1
    /// The limit for a linear cost, which grows faster when the caches no longer hold all data.
    private static let linear = 1.2

    /// All measurements.
    static let all = byWatchers + byOperations + bySize

    private static let byWatchers: [Growth] = [
        Growth(name: "update, by watchers", sizes: watchers, limit: constant) { watchers in
            try Bench(wakers: min(watchers, 2), watchers: watchers).update
        },
        Growth(name: "advance, by watchers", sizes: watchers, limit: constant) { watchers in
            try Bench(wakers: min(watchers, 2), watchers: watchers).advance
        },
        Growth(name: "update, by streams in this process", sizes: watchers, limit: constant) { watchers in
            let bench = try Bench()
            let iterators = (0..<watchers).map { _ in bench.journal.events().makeAsyncIterator() }
            return { calls in
                bench.update(calls)
                keep(iterators)
            }
        },
        Growth(name: "subscribe and unsubscribe, by watchers", sizes: watchers, limit: constant) { watchers in
            let bench = try Bench(wakers: watchers, watchers: watchers)
            return { calls in
                for _ in 0..<calls { bench.journal.unsubscribe(bench.journal.subscribe(Flag())) }
            }
        },
    ]

    private static let byOperations: [Growth] = [
        Growth(name: "update, by operations", sizes: operations, limit: constant) { count in
            let (service, trackers) = try operations(count)
            let (tracker, details) = (trackers[count / 2], Bench.details)
            return { calls in
                for _ in 0..<calls { tracker.update("Processing", details: details) }
                keep((service, trackers))
            }
        },
        Growth(name: "find, by operations", sizes: operations, limit: constant) { count in
            let (service, trackers) = try operations(count)
            return { calls in
                for call in 0..<calls { keep(try service.getJournal(trackers[call % min(count, 100)].id)) }
            }
        },
        Growth(name: "create and delete, by operations", sizes: operations, limit: constant) { count in
            let (service, trackers) = try operations(count)
            return { calls in
                for _ in 0..<calls { try service.deleteProgress(try service.createJournal().id) }
                keep(trackers)
            }
        },
        Growth(name: "list the newest 10, by operations", sizes: manyOperations, limit: constant) { count in
            let (service, trackers) = try operations(count)
            return { calls in
                for _ in 0..<calls { keep(service.list(ProgressQuery(limit: 10))) }
                keep(trackers)
            }
        },
        Growth(name: "list with no match, by operations", sizes: operations, limit: linear) { count in
            let (service, trackers) = try operations(count)
            return { calls in
                for _ in 0..<calls { keep(service.list(ProgressQuery(statuses: [.failed]))) }
                keep(trackers)
            }
        },
        Growth(name: "begin to follow all, by operations", sizes: operations, limit: constant) { count in
            let (service, trackers) = try operations(count)
            return { calls in
                for _ in 0..<calls { service.changes.unsubscribe(service.subscribeToChanges(Flag())) }
                keep(trackers)
            }
        },
        Growth(name: "read the first 128 of all, by operations", sizes: manyOperations, limit: constant) { count in
            let (service, trackers) = try operations(count)
            return { calls in
                for _ in 0..<calls {
                    let subscription = service.subscribeToChanges(Flag())
                    keep(service.changes.read(after: 0, limit: 128).events.count)
                    service.changes.unsubscribe(subscription)
                }
                keep(trackers)
            }
        },
    ]

    private static let bySize: [Growth] = [
        Growth(name: "update, by journal capacity", sizes: [1, 4, 16, 64, 256, 1024], limit: constant) { capacity in
            try Bench(capacity: capacity).update
        },
        Growth(name: "replay all, by journal capacity", sizes: [16, 64, 256, 1024, 4096], limit: linear) { capacity in
            let bench = try Bench(capacity: capacity)
            bench.update(2 * capacity)
            let revision = UInt64(capacity)
            return { calls in for _ in 0..<calls { keep(bench.journal.read(after: revision).events.count) } }
        },
        Growth(name: "encode, by bytes of details", sizes: [100, 1000, 10_000, 100_000], limit: linear) { bytes in
            let bench = try Bench()
            bench.tracker.update("Processing", details: text(bytes))
            let event = ProgressEvent(kind: .update, snapshot: bench.journal.snapshot())
            return { calls in for _ in 0..<calls { keep(ProgressMessage.encodeFull(event)) } }
        },
        Growth(name: "update, by bytes of details", sizes: [100, 1000, 10_000, 100_000], limit: constant) { bytes in
            let bench = try Bench()
            let details = text(bytes)
            return { calls in for _ in 0..<calls { bench.tracker.update("Processing", details: details) } }
        },
    ]

    /// Creates a service with that many operations.
    private static func operations(_ count: Int) throws -> (ProgressService, [ProgressTracker]) {
        let service = ProgressService(configuration: .unlimited)
        return (service, try (0..<count).map { _ in try service.createProgress() })
    }

    private static func text(_ bytes: Int) -> JSONValue {
        ["text": .array((0..<(bytes / 50)).map { _ in .string(String(repeating: "line of text\n", count: 3)) })]
    }
}
