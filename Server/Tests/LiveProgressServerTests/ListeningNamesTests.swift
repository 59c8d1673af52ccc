// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
import Testing

@testable import LiveProgressServer

@Suite("The host of the administrator's link")
struct ListeningNamesTests {
    private func link(_ host: String, _ hosts: [String] = [], isEncrypted: Bool = false) -> String {
        var configuration = ServerConfiguration()
        configuration.host = host
        configuration.hosts = hosts
        if isEncrypted { configuration.transport.tls = TLSFiles(certificate: "c.pem", key: "k.pem") }
        let names = ListeningNames(configuration, machine: "box.example")
        return names.url(of: names.reachable, port: 80)
    }

    @Test(
        "it is the configured host, if that is a single address",
        arguments: ["127.0.0.1", "localhost", "10.0.0.1", "a.example"]
    )
    func itself(host: String) {
        #expect(link(host) == "http://\(host):80")
        #expect(link(host, isEncrypted: true) == "https://\(host):80")
    }

    @Test("an IPv6 address has brackets", arguments: ["::1", "[::1]"])
    func brackets(host: String) {
        #expect(link(host) == "http://[::1]:80")
    }

    @Test(
        "it is a name of the machine, if the server listens on all addresses",
        arguments: ["0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0", "0"]
    )
    func any(host: String) {
        #expect(link(host) == "http://localhost:80")
        #expect(link(host, isEncrypted: true) == "https://box.example:80")
    }

    @Test(
        "it is one of the configured host names",
        arguments: [
            ("0.0.0.0", ["a.example", "b.example"], "a.example"), ("::", ["localhost", "a.example"], "a.example"),
            ("0.0.0.0", ["localhost"], "localhost"), ("127.0.0.1", ["a.example"], "a.example"),
            ("127.0.0.1", ["a.example", "localhost"], "127.0.0.1"), ("10.0.0.1", ["10.0.0.1"], "10.0.0.1"),
        ]
    )
    func listed(host: String, hosts: [String], expected: String) {
        #expect(link(host, hosts) == "http://\(expected):80")
        #expect(HostNames(hosts).contains(expected))
    }
}
