// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable @_spi(Server) import LiveProgressClient

@Suite("Server addresses and operation URLs")
struct ProgressTargetTests {
    @Test(
        "A base URL is parsed into host, port and prefix",
        arguments: [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, "", "http://127.0.0.1:8080"),
            ("http://localhost", "localhost", 80, "", "http://localhost"),
            ("http://localhost/", "localhost", 80, "", "http://localhost"),
            ("WS://example.org:/jobs//", "example.org", 80, "/jobs", "http://example.org/jobs"),
            ("ws://[::1]:9/a/b?x=1#y", "::1", 9, "/a/b", "http://[::1]:9/a/b"),
            ("http://[fe80::1]", "fe80::1", 80, "", "http://[fe80::1]"),
            ("http://h?x", "h", 80, "", "http://h"),
            ("https://h", "h", 443, "", "https://h"), ("wss://h:443/a", "h", 443, "/a", "https://h/a"),
            ("https://h:80", "h", 80, "", "https://h:80"), ("http://h:443", "h", 443, "", "http://h:443"),
        ]
    )
    func addresses(text: String, host: String, port: Int, prefix: String, url: String) throws {
        let address = try ProgressServerAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.prefix == prefix)
        #expect(address.url == url)
    }

    @Test(
        "An invalid address is rejected with a reason",
        arguments: [
            ("", .invalidURL, "no scheme"), ("localhost:8080", .invalidURL, "http://localhost:8080"),
            ("http://", .invalidURL, "no host"), ("http://:80", .invalidURL, "no host"),
            ("http://h:0", .invalidURL, "65535"), ("http://h:65536", .invalidURL, "65535"),
            ("http://h:8x", .invalidURL, "65535"), ("http://h:-1", .invalidURL, "65535"),
            ("http://::1", .invalidURL, "brackets"), ("http://[::1", .invalidURL, "not closed"),
            ("http://[::1]x", .invalidURL, "other than a port"), ("http://[[::1]", .invalidURL, "no IPv6 address"),
            ("http://[localhost]", .invalidURL, "no IPv6 address"), ("http://u:secret@h", .invalidURL, "password"),
            ("http://h/a b", .invalidURL, "space"), ("http://h/\u{1B}", .invalidURL, "control"),
            ("ftp://h", .unsupportedScheme, "ftp"),
        ] as [(String, ProgressClientError.Code, String)]
    )
    func refused(text: String, code: ProgressClientError.Code, reason: String) {
        let error = #expect(throws: ProgressClientError.self) { try ProgressServerAddress(text) }
        #expect(error?.code == code)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "The token of a link is read from the fragment only",
        arguments: [
            ("http://h/api/v1/progress/a#token=x.y.z", "x.y.z"), ("http://h/api/v1/progress/a#b=c&token=x", "x"),
            ("http://h/api/v1/progress/a?token=x", nil), ("http://h/api/v1/progress/a#token=", nil), ("a", nil),
        ] as [(String, String?)]
    )
    func tokenOfLink(link: String, token: String?) {
        #expect(ProgressTarget.token(ofLink: link) == token)
    }

    @Test(
        "An error message about an invalid URL does not contain the fragment",
        arguments: [
            "http://h/api/v1/progress#token=secret", "ftp://h#token=secret", "h/api#token=secret",
            "http://h:0#token=secret",
        ]
    )
    func quoted(text: String) {
        let error = #expect(throws: ProgressClientError.self) { try ProgressTarget(url: text) }
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "An operation is found by its URL or its identifier",
        arguments: [
            ("http://h:1/api/v1/progress/import-7", "import-7", "http://h:1/api/v1/progress/import-7"),
            ("ws://h:1/api/v1/progress/import-7/?cursor=a-1", "import-7", "http://h:1/api/v1/progress/import-7"),
            ("http://h/jobs/api/v1/progress/a%40b", "a@b", "http://h/jobs/api/v1/progress/a@b"),
            ("http://h/internal/jobs/a", "a", "http://h/internal/jobs/a"), ("http://h/a", "a", "http://h/a"),
            ("import-7", "import-7", "http://server:8/x/api/v1/progress/import-7"),
            ("a:8080", "a:8080", "http://server:8/x/api/v1/progress/a:8080"),
        ]
    )
    func targets(text: String, id: String, url: String) throws {
        let target = try ProgressTarget(text, server: "http://server:8/x/")
        #expect(target.id.rawValue == id)
        #expect(target.url == url)
    }

    @Test(
        "With a custom API path, only URLs under this path name operations",
        arguments: [
            ("/internal/jobs", "http://h/internal/jobs/a", "http://h/internal/jobs/a"),
            ("internal/jobs/", "http://h/x/internal/jobs/a/", "http://h/x/internal/jobs/a"),
            ("/internal/jobs", "http://h/api/v1/progress/a", nil), ("/internal/jobs", "http://h/jobs/a", nil),
        ] as [(String, String, String?)]
    )
    func mountedElsewhere(apiPath: String, text: String, url: String?) {
        #expect((try? ProgressTarget(url: text, apiPath: apiPath))?.url == url)
    }

    @Test(
        "A text that names no operation is rejected",
        arguments: [
            "", "a b", "http://h/", "http://h/api/v1/progress", "http://h/api/v1/progress/",
            "http://h/api/v1/progress/a%2", "http://h/api/v1/progress/a%ZZ", "http://h/api/v1/progress/%FF",
            "http://h/api/v1/progress/..", "h/api/v1/progress/a", String(repeating: "a", count: 129),
        ]
    )
    func noTarget(text: String) {
        let error = #expect(throws: ProgressClientError.self) { try ProgressTarget(text, server: "http://h") }
        #expect(error?.code == .invalidURL)
    }
}
