// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressNIO

@Suite("The ends of requests")
struct RequestEndsTests {
    /// Returns the pieces into which the bytes are cut; `lengths` has the length of each body by its position.
    private static func pieces(of texts: [String], lengths: [Int: Int] = [:]) -> [String] {
        var ends = RequestEnds()
        var (pieces, position, bodyLeft): ([String], Int, Int?) = ([], 0, nil)
        for text in texts {
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                bodyLeft = lengths[position] ?? bodyLeft
                let count = bytes.withUnsafeBytes { ends.count(in: $0, bodyLeft: bodyLeft) }
                pieces.append(String(decoding: bytes.prefix(count), as: UTF8.self))
                bytes = bytes.dropFirst(count)
                position += count
                bodyLeft = bodyLeft.map { $0 - count }
                if bodyLeft == 0 { bodyLeft = nil }
            }
        }
        return pieces
    }

    @Test("a head and a chunked body end only at an empty line")
    func marks() {
        #expect(Self.pieces(of: ["a\r\n\r\nb\r\nc\r\n\r\nd"]) == ["a\r\n\r\n", "b\r\nc\r\n\r\n", "d"])
        #expect(Self.pieces(of: ["\r\r\n\r\n\r\n"]) == ["\r\r\n\r\n", "\r\n"])
        #expect(Self.pieces(of: ["a\n\nb\r\rc\r\n\rd"]) == ["a\n\nb\r\rc\r\n\rd"])
    }

    @Test("an empty line is found across two pieces of bytes")
    func cutMarks() {
        #expect(Self.pieces(of: ["a\r\n", "\r\nb"]) == ["a\r\n", "\r\n", "b"])
        #expect(Self.pieces(of: ["a\r", "\n\r", "\nb\r\n\r\n"]) == ["a\r", "\n\r", "\n", "b\r\n\r\n"])
    }

    @Test("a body of known length ends after this length, and its last bytes are not part of an empty line")
    func lengths() {
        #expect(
            Self.pieces(of: ["a\r\n\r\n\r\n\r\nb\r\n\r\n"], lengths: [5: 4]) == ["a\r\n\r\n", "\r\n\r\n", "b\r\n\r\n"]
        )
        #expect(Self.pieces(of: ["a\r\n\r\n\r\n", "\rx", "b"], lengths: [5: 4]) == ["a\r\n\r\n", "\r\n", "\rx", "b"])
        #expect(Self.pieces(of: ["a\r\n\r\nx\r\n", "\r\nb"], lengths: [5: 3]) == ["a\r\n\r\n", "x\r\n", "\r\nb"])
    }
}
