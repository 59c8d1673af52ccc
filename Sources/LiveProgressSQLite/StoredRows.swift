// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if SQLite
    import Foundation
    import GRDB
    import LiveProgress
    @_spi(Server) import LiveProgressWire

    /// The rows of a store: how operations are written and read.
    ///
    /// The row of a revision has everything that can change, so that a report is one row. The newest row of an operation
    /// counts. The rows before its `oldestRevision` are dropped sometimes, and are never read.
    enum StoredRows {
        /// The number of revisions after which the rows that are no longer kept are dropped.
        private static let pruningInterval: UInt64 = 16
        /// The number of rows that are decoded together, on all processors.
        private static let chunkSize = 8192

        // MARK: Writing

        static func write(_ batch: ProgressStoreBatch, _ db: Database) throws {
            for id in batch.forgottenTombstones { try run(db, "DELETE FROM tombstone WHERE id = ?", [id.rawValue]) }
            for removal in batch.removals {
                try remove(removal.id, db) { $0 == removal.epoch }
                let until = Int64((removal.tombstoneUntil.timeIntervalSince1970 * 1000).rounded())
                try run(db, "INSERT OR REPLACE INTO tombstone VALUES (?, ?)", [removal.id.rawValue, until])
            }
            for change in batch.changes { try write(change, db) }
        }

        private static func write(_ change: StoredOperation, _ db: Database) throws {
            for revision in change.revisions {
                let values = columns(revision) + columns(change) + [change.id.rawValue, change.epoch]
                try insert(values, db)
                if db.changesCount > 0 { continue }
                // The operation has no row yet.
                try remove(change.id, db) { _ in true }
                try run(db, "DELETE FROM tombstone WHERE id = ?", [change.id.rawValue])
                try run(db, "INSERT INTO operation (id, epoch) VALUES (?, ?)", [change.id.rawValue, change.epoch])
                try insert(values, db)
            }
            guard change.revisions.contains(where: { $0.snapshot.revision % pruningInterval == 0 }) else { return }
            try run(
                db,
                "DELETE FROM revision WHERE operation = (SELECT number FROM operation WHERE id = ?) AND revision < ?",
                [change.id.rawValue, change.oldestRevision.stored]
            )
        }

        private static func insert(_ values: [(any DatabaseValueConvertible)?], _ db: Database) throws {
            try run(
                db,
                """
                INSERT OR REPLACE INTO revision
                SELECT number, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM operation WHERE id = ? AND epoch = ?
                """,
                values
            )
        }

        private static func columns(_ revision: StoredOperation.Revision) -> [(any DatabaseValueConvertible)?] {
            [
                revision.snapshot.revision.stored,
                String(decoding: ProgressMessage.encodeSnapshot(revision.snapshot), as: UTF8.self),
                revision.reportSize,
                revision.receipt?.key,
                revision.receipt.map { Int64(bitPattern: $0.fingerprint) },
                revision.receipt?.appliedLines,
            ]
        }

        private static func columns(_ change: StoredOperation) -> [(any DatabaseValueConvertible)?] {
            [
                change.oldestRevision.stored,
                change.isTickOpen,
                change.generationEnds.map(String.init).joined(separator: ","),
                change.lease.map { $0 / .seconds(1) },
                change.counts?.completedCount,
                change.counts?.totalCount,
                change.counts?.unit,
                change.counts?.baselineCount,
                change.counts?.fractionCompleted,
                change.counts?.unitsOfParts,
                change.worker,
            ]
        }

        private static func remove(_ id: ProgressID, _ db: Database, if isMeant: (String) -> Bool) throws {
            let statement = try db.cachedStatement(sql: "SELECT number, epoch FROM operation WHERE id = ?")
            guard let row = try Row.fetchOne(statement, arguments: [id.rawValue]), isMeant(row[1]) else { return }
            let number: Int64 = row[0]
            try run(db, "DELETE FROM revision WHERE operation = ?", [number])
            try run(db, "DELETE FROM operation WHERE number = ?", [number])
        }

        static func setClosed(_ isClosed: Bool, _ db: Database) throws {
            try run(db, "UPDATE store SET wasClosed = ?", [isClosed])
        }

        private static func run(_ db: Database, _ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws {
            try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
        }

        // MARK: Reading

        static func operationCount(_ db: Database) throws -> Int {
            try Int.fetchOne(db, sql: "SELECT count(*) FROM operation") ?? 0
        }

        static func load(_ db: Database, path: String) throws -> ProgressStoreContents {
            var contents = ProgressStoreContents()
            contents.wasClosed = try Bool.fetchOne(db, sql: "SELECT wasClosed FROM store") ?? false
            let tombstones = try Row.fetchCursor(db, sql: "SELECT id, untilMilliseconds FROM tombstone")
            while let row = try tombstones.next() {
                guard let id = ProgressID(row[0] as String) else {
                    throw Schema.damaged(path, "a tombstone has no identifier")
                }
                let milliseconds: Int64 = row[1]
                contents.tombstones[id] = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            }
            try operations(db, path: path) { contents.operations.append($0) }
            return contents
        }

        /// Reads all operations in order, each with its revisions.
        static func operations(_ db: Database, path: String, _ body: (StoredOperation) throws -> Void) throws {
            // Newest revisions first: the newest row of an operation says which of the others still count.
            let sql = "SELECT * FROM revision ORDER BY operation, revision DESC"
            let rows = try Row.fetchCursor(db, sql: sql)
            var reader = OperationReader()
            var chunk: [RevisionRow] = []
            repeat {
                chunk.removeAll(keepingCapacity: true)
                while chunk.count < chunkSize, let row = try rows.next() { chunk.append(RevisionRow(row)) }
                for (row, revision) in zip(chunk, try RevisionRow.decode(chunk, path: path)) {
                    if let operation = reader.add(row, revision) { try body(operation) }
                }
            } while !chunk.isEmpty
            if let operation = reader.last { try body(operation) }
        }
    }

    extension UInt64 {
        /// The number as a column; SQLite's integers have a sign.
        fileprivate var stored: Int64 { Int64(bitPattern: self) }
    }
#endif
