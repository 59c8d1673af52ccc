// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressServer

@Suite("The request target in the log")
struct LoggedTargetTests {
    private static let token =
        "eyJhbGciOiJIUzI1NiJ9.eyJjYW4iOlsid2F0Y2giXX0.74IleVyt9xy0AT-_DvWv2TTTA9vfKikXZqeASRL3YKI"

    @Test(
        "a target without a secret is logged in full",
        arguments: [
            "/", "/api/v1/progress/import-7", "/api/v1/progress?status=running&label=team=data&limit=50", "GET",
            "/api/v1/progress/0b9c6d2e-53f1-4a57-9d5e-2a4f7c1b8e90/cancel",
            "/api/v1/progress/0B9C6D2E-53F1-4A57-9D5E-2A4F7C1B8E90", "/api/v1/progress/a?cursor=k3f9-42",
            "/api/v1/progress/a-rather-long-name-without-capital-letters-2026",
        ]
    )
    func harmless(text: String) {
        #expect(LoggedTarget(text).description == text)
    }

    @Test(
        "each secret is replaced by a mark",
        arguments: [
            ("/a?access_token=\(token)", "/a?access_token=[redacted]"),
            ("/a?ticket=short&b=c", "/a?ticket=[redacted]&b=c"),
            ("/a?b=c&token=x", "/a?b=c&token=[redacted]"), ("/api/v1/progress/\(token)", "/api/v1/progress/[redacted]"),
            ("/\(token)/b?\(token)", "/[redacted]/b?[redacted]"),
            ("/a?x=\(token)&\(token)=y", "/a?x=[redacted]&[redacted]=y"),
            ("/a?ticket=a=b", "/a?ticket=[redacted]=[redacted]"), ("/a?b=c#token=x", "/a?b=c#token=[redacted]"),
            ("/a;\(token),\(token)", "/a;[redacted],[redacted]"),
            ("/a?access_token=%65yJ", "/a?access_token=[redacted]"),
            (token, "[redacted]"), ("/a/token=x/b=y", "/a/token=[redacted]/b=y"),
        ]
    )
    func secrets(text: String, expected: String) {
        #expect(LoggedTarget(text).description == expected)
    }

    @Test("control characters are replaced, and the length is limited")
    func unprintable() {
        #expect(LoggedTarget("/a\r\nb\u{1b}[31m\u{e9} c").description == "/a?b?[31m??c")
        #expect(LoggedTarget("/" + String(repeating: "a", count: 5000)).description.count == 1024)
    }
}
