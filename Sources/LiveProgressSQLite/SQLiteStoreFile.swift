// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if SQLite
    import Foundation
    import GRDB
    import LiveProgress

    /// The file of a `SQLiteStore`, for its care: checks, exports, backups, compaction.
    ///
    /// ```swift
    /// try SQLiteStoreFile(path: "progress.sqlite").backup(to: "backup.sqlite")
    /// ```
    public struct SQLiteStoreFile: Sendable {
        /// The contents of a sound file.
        public struct Summary: Sendable, Hashable {
            /// The number of operations.
            public let operations: Int
            /// The number of revisions of all operations.
            public let revisions: Int
            /// The size of the file in bytes, without its log.
            public let bytes: Int
        }

        /// The path of the file.
        public let path: String

        /// Creates a value for the file at a path.
        public init(path: String) { self.path = path }

        /// Reads every page and every operation; safe while a service uses the file.
        ///
        /// - Throws: `ProgressStoreError` if the file is damaged, or not a store of this version.
        public func check() throws -> Summary {
            try reading { db in
                let findings = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)")
                guard findings == ["ok"] else { throw Schema.damaged(path, findings.joined(separator: "; ")) }
                var (operations, revisions) = (0, 0)
                try StoredRows.operations(db, path: path) { operation in
                    operations += 1
                    revisions += operation.revisions.count
                }
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                let size = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
                return Summary(operations: operations, revisions: revisions, bytes: pages * size)
            }
        }

        /// Passes the operations on as JSON texts, in the form of the API; safe while a service uses the file.
        ///
        /// - Parameters:
        ///   - history: Whether to pass on all kept revisions, and not only the newest of each operation.
        ///   - body: Receives one text for each revision.
        /// - Throws: `ProgressStoreError` if the file is damaged, or not a store of this version; the error of `body`.
        public func export(history: Bool, _ body: (String) throws -> Void) throws {
            let newest = "AND revision = (SELECT max(revision) FROM revision WHERE operation = number)"
            try reading { db in
                let texts = try String.fetchCursor(
                    db,
                    sql: """
                        SELECT message FROM operation JOIN revision ON operation = number \(history ? "" : newest)
                        ORDER BY number, revision
                        """
                )
                while let text = try texts.next() { try body(text) }
            }
        }

        /// Copies the file as it is at one moment; safe while a service uses the file.
        ///
        /// - Parameter target: The path of the copy, which must not exist.
        /// - Throws: `ProgressStoreError` if the file is not a store of this version, or if the copy exists.
        public func backup(to target: String) throws {
            guard FileIdentity(of: target) == nil else {
                throw ProgressStoreError("\(target) exists already. Choose another path for the backup.")
            }
            try FileIdentity.createPrivate(target)
            do {
                try writing { db in try db.execute(sql: "VACUUM INTO ?", arguments: [target]) }
            } catch {
                unlink(target)
                throw error
            }
        }

        /// Returns the space of removed operations to the file system.
        ///
        /// - Throws: `ProgressStoreError` if a service uses the file.
        public func compact() throws {
            let lock = try FileLock(path: path + "-lock", of: path)
            try writing { db in
                try db.execute(sql: "VACUUM")
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            withExtendedLifetime(lock) {}
        }

        /// Runs work in one transaction that only reads, so that all statements see the same state.
        private func reading<Result>(_ body: (Database) throws -> Result) throws -> Result {
            try opened { queue in
                try queue.read { db in
                    try Schema.check(db, path: path)
                    return try body(db)
                }
            }
        }

        private func writing(_ body: (Database) throws -> Void) throws {
            try opened { queue in
                try queue.writeWithoutTransaction { db in
                    try Schema.check(db, path: path)
                    try body(db)
                }
            }
        }

        private func opened<Result>(_ body: (DatabaseQueue) throws -> Result) throws -> Result {
            guard FileIdentity(of: path) != nil else {
                throw FileIdentity.error("The store \(path) cannot be opened", ENOENT)
            }
            do {
                return try body(DatabaseQueue(path: path, configuration: Schema.configuration))
            } catch let error as DatabaseError {
                throw Schema.refusal(error, path: path)
            }
        }
    }
#endif
