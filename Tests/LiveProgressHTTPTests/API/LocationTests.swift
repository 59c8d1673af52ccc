// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
import LiveProgress
import Testing

@testable import LiveProgressHTTP

/// RFC 9110 section 10.2.2: a `Location` may be relative to the request URL that the client used.
@Suite("Location resolves to the operation behind any path prefix of a proxy")
struct LocationTests {
    /// Path prefixes that a proxy removes before it forwards the request.
    private static let prefixes = ["", "/lp", "/api/v1/progress", "/a/b/c"]

    private func expect(
        _ answer: Answer,
        to path: String,
        leadsTo id: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let reference = try #require(answer[.location], sourceLocation: location)
        #expect(reference.utf8.first != UInt8(ascii: "/"), sourceLocation: location)
        for prefix in Self.prefixes {
            let base = URL(string: "http://example.org\(prefix)/api/v1/progress\(path)")
            let resolved = URL(string: reference, relativeTo: base)?.absoluteString
            #expect(resolved == "http://example.org\(prefix)/api/v1/progress/\(id)", sourceLocation: location)
        }
    }

    @Test(
        "The Location of a creation by POST, first or repeated, resolves to the operation",
        arguments: ["", "/", "?ticket=x", "/?ticket=x", "/?access_token=a/b"],
        ["import-7", "a:b", "http:x", "..a", "-", "a@b~c_d"]
    )
    func post(path: String, id: String) async throws {
        let fixture = Fixture()
        for status in [201, 200, 200] {
            let answer = await fixture.json(.post, path, #"{"id":"\#(id)"}"#, [.idempotencyKey: "k"])
            #expect(answer.status == status)
            try expect(answer, to: path, leadsTo: id)
        }
        let minimal = await fixture.send(.post, path, [.prefer: "return=minimal"])
        try expect(minimal, to: path, leadsTo: "op-1")
    }

    @Test(
        "The Location of a creation by PUT resolves to the operation",
        arguments: [
            ("/import-7", "import-7"), ("/import-7/", "import-7"), ("/a:b", "a:b"), ("/a:b/", "a:b"), ("/a%3Ab", "a:b"),
            ("/a%3Ab/", "a:b"), ("/a?ticket=x/y", "a"), ("/a/?ticket=x/y", "a"), ("/..a", "..a"),
            ("/progress", "progress"),
        ]
    )
    func put(path: String, id: String) async throws {
        let answer = await Fixture().form(.put, path, "state=x")
        #expect(answer.status == 201)
        try expect(answer, to: path, leadsTo: id)
    }

    @Test(
        "The Location for a request with an absolute URL resolves to the operation",
        arguments: ["http://localhost/api/v1/progress", "http://localhost:8080/api/v1/progress/?ticket=x"]
    )
    func absolute(target: String) async throws {
        var request = Fixture.request(.post, "")
        request.path = target
        let answer = Answer(await Fixture().api.respond(to: request, body: []))
        let path = target.split(separator: "progress", omittingEmptySubsequences: false)[1]
        try expect(answer, to: String(path), leadsTo: "op-1")
    }
}
