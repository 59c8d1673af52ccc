// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import Testing

@testable import LiveProgressServer

@Suite("The secret file")
struct SecretFileTests {
    private func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.path)
    }

    private func write(_ text: String, to path: String, mode: Int = 0o600) {
        _ = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: mode]
        )
    }

    @Test("A missing file is created with access for its owner only, and has the same keys when it is read again")
    func creation() async throws {
        try await withFolder { folder in
            let path = folder + "/keys"
            #expect(throws: ServerConfigurationError.self) { try SecretFile.load(at: path, creates: false) }
            let keys = try SecretFile.load(at: path, creates: true)
            #expect(keys.count == 1 && keys[0].bytes.count == 32)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try SecretFile.load(at: path, creates: true) == keys)
        }
    }

    @Test(
        "A file that other users can access is refused, and the error contains the command that fixes it",
        arguments: [0o640, 0o604, 0o620, 0o666]
    )
    func modes(mode: Int) async throws {
        try await withFolder { folder in
            let path = folder + "/keys"
            write(OwnKey().line, to: path, mode: mode)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let error = #expect(throws: ServerConfigurationError.self) { try SecretFile.load(at: path, creates: true) }
            #expect(error?.message.contains("chmod 600 \(path)") == true)
        }
    }

    @Test("Each line is a key, and the newest is last; comments and empty lines are ignored; one long word is a secret")
    func lines() throws {
        let (first, second) = (OwnKey(), OwnKey(kind: .edDSA))
        let word = String(repeating: "x", count: 32)
        let keys = try SecretFile.keys(in: "# c\n\(first.line)\n\n  \(second.line)\r\n\(word)\n", "f")
        #expect(keys.prefix(2) == [first, second])
        #expect(keys.last?.bytes == Array(word.utf8) && keys.last?.kind == .hs256)
    }

    @Test(
        "An invalid line is an error, and the error does not contain the line",
        arguments: ["", "# only\n", "short", "a HS256 c2hvcnQ", "a RS256 AAAA", "a b", "a HS256 !!!", "a EdDSA AAAA"]
    )
    func malformed(text: String) {
        let error = #expect(throws: ServerConfigurationError.self) { try SecretFile.keys(in: text, "FILE") }
        #expect(error?.message.contains("FILE") == true)
        #expect(error?.message.contains("c2hvcnQ") == false && error?.message.contains("short") == false)
    }

    @Test("Two keys with the same identifier are refused")
    func names() {
        let key = OwnKey()
        #expect(throws: ServerConfigurationError.self) { try SecretFile.keys(in: "\(key.line)\n\(key.line)", "f") }
    }

    @Test("The tool creates valid tokens, shows their claims, and detects changed tokens")
    func tool() async throws {
        try await withFolder { folder in
            let tool = try TokenTool(secretFile: folder + "/keys", creates: true)
            let token = try tool.create(
                subject: "me",
                permissions: [.watch],
                scope: .labels(["a": "b"]),
                for: .seconds(60)
            )
            let good = tool.inspect(token)
            #expect(good.isVerified && good.problem == nil)
            #expect(good.claims?.contains(#""labels":{"a":"b"}"#) == true)
            let bad = tool.inspect(token.dropLast(5) + "AAAAA")
            #expect(!bad.isVerified && bad.problem == TokenError.badSignature.reason)
            let other = try TokenTool(secretFile: folder + "/others", creates: true)
            #expect(other.inspect(token).problem == TokenError.badSignature.reason)
            #expect(try TokenTool(secretFile: nil, creates: false).inspect("x").claims == nil)
        }
    }
}
