// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgressWebSocket

@Suite("UTF-8 in pieces, RFC 3629")
struct UTF8ValidatorTests {
    @Test(
        "Valid text is accepted for every split of the bytes",
        arguments: ["", "plain", "κόσμε", "\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}", "\u{D7FF}\u{E000}"]
    )
    func valid(text: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var validator = UTF8Validator()
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            for piece in pieces { #expect(piece.withUnsafeBytes { validator.accepts($0) }) }
            #expect(validator.isAtBoundary)
        }
    }

    /// Invalid texts, each with the number of bytes that can begin a valid text.
    static let broken: [(bytes: [UInt8], valid: Int)] = [
        ([0x80], 0), ([0xBF], 0), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xE0, 0x80, 0x80], 1),
        ([0xE0, 0x9F, 0xBF], 1), ([0xED, 0xA0, 0x80], 1), ([0xED, 0xBF, 0xBF], 1), ([0xF0, 0x80, 0x80, 0x80], 1),
        ([0xF0, 0x8F, 0xBF, 0xBF], 1), ([0xF4, 0x90, 0x80, 0x80], 1), ([0xF5, 0x80], 0), ([0xFE], 0), ([0xFF], 0),
        ([0x61, 0xC2, 0x61], 2), ([0xE2, 0x82, 0x28], 2), ([0xF0, 0x9F, 0x98, 0x28], 3),
    ]

    @Test("Invalid text is rejected at the first byte that cannot continue valid text", arguments: broken)
    func invalid(bytes: [UInt8], valid: Int) {
        var validator = UTF8Validator()
        for (index, byte) in bytes.enumerated() {
            let isAccepted = withUnsafeBytes(of: byte) { validator.accepts($0) }
            #expect(isAccepted == (index < valid), "byte \(index)")
            if !isAccepted { return }
        }
        Issue.record("the validator accepted all bytes")
    }

    @Test(
        "Text that ends inside a character does not end at a boundary",
        arguments: [[0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98]]
    )
    func truncated(bytes: [UInt8]) {
        var validator = UTF8Validator()
        #expect(bytes.withUnsafeBytes { validator.accepts($0) })
        #expect(!validator.isAtBoundary)
    }

    @Test("The validator agrees with the standard library on random bytes", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let likely: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4,
        ]
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                likely.randomElement(using: &generator)!
            }
            var validator = UTF8Validator()
            let isAccepted = bytes.withUnsafeBytes { validator.accepts($0) } && validator.isAtBoundary
            #expect(isAccepted == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
