// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import GRDB
import LiveProgress
import LiveProgressSQLite
import LiveProgressTesting
import Synchronization

/// A folder that is removed with the value.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }
}

/// A medium of SQLite files; a crash goes on with a copy of the files, as a new process finds them.
final class FolderMedium: StoreMedium {
    private let folder: TemporaryFolder
    private let copies = Mutex(0)

    init(folder: TemporaryFolder) { self.folder = folder }

    private var path: String { folder.path("store-\(copies.withLock(\.self)).sqlite") }

    func open() -> any ProgressStore { SQLiteStore(path: path) }

    func crash(_ store: any ProgressStore) throws {
        let former = path
        copies.withLock { $0 += 1 }
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: former + suffix) {
            try FileManager.default.copyItem(atPath: former + suffix, toPath: path + suffix)
        }
    }
}

/// SQL on a file, beside the store.
enum SQLiteFile {
    static func execute(_ sql: String, at path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }
}
