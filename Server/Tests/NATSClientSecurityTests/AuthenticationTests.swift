// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import Foundation
import Testing

@testable import NATSClient

@Suite("Credentials at a real server")
struct AuthenticationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func connects(_ address: NATSAddress, with credentials: NATSCredentials) async throws {
        try await withClient([address], { $0.credentials = credentials }) { client, _ in
            try await client.connected()
            try await client.flush()
        }
    }

    private func refusal(_ address: NATSAddress, with credentials: NATSCredentials) async throws -> NATSError? {
        try await withClient([address], { $0.credentials = credentials }) { _, events in
            await events.wait { $0.isUnreachable }
            return events.all.first?.error
        }
    }

    @Test("A user with a password, in the URL or in the settings")
    func password() async throws {
        let server = try await NATSServer("authorization { user: alice, password: s3cret }", in: folder)
        try await connects(server.address(user: "alice:s3cret"), with: .address)
        try await connects(server.address(), with: .user("alice", password: "s3cret"))
        #expect(try await refusal(server.address(user: "alice:wrong"), with: .address)?.code == .unauthorized)
        #expect(try await refusal(server.address(), with: .address)?.code == .unauthorized)
    }

    @Test("A token, in the URL or in the settings")
    func token() async throws {
        let server = try await NATSServer("authorization { token: t0ken }", in: folder)
        try await connects(server.address(user: "t0ken"), with: .address)
        try await connects(server.address(), with: .token("t0ken"))
        let error = try await refusal(server.address(), with: .token("another"))
        #expect(error?.code == .unauthorized)
        #expect(error?.message.contains("another") == false)
    }

    @Test("A key: the client signs the server's challenge", arguments: NATSServer.programs)
    func key(program: String) async throws {
        let key = try NATSKey(seed: "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY")
        let server = try await NATSServer(
            "authorization { users: [{ nkey: \(key.publicKey) }] }",
            program: program,
            in: folder
        )
        try await connects(server.address(), with: .key(key))
        let other = TestIdentity(.user)
        #expect(try await refusal(server.address(), with: .key(NATSKey(seed: other.seed)))?.code == .unauthorized)
        let open = try await NATSServer(program: program, in: folder)
        // Newer servers always send a challenge, and older ones only if they know keys.
        _ = try await withClient([open.address()], { $0.credentials = .key(key) }) { client, events in
            await events.wait { $0.isConnected || $0.error?.code == .unauthorized }
        }
    }

    @Test("A file of credentials with a JWT", arguments: NATSServer.programs)
    func jwt(program: String) async throws {
        let (`operator`, account, user) = (TestIdentity(.operator), TestIdentity(.account), TestIdentity(.user))
        let server = try await NATSServer(
            """
            operator: \(try `operator`.jwt(for: `operator`))
            resolver: MEMORY
            resolver_preload: { \(account.publicKey): \(try `operator`.jwt(for: account)) }
            """,
            program: program,
            in: folder
        )
        let file = "\(try account.jwt(for: user))\n\(user.seed)\n"
        try await connects(server.address(), with: NATSCredentials(file: file))
        let stranger = TestIdentity(.account)
        let forged = "\(try stranger.jwt(for: user))\n\(user.seed)\n"
        #expect(try await refusal(server.address(), with: NATSCredentials(file: forged))?.code == .unauthorized)
    }

    @Test("A missing permission is reported, and the connection stays")
    func permission() async throws {
        let server = try await NATSServer(
            "authorization { users: [{ user: u, password: p, permissions: { publish: [\"open.>\"], subscribe: [\"_INBOX.>\"] } }] }",
            in: folder
        )
        try await withClient([server.address(user: "u:p")]) { client, events in
            try await client.connected()
            try client.publish(text("x"), to: "closed.a")
            _ = try client.subscribe(to: "closed.a") { _ in }
            await events.wait(2) { $0.error?.code == .refused }
            try client.publish(text("x"), to: "open.a")
            try await client.flush()
            #expect(!events.all.contains { $0.isDisconnected })
        }
    }
}
