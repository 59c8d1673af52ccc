// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if SQLite
    import Dispatch
    import Foundation
    import GRDB
    import LiveProgress
    @_spi(Server) import LiveProgressWire
    import Synchronization

    /// A row of a revision as it was read, with its message not decoded.
    struct RevisionRow: Sendable {
        /// The number of the operation.
        let operation: Int64
        private let number: UInt64
        private let message: String
        private let reportSize: Int
        private let receipt: StoredOperation.Receipt?
        private let oldestRevision: UInt64
        private let isTickOpen: Bool
        private let generationEnds: [UInt64]
        private let counts: StoredOperation.Counts?
        private let lease: Duration?
        private let worker: String?

        init(_ row: Row) {
            operation = row[0]
            number = UInt64(bitPattern: row[1] as Int64)
            message = row[2]
            reportSize = row[3]
            receipt = (row[4] as String?).map { key in
                let fingerprint: Int64 = row[5] ?? 0
                return StoredOperation.Receipt(
                    key: key,
                    fingerprint: UInt64(bitPattern: fingerprint),
                    appliedLines: row[6]
                )
            }
            oldestRevision = UInt64(bitPattern: row[7] as Int64)
            isTickOpen = row[8]
            let ends: String = row[9]
            generationEnds = ends.isEmpty ? [] : ends.split(separator: ",").compactMap { UInt64($0) }
            lease = (row[10] as Double?).map { .seconds($0) }
            worker = row[17]
            counts = (row[11] as Int64?).map { completed in
                StoredOperation.Counts(
                    completedCount: completed,
                    totalCount: row[12],
                    unit: row[13],
                    baselineCount: row[14] ?? 0,
                    fractionCompleted: row[15],
                    unitsOfParts: row[16] ?? 0
                )
            }
        }

        /// Decodes the messages of many rows, on all processors.
        ///
        /// - Throws: `ProgressStoreError` if a message cannot be read.
        static func decode(_ rows: [RevisionRow], path: String) throws -> [StoredOperation.Revision] {
            let count = max(1, min(ProcessInfo.processInfo.activeProcessorCount, rows.count / 64))
            let results = Mutex<[Result<[StoredOperation.Revision], any Error>?]>(Array(repeating: nil, count: count))
            DispatchQueue.concurrentPerform(iterations: count) { index in
                let slice = rows[rows.count * index / count..<rows.count * (index + 1) / count]
                let result = Result { try slice.map { try $0.decoded(path: path) } }
                results.withLock { $0[index] = result }
            }
            return try results.withLock(\.self).flatMap { try $0?.get() ?? [] }
        }

        private func decoded(path: String) throws -> StoredOperation.Revision {
            do throws(WireError) {
                let snapshot = try ProgressMessage.decodeSnapshot(message.utf8)
                return StoredOperation.Revision(snapshot: snapshot, reportSize: reportSize, receipt: receipt)
            } catch {
                throw Schema.damaged(path, "revision \(number) of operation \(operation) cannot be read: \(error)")
            }
        }

        /// Returns the operation whose newest revision this is.
        func begin(_ newest: StoredOperation.Revision) -> StoredOperation {
            StoredOperation(
                revisions: [newest],
                oldestRevision: oldestRevision,
                isTickOpen: isTickOpen,
                generationEnds: generationEnds,
                counts: counts,
                lease: lease,
                worker: worker
            )
        }
    }

    /// Assembles operations from the rows of their revisions, the newest revision of each operation first.
    struct OperationReader {
        private var operation: StoredOperation?
        private var number: Int64?

        /// Adds a revision; returns the former operation if the revision is the first of another one.
        mutating func add(_ row: RevisionRow, _ revision: StoredOperation.Revision) -> StoredOperation? {
            guard row.operation != number else {
                let isKept = revision.snapshot.revision >= operation?.oldestRevision ?? 0
                if isKept { operation?.revisions.append(revision) }
                return nil
            }
            defer { (number, operation) = (row.operation, row.begin(revision)) }
            return last
        }

        /// The last operation, with its revisions in their order.
        var last: StoredOperation? {
            guard var operation else { return nil }
            operation.revisions.reverse()
            return operation
        }
    }
#endif
