// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

extension StoreConformance {
    static let revisions = [
        StoreConformance("a commit survives a crash", 1) { bench in
            let store = try await bench.loadEmpty()
            let operation = StoredOperation.sample("a", revisions: 0...2)
            try await store.commit(ProgressStoreBatch(changes: [operation]))
            _ = try await bench.restart(store, expecting: operation)
        },
        StoreConformance("the last of several commits survives", 1, 3) { bench in
            var store = try await bench.loadEmpty()
            var expected = StoredOperation.sample("a", revisions: 0...0)
            try await store.commit(ProgressStoreBatch(changes: [expected]))
            for number in 1...5 as ClosedRange<UInt64> {
                let change = StoredOperation.sample("a", revisions: number...number, oldest: 0)
                try await store.commit(ProgressStoreBatch(changes: [change]))
                expected.apply(change)
                store = try await bench.restart(store, expecting: expected)
            }
        },
        StoreConformance("the end stays", 1, 3) { bench in
            let store = try await bench.loadEmpty()
            let ended = StoredOperation.sample("a", revisions: 0...3, outcome: .succeeded(result: ["rows": 7]))
            let other = StoredOperation.sample("b", revisions: 0...0)
            let failed = StoredOperation.sample(
                "c",
                revisions: 0...1,
                outcome: .failed(ProgressProblem(title: "No rows"))
            )
            let cancelled = StoredOperation.sample("d", revisions: 0...1, outcome: .cancelled)
            try await store.commit(ProgressStoreBatch(changes: [ended, other]))
            try await store.commit(ProgressStoreBatch(changes: [failed, cancelled]))
            _ = try await bench.restart(store, expecting: ended, other, failed, cancelled)
        },
        StoreConformance("a repeated commit counts once", 5, 6) { bench in
            let store = try await bench.loadEmpty()
            let first = StoredOperation.sample("a", revisions: 0...2)
            let second = StoredOperation.sample("a", revisions: 2...4, oldest: 1)
            for batch in [first, first, second, second] {
                try await store.commit(ProgressStoreBatch(changes: [batch]))
            }
            _ = try await bench.restart(store, expecting: first.applying(second))
        },
        StoreConformance("old revisions are dropped", 5) { bench in
            let store = try await bench.loadEmpty()
            try await store.commit(ProgressStoreBatch(changes: [.sample("a", revisions: 0...9)]))
            let change = StoredOperation.sample("a", revisions: 20...21, oldest: 20)
            try await store.commit(ProgressStoreBatch(changes: [change]))
            _ = try await bench.restart(store, expecting: change)
        },
        StoreConformance("every value is kept", 1) { bench in
            let store = try await bench.loadEmpty()
            try await store.commit(ProgressStoreBatch(changes: [.complete]))
            _ = try await bench.restart(store, expecting: .complete)
        },
        StoreConformance("a large batch is kept whole", 2, 8) { bench in
            let store = try await bench.loadEmpty()
            let operations = (0..<1000).map { StoredOperation.sample(ProgressID("op-\($0)")!, revisions: 0...1) }
            try await store.commit(ProgressStoreBatch(changes: operations))
            try await bench.medium.crash(store)
            _ = try await bench.load(expecting: ProgressStoreContents(operations: operations, wasClosed: false))
        },
    ]

    static let removals = [
        StoreConformance("a new run replaces the former one", 4) { bench in
            let store = try await bench.loadEmpty()
            let other = StoredOperation.sample("b", revisions: 0...0)
            let next = StoredOperation.sample("a", epoch: "e2", revisions: 0...1)
            try await store.commit(ProgressStoreBatch(changes: [.sample("a", revisions: 0...9), other]))
            try await store.commit(ProgressStoreBatch(changes: [next]))
            _ = try await bench.restart(store, expecting: other, next)
        },
        StoreConformance("a removed operation leaves a tombstone", 7) { bench in
            let store = try await bench.loadEmpty()
            try await store.commit(ProgressStoreBatch(changes: [.sample("a", revisions: 0...9)]))
            let until = Date(timeIntervalSince1970: 1_000_000)
            let removal = ProgressStoreBatch.Removal(id: "a", epoch: "e1", tombstoneUntil: until)
            try await store.commit(ProgressStoreBatch(removals: [removal]))
            try await bench.medium.crash(store)
            let contents = ProgressStoreContents(tombstones: ["a": until], wasClosed: false)
            let next = try await bench.load(expecting: contents)
            try await next.commit(ProgressStoreBatch(forgottenTombstones: ["a"]))
            _ = try await bench.restart(next)
        },
        StoreConformance("a new operation removes the tombstone", 4, 7) { bench in
            let store = try await bench.loadEmpty()
            let (old, new) = (
                StoredOperation.sample("a", revisions: 0...3),
                StoredOperation.sample("a", epoch: "e2", revisions: 0...0)
            )
            let removal = ProgressStoreBatch.Removal(id: "a", epoch: "e1", tombstoneUntil: Date())
            try await store.commit(ProgressStoreBatch(changes: [old]))
            try await store.commit(ProgressStoreBatch(removals: [removal], changes: [new]))
            _ = try await bench.restart(store, expecting: new)
        },
    ]

    static let lifetimes = [
        StoreConformance("the order is that of the first commits", 8) { bench in
            let store = try await bench.loadEmpty()
            let (a, b) = (StoredOperation.sample("a", revisions: 0...0), StoredOperation.sample("b", revisions: 0...0))
            let change = StoredOperation.sample("a", revisions: 1...1, oldest: 0)
            try await store.commit(ProgressStoreBatch(changes: [a, b]))
            try await store.commit(ProgressStoreBatch(changes: [change]))
            _ = try await bench.restart(store, expecting: a.applying(change), b)
        },
        StoreConformance("a store knows whether it was closed", 9) { bench in
            let operation = StoredOperation.sample("a", revisions: 0...0)
            let closed = ProgressStoreContents(operations: [operation])
            var store = try await bench.loadEmpty()
            try await store.commit(ProgressStoreBatch(changes: [operation]))
            for _ in 1...3 {
                try await store.close()
                store = try await bench.load(expecting: closed)
            }
            // Loading alone makes the store unclosed, because watchers may see revisions before the first commit.
            store = try await bench.restart(store, expecting: operation)
            try await store.close()
            _ = try await bench.load(expecting: closed)
        },
        StoreConformance("only one service uses the store", 10) { bench in
            let store = try await bench.loadEmpty()
            var isRefused = false
            do { _ = try await bench.medium.open().load() } catch { isRefused = true }
            try bench.expect(isRefused, true, "the refusal of a second service")
            let operation = StoredOperation.sample("a", revisions: 0...0)
            try await store.commit(ProgressStoreBatch(changes: [operation]))
            try await store.close()
            _ = try await bench.load(expecting: ProgressStoreContents(operations: [operation]))
        },
    ]
}
