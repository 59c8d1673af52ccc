// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

/// The fields of HTTP/2 requests, RFC 9113 section 8.3, valid and invalid.
enum RequestFields {
    /// Returns a compressed block of fields.
    static func block(_ choices: inout Choices) -> [UInt8] {
        var fields = [
            (":method", choices.pick("GET", rarely: ["POST", "HEAD", "CONNECT", "get", "", "OPTIONS"])),
            (":scheme", choices.pick("https", rarely: ["http", "", "x:y"])),
            (":path", choices.pick("/a", rarely: ["/large", "", "a", "*", "/a#b", "/a b", "/\u{0}", "http://a/b"])),
            (":authority", choices.pick("a", rarely: ["b", "", "a:443", "u@a"])),
        ]
        if choices.happens() { fields += more(&choices) }
        if choices.happens() { rearrange(&fields, &choices) }
        let block = fields.flatMap { FrameBytes.field($0.0, $0.1) }
        return choices.happens() ? broken(block, &choices) : block
    }

    private static func more(_ choices: inout Choices) -> [(String, String)] {
        let some = [
            ("host", "a"), ("host", "b"), ("te", "trailers"), ("te", "gzip"), ("connection", "close"),
            ("upgrade", "websocket"),
            ("content-length", "0"), ("content-length", "5"), ("content-length", "x"), ("transfer-encoding", "chunked"),
            ("X-Upper", "y"), ("", "y"), ("x y", "z"), ("x", "a\r\nb"), ("x", " a"), ("cookie", "a=b"),
            (":protocol", "websocket"),
            (":path", "/b"), (":status", "200"), ("proxy-connection", "a"), ("x", String(repeating: "v", count: 300)),
            ("x", String(repeating: "v", count: 20_000)), ("x", String(repeating: "v", count: 40_000)),
            ("expect", "100-continue"),
        ]
        return (0...choices.number(below: 3)).map { _ in some[choices.number(below: some.count)] }
    }

    private static func rearrange(_ fields: inout [(String, String)], _ choices: inout Choices) {
        let index = choices.number(below: fields.count)
        switch choices.number(below: 3) {
        case 0: fields.swapAt(0, index)
        case 1: fields.append(fields[index])
        default: fields.remove(at: index)
        }
    }

    /// Returns the block cut off, with an unused index, with another table size, or with extra bytes.
    private static func broken(_ block: [UInt8], _ choices: inout Choices) -> [UInt8] {
        switch choices.number(below: 4) {
        case 0: Array(block.prefix(choices.number(below: 32)))
        case 1: block + [0xFE]
        case 2: [0x3F, 0xE1, 0x1F] + block
        default: block + choices.bytes(atMost: 8)
        }
    }
}
