// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressHTTP

@Suite("The Accept header field")
struct AcceptTests {
    static let offers: [MediaType] = [.json, .html, .eventStream, .ndjson]

    @Test(
        "The highest quality wins, then the first in the field; under one wildcard the server's order decides",
        arguments: [
            (nil, "application/json"),
            ("", "application/json"),
            ("*/*", "application/json"),
            ("text/event-stream", "text/event-stream"),
            ("application/x-ndjson", "application/x-ndjson"),
            ("TEXT/HTML", "text/html"),
            ("text/*", "text/html"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
            ("text/html;q=0.5, application/json;q=0.4", "text/html"),
            ("text/html;q=0.5, application/json;q=0.6", "application/json"),
            ("text/event-stream, application/json", "text/event-stream"),
            ("application/json, text/event-stream", "application/json"),
            ("application/json;q=0, */*", "text/html"),
            ("*/*;q=0.1, application/x-ndjson;q=0.2", "application/x-ndjson"),
            ("text/*;q=0.9, text/html;q=0.1", "text/event-stream"),
            ("application/json; charset=utf-8", "application/json"),
            ("application/json;q=\"0.3\", text/html;q=0.2", "application/json"),
            ("rubbish, text/html", "text/html"),
            ("text/, ;;, \"a,b\", application/x-ndjson", "application/x-ndjson"),
            ("rubbish", "application/json"),
            (" , , text/html , ", "text/html"),
            ("text/html;q=2", "text/html"),
        ] as [(String?, String)]
    )
    func best(field: String?, expected: String) {
        #expect(Accept(field).best(of: Self.offers)?.description == expected)
    }

    @Test(
        "No type is chosen if none is acceptable",
        arguments: [
            "image/png", "application/json;q=0", "*/*;q=0", "application/*;q=0.000, text/*;q=0", "json/application",
        ]
    )
    func none(field: String) {
        #expect(Accept(field).best(of: Self.offers) == nil)
    }
}

@Suite("Media types")
struct MediaTypeTests {
    @Test(
        "A media type is parsed with its parameters",
        arguments: [
            ("application/json", "application/json", nil),
            ("Application/JSON ; Charset=\"UTF-8\"", "application/json", "UTF-8"),
            ("text/plain;charset=iso-8859-1;a=b", "text/plain", "iso-8859-1"),
            (" text/plain ; a ; charset=x", "text/plain", "x"),
        ] as [(String, String, String?)]
    )
    func reads(text: String, type: String, charset: String?) {
        let media = MediaType(text)
        #expect(media?.description == type)
        #expect(media?["charset"] == charset)
    }

    @Test("An invalid media type gives nil", arguments: ["", "json", "a/", "/b", "a/b c", "a/b, c/d", "a b/c"])
    func refuses(text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test(
        "Only UTF-8 and its subset ASCII count as UTF-8",
        arguments: [("utf-8", true), ("US-ASCII", true), ("latin1", false)]
    )
    func charset(name: String, expected: Bool) {
        #expect(MediaType("a/b;charset=\(name)")?.isUTF8 == expected)
        #expect(MediaType("a/b")?.isUTF8 == true)
    }
}
