// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import LiveProgressSQLite
import Testing

/// Files of each released version of the schema, as a server of that version left them.
@Suite("Files of earlier versions")
struct SchemaVersionTests {
    @Test("A file of version 1 opens with everything in it, and stays usable")
    func version1() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("store.sqlite")
        try FileManager.default.copyItem(atPath: Self.fixture("version-1.sqlite"), toPath: path)
        let store = SQLiteStore(path: path)
        let contents = try await store.load()
        #expect(!contents.wasClosed)
        #expect(contents.operations.map(\.id) == ["running", "succeeded", "failed"])
        #expect(Array(contents.tombstones.keys) == ["deleted"])
        let running = try #require(contents.operations.first)
        #expect(running.revisions.map(\.snapshot.revision) == [0, 1, 2, 3, 4])
        #expect(running.generationEnds == [2])
        #expect(running.newest.cursor.generation == 1)
        #expect(running.newest.title == "Import" && running.newest.labels == ["team": "data"])
        #expect(running.newest.state == "Reading" && running.newest.details == ["file": "a.csv"])
        #expect(running.lease == .seconds(90))
        let counts = StoredOperation.Counts(completedCount: 6, totalCount: 100, unit: "rows", baselineCount: 1)
        #expect(running.counts == counts)
        #expect(running.revisions.map { $0.receipt != nil } == [true, false, true, false, true])
        #expect(contents.operations[1].newest.result == ["rows": 7])
        #expect(contents.operations[2].newest.error?.title == "Disk full")
        try await store.commit(ProgressStoreBatch(changes: [running]))
        try await store.close()
        let again = try await SQLiteStore(path: path).load()
        #expect(again.operations == contents.operations && again.wasClosed)
    }

    private static func fixture(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
    }
}
