// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
import Testing

@testable import LiveProgressServer

@Suite("The addresses that a server can listen on")
struct ExposureTests {
    private static let hosts = [
        "0.0.0.0", "0", "::", "[::]", "192.168.1.1", "fe80::1", "::ffff:127.0.0.1", "progress.example",
        "127.0.0.1.example",
        "localhost.example", "",
    ]

    @Test(
        "an address other than loopback needs --insecure, or keys and either TLS or a trusted proxy",
        arguments: [
            (false, false, false, false, false), (false, false, true, false, false), (false, false, false, true, false),
            (false, false, true, true, false), (false, true, false, false, false), (false, true, true, false, true),
            (false, true, false, true, true), (false, true, true, true, true), (true, false, false, false, true),
            (true, true, false, false, true), (true, false, true, true, true), (true, true, true, true, true),
        ]
    )
    func table(isInsecure: Bool, hasKeys: Bool, hasTLS: Bool, hasTrustedProxies: Bool, isAllowed: Bool) {
        for host in Self.hosts + ["127.0.0.1", "localhost", "::1"] {
            let exposure = Exposure(
                host: host,
                isInsecure: isInsecure,
                hasKeys: hasKeys,
                hasTLS: hasTLS,
                hasTrustedProxies: hasTrustedProxies
            )
            #expect((exposure.objection == nil) == (isAllowed || !Self.hosts.contains(host)), "\(exposure)")
        }
    }

    @Test("the error names only the missing settings")
    func names() {
        let bare = Exposure(host: "::").objection
        #expect(bare?.contains("no key") == true)
        #expect(bare?.contains("--tls-cert") == true)
        #expect(bare?.contains("--trusted-proxy") == true)
        #expect(bare?.contains("--insecure") == true)
        #expect(Exposure(host: "::", hasTLS: true).objection?.contains("--tls-cert") == false)
        #expect(Exposure(host: "::", hasKeys: true).objection?.contains("no key") == false)
    }

    @Test("the certificate, its key and the proxies are read from the configuration")
    func reads() async throws {
        let transport = try await ServerConfiguration.read(
            options: [:],
            file: nil,
            environment: [
                "LIVE_PROGRESS_TLS_CERTIFICATE": "/c.pem", "LIVE_PROGRESS_TLS_KEY": "/k.pem",
                "LIVE_PROGRESS_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            ]
        ).transport
        #expect(transport.tls == TLSFiles(certificate: "/c.pem", key: "/k.pem"))
        #expect(transport.trustedProxies == (try TrustedProxies(["10.0.0.0/8", "::1"])))
    }

    @Test(
        "a certificate without its key, a key without its certificate, and an invalid proxy range are errors",
        arguments: [
            ("LIVE_PROGRESS_TLS_CERTIFICATE", "/c.pem", "--tls-key"), ("LIVE_PROGRESS_TLS_KEY", "/k.pem", "--tls-cert"),
            ("LIVE_PROGRESS_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/33"),
        ]
    )
    func refuses(variable: String, value: String, hint: String) async throws {
        let error = await #expect(throws: ServerConfigurationError.self) {
            _ = try await ServerConfiguration.read(options: [:], file: nil, environment: [variable: value])
        }
        #expect(error?.message.contains(hint) == true)
    }
}
