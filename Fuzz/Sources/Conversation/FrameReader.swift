// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgress

/// Reads the frames of a server strictly by RFC 6455 section 5, without the library's own decoder.
struct FrameReader {
    private var rest: ArraySlice<UInt8>

    /// Reads whole JSON messages, pings and pongs, and at most one close frame at the end; fails on anything else.
    static func check(_ bytes: ArraySlice<UInt8>) {
        var reader = FrameReader(rest: bytes)
        var isClosed = false
        while !reader.rest.isEmpty {
            expect(!isClosed, "wrote \(reader.rest.count) bytes behind its close frame")
            let (opcode, payload) = reader.next()
            switch opcode {
            case 0x1:
                let text = Array(payload)
                expect((try? JSONValue(parsing: text)) != nil, "no JSON: \(String(decoding: text, as: UTF8.self))")
            case 0x8:
                isClosed = true
                checkClose(payload)
            case 0x9, 0xA: expect(payload.count <= 125, "a control frame of \(payload.count) bytes")
            default: fail("a frame of opcode \(opcode)")
            }
        }
    }

    private mutating func next() -> (opcode: UInt8, payload: ArraySlice<UInt8>) {
        let first = byte()
        expect(first & 0xF0 == 0x80, "a frame that begins with \(first)")
        let second = byte()
        let count =
            switch second {
            case 0...125: Int(second)
            case 126: number(of: 2, atLeast: 126)
            case 127: number(of: 8, atLeast: 65_536)
            default: fail("a masked frame of a server")
            }
        expect(count <= rest.count, "a frame of \(rest.count) bytes in place of \(count)")
        defer { rest = rest.dropFirst(count) }
        return (first & 0x0F, rest.prefix(count))
    }

    private mutating func byte() -> UInt8 {
        guard let byte = rest.popFirst() else { fail("a frame that ends in its header") }
        return byte
    }

    private mutating func number(of size: Int, atLeast least: Int) -> Int {
        let number = (0..<size).reduce(0) { number, _ in number << 8 | Int(byte()) }
        expect(number >= least, "a length of \(number) in \(size) bytes")
        return number
    }

    private static func checkClose(_ payload: ArraySlice<UInt8>) {
        guard !payload.isEmpty else { return }
        expect((2...125).contains(payload.count), "a close frame of \(payload.count) bytes")
        let code = payload.prefix(2).reduce(0) { $0 << 8 | Int($1) }
        let isKnown = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
        expect(isKnown, "closed with \(code)")
        expect(String(validating: payload.dropFirst(2), as: UTF8.self) != nil, "a reason that is no text")
    }
}
