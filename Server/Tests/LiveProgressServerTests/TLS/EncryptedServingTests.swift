// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressClient
import LiveProgressClientTLS
import LiveProgressServer
import NIOCore
import Testing

@Suite("The server over TLS", .timeLimit(.minutes(2)))
struct EncryptedServingTests {
    /// Runs a test against a server with a certificate, and a client configuration that trusts its certificate authority.
    private static func withEncryptedServer(
        _ folder: CertificateFolder,
        _ body: (RunningServer, ProgressClient.Configuration) async throws -> Void
    ) async throws {
        defer { folder.remove() }
        var configuration = ProgressClient.Configuration()
        configuration.security = try ClientTLS(trusting: .file(folder.authority()))
        configuration.maximumConnectAttempts = 1
        try await withServer {
            $0.transport.tls = folder.files
        } _: { server in
            try await body(server, configuration)
        }
    }

    @Test("the client reports and watches over https and wss as over http and ws")
    func reportsAndWatches() async throws {
        try await Self.withEncryptedServer(CertificateFolder()) { server, configuration in
            #expect(server.url.hasPrefix("https://127.0.0.1:"))
            let client = try ProgressClient(url: server.url, configuration: configuration)
            let id = try await client.create().snapshot.id
            var states: [String] = []
            for try await event in client.events(of: id) {
                states.append(event.snapshot.state)
                if states.count == 1 { _ = try await client.report(id, ProgressReport(state: "Copying")) }
                if states.count == 2 {
                    var end = ProgressReport()
                    end.outcome = .succeeded(result: .null)
                    _ = try await client.report(id, end)
                }
            }
            #expect(states.prefix(2) == ["Pending", "Copying"])
            #expect(states.count == 3)
        }
    }

    @Test("the client refuses a certificate of an unknown authority, and the error is not transient")
    func distrustsStrangers() async throws {
        try await Self.withEncryptedServer(CertificateFolder()) { server, configuration in
            var configuration = configuration
            configuration.security = try ClientTLS()
            let client = try ProgressClient(url: server.url, configuration: configuration)
            let error = await #expect(throws: ProgressClientError.self) { try await client.list() }
            #expect(error?.code == .insecure)
            #expect(error?.isTransient == false)
            let id = ProgressID("a")
            let watchError = await #expect(throws: ProgressClientError.self) {
                for try await _ in client.events(of: id) {}
            }
            #expect(watchError?.code == .insecure)
            #expect(server.service.operationCount == 0)
        }
    }

    @Test("the client refuses a certificate for another host")
    func distrustsOtherHosts() async throws {
        let folder = try CertificateFolder(TestCertificates.elsewhere, TestCertificates.elsewhereKey)
        try await Self.withEncryptedServer(folder) { server, configuration in
            let localhost = server.url.replacing("127.0.0.1", with: "localhost")
            for url in [server.url, localhost] {
                let client = try ProgressClient(url: url, configuration: configuration)
                let error = await #expect(throws: ProgressClientError.self) { try await client.list() }
                #expect(error?.code == .insecure)
                #expect(error?.message.contains("another host") == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test("a client without TLS refuses an https URL, and the error names the missing setting")
    func lacksTLS() async throws {
        let error = #expect(throws: ProgressClientError.self) { try ProgressClient(url: "https://127.0.0.1:1") }
        #expect(error?.code == .unsupportedScheme)
        #expect(error?.message.contains("security") == true)
        let server = try ProgressServerAddress("wss://127.0.0.1:1")
        let later = await #expect(throws: ProgressClientError.self) { try await ProgressClient(server: server).list() }
        #expect(later?.code == .unsupportedScheme)
    }

    @Test("a file without certificates is refused as a certificate authority")
    func noAuthority() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        for path in ["/nowhere/ca.pem", folder.files.key] {
            let error = #expect(throws: ClientTLS.InvalidAuthorities.self) { try ClientTLS(trusting: .file(path)) }
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test("a plain HTTP request to a TLS port is not answered, and the next client is served")
    func refusesClear() async throws {
        try await Self.withEncryptedServer(CertificateFolder()) { server, configuration in
            let answer = try await server.answer("GET /healthz HTTP/1.1")
            #expect(!answer.contains("HTTP/1.1 200"))
            let client = try ProgressClient(url: server.url, configuration: configuration)
            #expect(try await client.list().snapshots.isEmpty)
        }
    }
}
