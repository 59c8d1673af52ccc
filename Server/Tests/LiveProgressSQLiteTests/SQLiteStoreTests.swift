// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import LiveProgressSQLite
import LiveProgressTesting
import Testing

@Suite struct SQLiteStoreTests {
    @Test(arguments: StoreConformance.cases)
    func keepsItsPromises(_ conformance: StoreConformance) async throws {
        let folder = try TemporaryFolder()
        try await conformance.run { FolderMedium(folder: folder) }
    }

    @Test(
        "Each file that is not a sound store of this version is refused with advice, and stays as it was",
        arguments: [
            ("foreign", "not a store of Live Progress"), ("text", "not a store of Live Progress"),
            ("newer", "newer version (999)"), ("damaged", "is damaged"),
        ]
    )
    func refused(kind: String, expected: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("x.sqlite")
        try await Self.make(kind, at: path)
        let before = try Data(contentsOf: URL(filePath: path))
        let error = await #expect(throws: ProgressStoreError.self) { try await SQLiteStore(path: path).load() }
        #expect(error?.message.contains(expected) == true, "\(String(describing: error))")
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test("A path that cannot be opened is refused with its reason")
    func unreachable() async throws {
        let error = await #expect(throws: ProgressStoreError.self) {
            try await SQLiteStore(path: "/nonexistent/x.sqlite").load()
        }
        #expect(error?.message.contains("No such file or directory") == true)
    }

    @Test("The files are for their user alone")
    func permissions() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("x.sqlite")
        let store = SQLiteStore(path: path)
        _ = try await store.load()
        try await store.commit(ProgressStoreBatch(forgottenTombstones: ["a"]))
        for suffix in ["", "-wal", "-shm", "-lock"] {
            let mode = try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions]
            #expect(mode as? Int == 0o600, "\(suffix)")
        }
    }

    @Test("After the file was deleted, everything is written to a new one, in every round")
    func deleted() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("x.sqlite")
        let (statuses, continuation) = AsyncStream<ProgressStoreStatus>.makeStream()
        var configuration = ProgressService.Configuration()
        configuration.onStoreStatus = { continuation.yield($0) }
        let service = try await ProgressService(configuration: configuration, store: SQLiteStore(path: path))
        var changes = statuses.makeAsyncIterator()
        let tracker = try service.createProgress(id: "kept")
        let ended = try service.createProgress(id: "ended")
        ended.succeed()
        try await ended.committed()
        for round in 1...3 {
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            tracker.update("Round \(round)")
            await #expect(throws: ProgressError.self) { try await tracker.committed() }
            #expect(await changes.next()?.failure != nil)
            #expect(await changes.next()?.failure == nil)
            try await tracker.committed()
        }
        await service.close()
        let contents = try await SQLiteStore(path: path).load()
        #expect(contents.operations.map(\.newest.state) == ["Round 3", "Succeeded"])
    }

    private static func make(_ kind: String, at path: String) async throws {
        switch kind {
        case "text": try Data("To be or not to be, that is the question.\n".utf8).write(to: URL(filePath: path))
        case "foreign": try SQLiteFile.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)", at: path)
        default:
            let store = SQLiteStore(path: path)
            _ = try await store.load()
            try await store.commit(ProgressStoreBatch(forgottenTombstones: ["a"]))
            try await store.close()
            if kind == "newer" { try SQLiteFile.execute("PRAGMA user_version=999", at: path) }
            if kind == "damaged" {
                let file = try FileHandle(forUpdating: URL(filePath: path))
                try file.seek(toOffset: 4096 + 3)
                try file.write(contentsOf: Data(repeating: 0xEE, count: 600))
                try file.close()
            }
        }
    }
}
