// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if SQLite
    import Foundation
    import GRDB
    import LiveProgress
    @_spi(Server) import LiveProgressWire

    /// The rows of a store: how operations are written and read.
    enum StoredRows {
        // MARK: Writing

        static func write(_ batch: ProgressStoreBatch, _ db: Database) throws {
            for id in batch.forgottenTombstones { try run(db, "DELETE FROM tombstone WHERE id = ?", id.rawValue) }
            for removal in batch.removals {
                try remove(removal.id, db) { $0 == removal.epoch }
                let until = Int64((removal.tombstoneUntil.timeIntervalSince1970 * 1000).rounded())
                try run(db, "INSERT OR REPLACE INTO tombstone VALUES (?, ?)", removal.id.rawValue, until)
            }
            for change in batch.changes { try write(change, db) }
        }

        private static func write(_ change: StoredOperation, _ db: Database) throws {
            let number = try update(change, db) ?? insert(change, db)
            try run(
                db,
                "DELETE FROM revision WHERE operation = ? AND revision < ?",
                number,
                change.oldestRevision.stored
            )
            for revision in change.revisions {
                let message = ProgressMessage.encodeSnapshot(revision.snapshot)
                try run(
                    db,
                    "INSERT OR REPLACE INTO revision VALUES (?, ?, ?, ?, ?, ?, ?)",
                    number,
                    revision.snapshot.revision.stored,
                    String(decoding: message, as: UTF8.self),
                    revision.reportSize,
                    revision.receipt?.key,
                    revision.receipt.map { Int64(bitPattern: $0.fingerprint) },
                    revision.receipt?.appliedLines
                )
            }
        }

        /// Updates the row of an operation, and returns its number; `nil` if this run of the operation has no row.
        private static func update(_ change: StoredOperation, _ db: Database) throws -> Int64? {
            let statement = try db.cachedStatement(
                sql: """
                    UPDATE operation SET oldestRevision = ?, isTickOpen = ?, generationEnds = ?, lease = ?,
                    completedCount = ?, totalCount = ?, unit = ?, baselineCount = ?, fractionCompleted = ?, unitsOfParts = ?
                    WHERE id = ? AND epoch = ? RETURNING number
                    """
            )
            let values = columns(change) + [change.id.rawValue, change.epoch]
            return try Int64.fetchOne(statement, arguments: StatementArguments(values))
        }

        private static func insert(_ change: StoredOperation, _ db: Database) throws -> Int64 {
            try remove(change.id, db) { _ in true }
            try run(db, "DELETE FROM tombstone WHERE id = ?", change.id.rawValue)
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO operation (oldestRevision, isTickOpen, generationEnds, lease, completedCount, totalCount, unit,
                    baselineCount, fractionCompleted, unitsOfParts, id, epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            )
            try statement.execute(arguments: StatementArguments(columns(change) + [change.id.rawValue, change.epoch]))
            return db.lastInsertedRowID
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
            ]
        }

        private static func remove(_ id: ProgressID, _ db: Database, if isMeant: (String) -> Bool) throws {
            let statement = try db.cachedStatement(sql: "SELECT number, epoch FROM operation WHERE id = ?")
            guard let row = try Row.fetchOne(statement, arguments: [id.rawValue]), isMeant(row[1]) else { return }
            let number: Int64 = row[0]
            try run(db, "DELETE FROM revision WHERE operation = ?", number)
            try run(db, "DELETE FROM operation WHERE number = ?", number)
        }

        static func setClosed(_ isClosed: Bool, _ db: Database) throws {
            try run(db, "UPDATE store SET wasClosed = ?", isClosed)
        }

        private static func run(_ db: Database, _ sql: String, _ values: (any DatabaseValueConvertible)?...) throws {
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
            let operations = try Row.fetchCursor(db, sql: "SELECT * FROM operation ORDER BY number")
            let revisions = try Row.fetchCursor(
                db,
                sql: """
                    SELECT operation, message, reportSize, receiptKey, receiptFingerprint, receiptLines
                    FROM revision ORDER BY operation, revision
                    """
            )
            var revision = try revisions.next()
            while let operation = try operations.next() {
                let number: Int64 = operation["number"]
                var own: [StoredOperation.Revision] = []
                while let row = revision {
                    let owner: Int64 = row[0]
                    if owner > number { break }
                    if owner == number { own.append(try read(row, path: path)) }
                    revision = try revisions.next()
                }
                guard !own.isEmpty else { throw Schema.damaged(path, "operation \(number) has no revisions") }
                try body(read(operation, own))
            }
        }

        private static func read(_ row: Row, path: String) throws -> StoredOperation.Revision {
            let message: String = row[1]
            let snapshot: ProgressSnapshot
            do throws(WireError) {
                snapshot = try ProgressMessage.decodeSnapshot(message.utf8)
            } catch {
                throw Schema.damaged(path, "a revision cannot be read: \(error)")
            }
            return StoredOperation.Revision(snapshot: snapshot, reportSize: row[2], receipt: receipt(row))
        }

        private static func receipt(_ row: Row) -> StoredOperation.Receipt? {
            guard let key = row[3] as String? else { return nil }
            let fingerprint: Int64 = row[4] ?? 0
            return StoredOperation.Receipt(key: key, fingerprint: UInt64(bitPattern: fingerprint), appliedLines: row[5])
        }

        private static func read(_ row: Row, _ revisions: [StoredOperation.Revision]) -> StoredOperation {
            let completed: Int64? = row["completedCount"]
            let lease: Double? = row["lease"]
            let ends: String = row["generationEnds"]
            return StoredOperation(
                revisions: revisions,
                oldestRevision: UInt64(bitPattern: row["oldestRevision"] as Int64),
                isTickOpen: row["isTickOpen"],
                generationEnds: ends.split(separator: ",").compactMap { UInt64($0) },
                counts: completed.map { completed in
                    StoredOperation.Counts(
                        completedCount: completed,
                        totalCount: row["totalCount"],
                        unit: row["unit"],
                        baselineCount: row["baselineCount"] ?? 0,
                        fractionCompleted: row["fractionCompleted"],
                        unitsOfParts: row["unitsOfParts"] ?? 0
                    )
                },
                lease: lease.map { .seconds($0) }
            )
        }
    }

    extension UInt64 {
        /// The number as a column; SQLite's integers have a sign.
        fileprivate var stored: Int64 { Int64(bitPattern: self) }
    }
#endif
