// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import FuzzSupport
import FuzzTargets
import Testing

/// Runs the check of each fuzz target on every input of its corpus.
@Suite("The corpus of the fuzzers", .serialized)
struct CorpusTests {
    private static let corpus = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Corpus")

    @Test("every input passes the check of its target, also with one byte changed", arguments: FuzzTarget.allCases)
    func corpus(of target: FuzzTarget) throws {
        let folder = Self.corpus.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty, "\(folder.path) has no input")
        for file in files.sorted(by: { $0.path < $1.path }) {
            let bytes = Array(try Data(contentsOf: file))
            CheckedInput.check(bytes, of: target.rawValue, target.check)
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 1 << UInt8(index % 8)
                CheckedInput.check(changed, of: target.rawValue, target.check)
            }
        }
    }

    @Test("every corpus folder belongs to a target, and every target has a folder")
    func folders() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
        #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
    }
}
