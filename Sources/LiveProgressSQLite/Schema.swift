// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if SQLite
    import GRDB
    import LiveProgress

    /// The schema of a store, its versions, and the checks of a file before it is used.
    enum Schema {
        /// The `application_id` of a file: "LvPr" in ASCII.
        static let applicationID: Int32 = 0x4C76_5072

        /// The steps from an empty file to the newest version; `user_version` is the number of steps that a file has taken.
        ///
        /// A step never changes once it is released: a new version appends a step.
        static let migrations: [String] = [
            """
            CREATE TABLE operation (
                number INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                epoch TEXT NOT NULL
            ) STRICT;
            CREATE TABLE revision (
                operation INTEGER NOT NULL,
                revision INTEGER NOT NULL,
                message TEXT NOT NULL,
                reportSize INTEGER NOT NULL,
                receiptKey TEXT,
                receiptFingerprint INTEGER,
                receiptLines INTEGER,
                oldestRevision INTEGER NOT NULL,
                isTickOpen INTEGER NOT NULL,
                generationEnds TEXT NOT NULL,
                lease REAL,
                completedCount INTEGER,
                totalCount INTEGER,
                unit TEXT,
                baselineCount INTEGER,
                fractionCompleted REAL,
                unitsOfParts REAL,
                PRIMARY KEY (operation, revision)
            ) STRICT;
            CREATE TABLE tombstone (
                id TEXT PRIMARY KEY,
                untilMilliseconds INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE store (wasClosed INTEGER NOT NULL) STRICT;
            INSERT INTO store VALUES (1);
            """,
            "ALTER TABLE revision ADD COLUMN worker TEXT",
        ]

        /// The settings of each connection.
        static var configuration: Configuration {
            var configuration = Configuration()
            configuration.label = "LiveProgress.SQLiteStore"
            // A reader, such as a backup, may hold the file for a moment.
            configuration.busyMode = .timeout(5)
            return configuration
        }

        /// Checks that a file is empty or of Live Progress, and sound; changes nothing.
        static func check(_ db: Database, path: String) throws {
            let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            if application == 0, version == 0, tables == 0 { return }
            guard application == applicationID else { throw foreign(path) }
            guard version <= migrations.count else {
                throw ProgressStoreError(
                    """
                    The store \(path) is of a newer version (\(version)) than this program (\(migrations.count)). \
                    Use the newer program, or choose another path.
                    """
                )
            }
            let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "ok"
            guard finding == "ok" else { throw damaged(path, finding) }
        }

        /// Sets the modes of the file, and brings its schema to the newest version.
        static func prepare(_ db: Database) throws {
            try db.execute(sql: "PRAGMA journal_mode=WAL")
            try db.execute(sql: "PRAGMA synchronous=FULL")
            try db.inTransaction(.immediate) {
                let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                guard version < migrations.count else { return .commit }
                for migration in migrations[version...] { try db.execute(sql: migration) }
                try db.execute(sql: "PRAGMA application_id=\(applicationID)")
                try db.execute(sql: "PRAGMA user_version=\(migrations.count)")
                return .commit
            }
        }

        /// Converts an error of SQLite at the opening of a file.
        static func refusal(_ error: DatabaseError, path: String) -> ProgressStoreError {
            switch error.resultCode {
            case .SQLITE_NOTADB: foreign(path)
            case .SQLITE_CORRUPT: damaged(path, error.message ?? "\(error.resultCode)")
            default:
                ProgressStoreError("The store \(path) cannot be opened: \(error.message ?? "\(error.resultCode)").")
            }
        }

        private static func foreign(_ path: String) -> ProgressStoreError {
            ProgressStoreError("\(path) is not a store of Live Progress. Choose another path, or move the file away.")
        }

        static func damaged(_ path: String, _ finding: String) -> ProgressStoreError {
            ProgressStoreError(
                """
                The store \(path) is damaged: \(finding). Restore a backup; or save what is left with \
                "sqlite3 \(path) .recover"; or move the file away to start without operations.
                """
            )
        }
    }
#endif
