// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import Logging
import Testing

@testable import LiveProgressServer

@Suite("A secret file that changes", .timeLimit(.minutes(1)))
struct KeyFilesTests {
    /// A secret file and the authorizer that uses its keys.
    private struct Setting {
        let path: String
        let files: KeyFiles
        let authorizer: TokenAuthorizer
        let log = LogText()

        init() async throws {
            path = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString)").path
            var configuration = AuthorizationConfiguration()
            configuration.secretFile = path
            configuration.keyFileInterval = .milliseconds(2)
            let text = log
            files = KeyFiles(configuration: configuration, logger: Logger(label: "test") { _ in text })
            authorizer = TokenAuthorizer(configuration)
            authorizer.use(try files.load())
        }

        func write(_ keys: [OwnKey], mode: Int = 0o600) throws {
            let text = keys.map { $0.line + "\n" }.joined()
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }

        func isTaken(_ token: String) -> Bool {
            let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
            guard case .granted = authorizer.authorize(ProgressAccessRequest(head: head, renewal: token)) else {
                return false
            }
            return true
        }

        func token(_ key: OwnKey) async throws -> String {
            let claims = TokenClaims(
                subject: nil,
                permissions: [.watch],
                scope: .everything,
                from: .now,
                for: .seconds(600)
            )
            return try TokenIssuer(key: try TokenKey(secret: key)).token(claims)
        }

        func remove() { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test("the file is read again: tokens of a removed key are refused, and tokens of a new key are accepted")
    func changes() async throws {
        let setting = try await Setting()
        defer { setting.remove() }
        let (old, new) = (OwnKey(), OwnKey())
        let (oldToken, newToken) = (try await setting.token(old), try await setting.token(new))
        try setting.write([old])
        setting.files.renew(setting.authorizer)
        #expect(setting.isTaken(oldToken) && !setting.isTaken(newToken))
        // While the file has both keys, tokens of both are valid, and the newest key signs.
        try setting.write([old, new])
        setting.files.renew(setting.authorizer)
        #expect(setting.isTaken(oldToken) && setting.isTaken(newToken))
        #expect(setting.authorizer.adminToken().map(setting.isTaken) == true)
        try setting.write([new])
        setting.files.renew(setting.authorizer)
        #expect(!setting.isTaken(oldToken) && setting.isTaken(newToken))
        #expect(!setting.log.text.contains(Base64URL.encode(new.bytes)))
    }

    @Test("an invalid file does not change the keys, and the log contains no secret")
    func mistakes() async throws {
        let setting = try await Setting()
        defer { setting.remove() }
        let (key, other) = (OwnKey(), OwnKey())
        let token = try await setting.token(key)
        try setting.write([key])
        setting.files.renew(setting.authorizer)
        let mistakes: [() throws -> Void] = [
            { try setting.write([other], mode: 0o644) }, { try setting.write([]) },
            { try setting.write([other, other]) },
            { try Data("k HS256 SECRET!".utf8).write(to: URL(filePath: setting.path)) }, { setting.remove() },
        ]
        for mistake in mistakes {
            try mistake()
            setting.files.renew(setting.authorizer)
            #expect(setting.isTaken(token))
        }
        #expect(setting.log.text.split(separator: "The keys stay as they were").count == mistakes.count + 1)
        #expect(!FileManager.default.fileExists(atPath: setting.path), "no new file is created")
        #expect(!setting.log.text.contains(Base64URL.encode(other.bytes)) && !setting.log.text.contains("SECRET"))
    }

    @Test("a change is found without a signal, also if it happened between the first read and the first check")
    func noticed() async throws {
        let setting = try await Setting()
        defer { setting.remove() }
        let key = OwnKey()
        let token = try await setting.token(key)
        let mark = setting.files.mark
        try setting.write([key])
        let watching = Task { await setting.files.watch(setting.authorizer, since: mark) }
        while !setting.isTaken(token) { await Task.yield() }
        watching.cancel()
        await watching.value
    }
}
