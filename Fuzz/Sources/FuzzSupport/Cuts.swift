// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Splits bytes at places that depend on the bytes only, so that one input always gives the same pieces.
public struct Cuts {
    private var state: UInt64

    /// Creates the cuts of an input.
    public init(of bytes: [UInt8]) {
        // With this FNV-1a hash, each mutation of the input also moves the cuts.
        state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Returns a number below a bound.
    public mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    /// Returns the bytes in pieces of 1 to 9 bytes, and sometimes of up to 256; no piece is empty.
    public mutating func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + next(below: next(below: 8) == 0 ? 256 : 9))
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}
