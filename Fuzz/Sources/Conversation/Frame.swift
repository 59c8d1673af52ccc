// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

/// Frames of a client, RFC 6455 section 5.2, valid and invalid.
enum Frame {
    static func one(_ choices: inout Choices) -> [UInt8] {
        let opcode = choices.pick(0x1, rarely: [0x8, 0x9, 0xA, 0x0, 0x2, 0x3, 0xB, 0xF] as [UInt8])
        let first = choices.pick(0x80, rarely: [0x00, 0xC0, 0x90, 0xA0] as [UInt8]) | opcode
        let payload = payload(&choices)
        let mask: [UInt8]? = choices.pick([1, 2, 3, 4], rarely: [[0, 0, 0, 0], nil])
        let masked = payload.enumerated().map { index, byte in byte ^ (mask?[index % 4] ?? 0) }
        return [first] + length(payload.count, isMasked: mask != nil, &choices) + (mask ?? []) + masked
    }

    private static func payload(_ choices: inout Choices) -> [UInt8] {
        let texts = [
            "", "x", #"{"type":"authenticate","token":"x"}"#, #"{"type":"nothing"}"#, "\u{3}\u{E8}", "\u{3}\u{E8}bye",
            "\u{3}",
            #"{"type":"cancel","#, String(repeating: "é", count: 60), String(repeating: "x", count: 126),
            String(repeating: "x", count: 5000),
        ]
        guard choices.happens() else { return Array(choices.pick(#"{"type":"cancel"}"#, rarely: texts).utf8) }
        return choices.bytes(atMost: 12)
    }

    /// Returns the length in the shortest form, in a longer form, or larger than the payload.
    private static func length(_ count: Int, isMasked: Bool, _ choices: inout Choices) -> [UInt8] {
        let flag: UInt8 = isMasked ? 0x80 : 0
        let short = [flag | UInt8(min(count, 125))]
        let medium = [flag | 126, UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        let long = [flag | 127, 0, 0, 0, 0, 0, 0, UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        let tooLong = [flag | 127, 0x80, 0, 0, 0, 0, 0, 0, 0]
        let huge = [flag | 127, 0, 0, 0, 0xFF, 0, 0, 0, 0]
        return choices.pick(count < 126 ? short : medium, rarely: [short, medium, long, tooLong, huge])
    }
}
