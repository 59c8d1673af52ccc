// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

extension StoreConformance {
    /// Random batches, restarts and crashes; after each, the contents are those of a store in memory.
    static let model = StoreConformance("random batches, as a store in memory keeps them", 1, 2, 3, 4, 5, 6, 7, 8, 9) {
        bench in
        var random = SeededGenerator(seed: 17)
        let model = ProgressMemoryStore()
        _ = try model.load()
        var store = try await bench.loadEmpty()
        var worker = RandomWorker()
        for _ in 1...60 {
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let batch = worker.nextBatch(&random)
                model.commit(batch)
                try await store.commit(batch)
                if Int.random(in: 0..<8, using: &random) == 0 { try await store.commit(batch) }
            }
            if Bool.random(using: &random) {
                model.close()
                try await store.close()
            } else {
                model.crash()
                try await bench.medium.crash(store)
            }
            store = try await bench.load(expecting: model.load())
        }
    }
}

/// A source of random changes of a few operations.
private struct RandomWorker {
    private var newest: [ProgressID: (epoch: String, revision: UInt64)] = [:]
    private var epochs = 0

    mutating func nextBatch(_ random: inout SeededGenerator) -> ProgressStoreBatch {
        var batch = ProgressStoreBatch()
        for number in 0..<5 where Bool.random(using: &random) {
            let id = ProgressID("op-\(number)")!
            guard let (epoch, revision) = newest[id] else {
                batch.changes.append(begin(id))
                continue
            }
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                newest[id] = nil
                let until = Date(timeIntervalSince1970: Double(Int.random(in: 0..<1000, using: &random)))
                batch.removals.append(.init(id: id, epoch: epoch, tombstoneUntil: until))
            case 1: batch.changes.append(begin(id))
            default:
                let last = revision + UInt64.random(in: 0...3, using: &random)
                let first = last == revision ? last : revision + 1
                let oldest = last > 6 ? last - 6 : 0
                newest[id] = (epoch, last)
                batch.changes.append(.sample(id, epoch: epoch, revisions: max(first, oldest)...last, oldest: oldest))
            }
        }
        return batch
    }

    private mutating func begin(_ id: ProgressID) -> StoredOperation {
        epochs += 1
        newest[id] = ("e\(epochs)", 0)
        return .sample(id, epoch: "e\(epochs)", revisions: 0...0)
    }
}
