// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import NIOCore
import Testing

@testable import NATSClient

@Suite("TLS with a real server")
struct TLSTests {
    private let folder: TemporaryFolder
    private var authorities: String { folder.path + "/ca.pem" }

    init() throws {
        folder = try TemporaryFolder()
        let extensions = "subjectAltName=IP:127.0.0.1"
        try openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Tests"
        )
        for name in ["server", "client"] {
            try openssl(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)"
            )
            try extensions.write(toFile: folder.path + "/ext", atomically: true, encoding: .utf8)
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).pem -days 2 -extfile ext"
            )
        }
    }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestFailure("openssl \(arguments) failed.") }
    }

    private func settings(_ more: String = "") -> String {
        "tls { cert_file: \"\(folder.path)/server.pem\", key_file: \"\(folder.path)/server.key\", ca_file: \"\(authorities)\" \(more) }"
    }

    private func messagesArrive(
        _ server: NATSServer,
        _ scheme: String,
        _ change: (inout NATSConfiguration) -> Void = { _ in }
    ) async throws {
        let path = authorities
        try await withClient(
            [server.address(scheme)],
            {
                $0.tls.authorities = path
                change(&$0)
            }
        ) { client, _ in
            try await client.connected()
            let received = Received()
            _ = try client.subscribe(to: "a", receive: received.take)
            for number in 0..<100 { try client.publish(ByteBuffer(string: "\(number)"), to: "a") }
            #expect(await received.next(100) == (0..<100).map { "\($0)" })
        }
    }

    private func failure(_ server: NATSServer, _ scheme: String, _ change: (inout NATSConfiguration) -> Void = { _ in })
        async throws -> NATSError?
    {
        try await withClient([server.address(scheme)], change) { _, events in
            await events.wait { $0.isUnreachable }
            return events.all.first?.error
        }
    }

    @Test("TLS after INFO, asked for by the URL or required by the server", arguments: NATSServer.programs)
    func upgraded(program: String) async throws {
        let server = try await NATSServer(settings(), program: program, in: folder)
        for scheme in ["tls", "nats"] { try await messagesArrive(server, scheme) }
    }

    @Test("TLS before INFO, with a server that supports it")
    func first() async throws {
        let server = try await NATSServer(settings(", handshake_first: true"), in: folder)
        try await messagesArrive(server, "tls") { $0.tls.isFirst = true }
    }

    @Test("A client's certificate, where the server asks for one")
    func mutual() async throws {
        let server = try await NATSServer(settings(", verify: true"), in: folder)
        let path = folder.path
        try await messagesArrive(server, "tls") {
            $0.tls.certificate = path + "/client.pem"
            $0.tls.privateKey = path + "/client.key"
        }
        let authorities = authorities
        #expect(try await failure(server, "tls") { $0.tls.authorities = authorities } != nil)
    }

    @Test("A certificate of an unknown authority, a server without TLS and missing files are clear errors")
    func refused() async throws {
        let server = try await NATSServer(settings(), in: folder)
        #expect(try await failure(server, "tls")?.code == .insecure)
        let plain = try await NATSServer(in: folder)
        #expect(try await failure(plain, "tls")?.code == .insecure)
        let error = try await failure(server, "tls") { $0.tls.authorities = "/nowhere/ca.pem" }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("/nowhere/ca.pem") == true)
    }
}
