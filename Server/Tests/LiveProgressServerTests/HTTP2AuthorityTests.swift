// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import LiveProgressServer

@Suite("The host of a request of HTTP/2")
struct HTTP2AuthorityTests {
    private static let before = [(":method", "GET"), (":scheme", "https"), (":path", "/")]

    private static func fields(_ more: [(String, String)]) -> HPACKHeaders {
        HPACKHeaders(before + more)
    }

    @Test(
        "is what :authority and Host agree on, and stands in :authority",
        arguments: [
            [(":authority", "a.test")],
            [("host", "a.test")],
            [(":authority", "a.test"), ("host", "A.Test")],
            [("host", "a.test"), ("host", "a.test")],
        ]
    )
    func agrees(named: [(String, String)]) throws {
        let settled = try #require(HTTP2AuthorityHandler.named(Self.fields(named)))
        #expect(settled[":authority"] == ["a.test"])
        #expect(settled["host"] == [])
        #expect(settled[":path"] == ["/"])
        let names = settled.map(\.name)
        #expect(names.allSatisfy { $0.hasPrefix(":") }, "a pseudo-field stands before every field")
    }

    @Test(
        "is refused where there are several",
        arguments: [
            [(":authority", "a.test"), ("host", "b.test")],
            [(":authority", "a.test"), ("host", "a.test:443")],
            [("host", "a.test"), ("host", "b.test")],
            [(":authority", "a.test"), ("host", "")],
        ]
    )
    func disagrees(named: [(String, String)]) {
        #expect(HTTP2AuthorityHandler.named(Self.fields(named)) == nil)
    }

    @Test("is not looked for in trailers, and a request without any is passed on as it is")
    func passesOn() throws {
        let channel = EmbeddedChannel(handler: HTTP2AuthorityHandler())
        for fields in [Self.fields([]), HPACKHeaders([("host", "a.test"), ("x", "y")])] {
            try channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: fields)))
            let passed = try channel.readInbound(as: HTTP2Frame.FramePayload.self)
            guard case .headers(let headers) = passed else {
                Issue.record("\(String(describing: passed)) was passed on")
                return
            }
            #expect(headers.headers == fields)
        }
    }

    @Test("resets its stream where it is refused, and nobody sees the request")
    func resets() throws {
        let channel = EmbeddedChannel(handler: HTTP2AuthorityHandler())
        let fields = Self.fields([(":authority", "a.test"), ("host", "b.test")])
        try channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: fields)))
        #expect(try channel.readInbound(as: HTTP2Frame.FramePayload.self) == nil)
        guard case .rstStream(.protocolError) = try channel.readOutbound(as: HTTP2Frame.FramePayload.self) else {
            Issue.record("the stream was not reset")
            return
        }
    }
}
