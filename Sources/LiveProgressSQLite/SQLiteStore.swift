// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if SQLite
    import Foundation
    import GRDB
    public import LiveProgress
    import Synchronization

    /// A store in one SQLite file.
    ///
    /// The file is in WAL mode with `synchronous=FULL`: each commit ends with an `fsync` of the log, so that it survives the
    /// loss of power. (`NORMAL` would survive only the end of the process.) Only one process may use the file; others may
    /// read it, such as for a backup.
    ///
    /// ```swift
    /// let service = try await ProgressService(store: SQLiteStore(path: "progress.sqlite"))
    /// ```
    public final class SQLiteStore: ProgressStore {
        /// An open file, and the lock that keeps other processes out.
        private struct Connection {
            let queue: DatabaseQueue
            let identity: FileIdentity
        }

        private struct State {
            var connection: Connection?
            var lock: FileLock?
        }

        /// The path of the file.
        public let path: String
        private let state = Mutex(State())

        /// Creates a store; ``load()`` opens the file, or creates it for its user alone.
        ///
        /// - Parameter path: The path of the file; its folder must exist. The files `PATH-wal`, `PATH-shm` and `PATH-lock`
        ///   belong to it.
        public init(path: String) {
            self.path = path
        }

        /// The name of the store for the operator.
        public var description: String { "SQLite, \(path)" }

        /// Opens the file and returns everything in it.
        ///
        /// - Throws: `ProgressStoreError` if another process uses the file, or if the file is not of Live Progress, of a newer
        ///   version, or damaged. The file is then unchanged.
        public func load() async throws -> ProgressStoreContents {
            let lock = try FileLock(path: path + "-lock", of: path)
            let connection = try open()
            let contents: ProgressStoreContents
            do {
                contents = try await connection.queue.write { db in
                    let contents = try StoredRows.load(db, path: path)
                    try StoredRows.setClosed(false, db)
                    return contents
                }
            } catch let error as DatabaseError {
                throw Schema.refusal(error, path: path)
            }
            state.withLock { state in
                state.lock = lock
                state.connection = connection
            }
            return contents
        }

        /// Commits a batch; returns when it is on the disk.
        public func commit(_ batch: ProgressStoreBatch) async throws {
            let connection = try state.withLock(\.connection) ?? reopen()
            try await connection.queue.write { db in try StoredRows.write(batch, db) }
            // A commit to a file that was deleted would be lost, so it must not count.
            guard connection.identity == FileIdentity(of: path) else {
                state.withLock { $0.connection = nil }
                throw ProgressStoreError("The file was deleted or replaced while it was in use.")
            }
        }

        /// Marks the file as closed, and releases it.
        public func close() async throws {
            guard let connection = state.withLock({ $0.connection.take() }) else { return }
            try await connection.queue.write { db in try StoredRows.setClosed(true, db) }
            try connection.queue.close()
            state.withLock { $0.lock = nil }
        }

        private func open() throws -> Connection {
            try FileIdentity.createPrivate(path)
            do {
                let queue = try DatabaseQueue(path: path, configuration: Schema.configuration)
                try queue.write { db in try Schema.check(db, path: path) }
                try queue.writeWithoutTransaction { db in try Schema.prepare(db) }
                return Connection(queue: queue, identity: try FileIdentity(existing: path))
            } catch let error as DatabaseError {
                throw Schema.refusal(error, path: path)
            }
        }

        /// Opens the file again after it was deleted; a new file gets everything once more.
        private func reopen() throws -> Connection {
            let connection = try open()
            let count = try connection.queue.read { db in try StoredRows.operationCount(db) }
            guard count == 0 else {
                throw ProgressStoreError(
                    "\(path) was replaced by another file with operations. Move that file away; the server then writes a new one."
                )
            }
            state.withLock { $0.connection = connection }
            throw ProgressStoreError(
                "The file was deleted; everything is written to a new file.",
                hasLostContents: true
            )
        }
    }
#endif
