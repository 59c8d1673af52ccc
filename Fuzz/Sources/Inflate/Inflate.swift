// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

/// Checks one input: the first byte selects messages to deflate, untrusted DEFLATE data, or texts of a negotiation.
public func checkInput(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let rest = bytes.dropFirst()
    switch kind {
    case UInt8(ascii: "s"): SentMessages(Script(rest)).check()
    case UInt8(ascii: "n"): Negotiation(String(decoding: rest, as: UTF8.self)).check()
    default: ReceivedMessages(Script(rest)).check()
    }
}

/// The bytes of an input, read one after the other.
struct Script {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// Returns the next byte, or `nil` at the end.
    mutating func next() -> UInt8? { rest.popFirst() }

    /// Returns as many bytes as a preceding byte says; 255 stands for all remaining bytes.
    mutating func counted() -> [UInt8]? {
        guard let count = next() else { return nil }
        let bytes = count == 255 ? rest : rest.prefix(Int(count))
        rest = rest.dropFirst(bytes.count)
        return Array(bytes)
    }
}
