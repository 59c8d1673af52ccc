// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import LiveProgressServer

@Suite("The host of an HTTP/2 request")
struct HTTP2AuthorityTests {
    private static let before = [(":method", "GET"), (":scheme", "https"), (":path", "/")]

    private static func fields(_ more: [(String, String)]) -> HPACKHeaders {
        HPACKHeaders(before + more)
    }

    @Test(
        "the host is the common value of :authority and Host, and is stored in :authority",
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
        #expect(names.allSatisfy { $0.hasPrefix(":") }, "pseudo-header fields come before all other fields")
    }

    @Test(
        "a request with different hosts is refused",
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

    @Test("trailers and requests without a host are passed on unchanged")
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

    @Test("a refused request resets its stream, and is not passed on")
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
