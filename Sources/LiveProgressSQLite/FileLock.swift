// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if SQLite
    import Foundation
    import LiveProgress

    /// A lock on a file, held until the value is released or the process ends.
    ///
    /// The lock is a file of its own, because SQLite's own locks would keep readers out too, such as a backup.
    final class FileLock: Sendable {
        private let descriptor: Int32

        /// Takes the lock.
        ///
        /// - Throws: `ProgressStoreError` if another process, or another store of this process, has the lock.
        init(path: String, of store: String) throws {
            descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw FileIdentity.error("The store \(store) cannot be opened", errno) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                Foundation.close(descriptor)
                guard code == EWOULDBLOCK else { throw FileIdentity.error("The store \(store) cannot be locked", code) }
                throw ProgressStoreError(
                    "Another process uses the store \(store). End that process, or choose another path with --store."
                )
            }
        }

        deinit {
            // A child process that was forked, and has not executed its program yet, has the descriptor too.
            flock(descriptor, LOCK_UN)
            Foundation.close(descriptor)
        }
    }

    /// The identity of a file, which a deletion or a replacement changes.
    struct FileIdentity: Hashable, Sendable {
        private let device: UInt64
        private let number: UInt64

        /// Reads the identity of the file at a path; `nil` if there is none.
        init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            number = UInt64(status.st_ino)
        }

        init(existing path: String) throws {
            guard let identity = FileIdentity(of: path) else {
                throw Self.error("The store \(path) cannot be read", errno)
            }
            self = identity
        }

        /// Creates the file for its user alone, if there is none.
        static func createPrivate(_ path: String) throws {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw error("The store \(path) cannot be opened", errno) }
            Foundation.close(descriptor)
        }

        static func error(_ text: String, _ code: Int32) -> ProgressStoreError {
            ProgressStoreError("\(text): \(String(cString: strerror(code))). Check the path and its permissions.")
        }
    }
#endif
