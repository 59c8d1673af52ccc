// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A plain inflater by RFC 1951 that reads bit by bit, independent of zlib, as the reference for the checks.
///
/// It follows RFC 7692: data may refer to earlier messages, and may continue after a block that is marked as the last one.
struct ReferenceInflater {
    /// How the data of a message ends.
    enum End {
        /// After a block, or inside a block between two codes.
        case taken
        /// Inside a code or the head of a block, so that its validity is not known yet.
        case withinCode
        case malformed
        case tooLong
    }

    private enum Block {
        case stored(Int)
        case codes(literals: PrefixCode, distances: PrefixCode)
    }

    private enum Stop: Error { case withinCode, malformed }

    private static let maximumRestarts = 16

    private var bits = BitReader()
    private var block: Block?
    private var isLast = false
    private var restarts = 0
    private var history: [UInt8] = []

    /// Inflates the data of one message; returns the output, up to one byte past the limit, and how the data ends.
    mutating func inflate(_ bytes: [UInt8], limit: Int, window: Int) -> (output: [UInt8], end: End) {
        bits.append(bytes)
        restarts = 0
        let start = history.count
        var end: End?
        while end == nil {
            let position = bits.position
            do throws(Stop) {
                try step(window: window)
                if history.count - start > limit { end = .tooLong }
            } catch {
                switch error {
                case .malformed: end = .malformed
                case .withinCode:
                    bits.position = position
                    end = bits.isAtEnd ? .taken : .withinCode
                }
            }
        }
        return (Array(history[start...].prefix(limit + 1)), end ?? .taken)
    }

    /// Reads the head of a block, a symbol with its extra bits, or a stored byte.
    private mutating func step(window: Int) throws(Stop) {
        switch block {
        case nil: block = try head()
        case .stored(0): try endBlock()
        case .stored(let count):
            history.append(UInt8(try take(8)))
            block = .stored(count - 1)
        case .codes(let literals, let distances):
            let symbol = try decode(literals)
            if symbol < 256 { return history.append(UInt8(symbol)) }
            if symbol == 256 { return try endBlock() }
            try copy(symbol - 257, distances, window: window)
        }
    }

    private mutating func copy(_ symbol: Int, _ distances: PrefixCode, window: Int) throws(Stop) {
        guard symbol < 29 else { throw .malformed }
        // RFC 1951 section 3.2.5: four symbols for each number of extra bits, two for a distance.
        let lengthBits = symbol < 8 || symbol == 28 ? 0 : symbol / 4 - 1
        let base = symbol == 28 ? 258 : symbol < 8 ? 3 + symbol : 3 + (4 + symbol % 4) << lengthBits
        let length = base + (try take(lengthBits))
        let code = try decode(distances)
        guard code < 30 else { throw .malformed }
        let distanceBits = code < 4 ? 0 : code / 2 - 1
        let distance = (code < 4 ? 1 + code : 1 + (2 + code % 2) << distanceBits) + (try take(distanceBits))
        guard distance <= min(history.count, window) else { throw .malformed }
        for _ in 0..<length { history.append(history[history.count - distance]) }
    }

    private mutating func endBlock() throws(Stop) {
        block = nil
        guard isLast else { return }
        isLast = false
        bits.skipToByte()
        restarts += 1
        guard restarts <= Self.maximumRestarts else { throw .malformed }
    }

    private mutating func head() throws(Stop) -> Block {
        isLast = try take(1) == 1
        switch try take(2) {
        case 0:
            bits.skipToByte()
            let (length, complement) = (try take(16), try take(16))
            guard length == ~complement & 0xFFFF else { throw .malformed }
            return .stored(length)
        case 1: return .codes(literals: .fixedLiterals, distances: .fixedDistances)
        case 2: return try codes()
        default: throw .malformed
        }
    }

    /// Reads the codes of a block, RFC 1951 section 3.2.7.
    private mutating func codes() throws(Stop) -> Block {
        let (literals, distances, count) = (try take(5) + 257, try take(5) + 1, try take(4) + 4)
        guard literals <= 286, distances <= 30 else { throw .malformed }
        var lengths = [Int](repeating: 0, count: 19)
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(count) {
            lengths[symbol] = try take(3)
        }
        let code = PrefixCode(lengths)
        // If the code has no symbols, zlib detects the error only after it has read them.
        if code.isEmpty { for _ in 0..<(literals + distances) { _ = try take(1) } }
        guard code.isComplete else { throw .malformed }
        lengths = []
        while lengths.count < literals + distances {
            let symbol = try decode(code)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw .malformed }
                lengths += repeatElement(last, count: 3 + (try take(2)))
            case 17: lengths += repeatElement(0, count: 3 + (try take(3)))
            case 18: lengths += repeatElement(0, count: 11 + (try take(7)))
            default: lengths.append(symbol)
            }
        }
        guard lengths.count == literals + distances, lengths[256] != 0 else { throw .malformed }
        let (first, second) = (PrefixCode(lengths[..<literals]), PrefixCode(lengths[literals...]))
        guard first.isUsable, second.isUsable else { throw .malformed }
        return .codes(literals: first, distances: second)
    }

    private mutating func take(_ count: Int) throws(Stop) -> Int {
        guard let value = bits.take(count) else { throw .withinCode }
        return value
    }

    private mutating func decode(_ code: PrefixCode) throws(Stop) -> Int {
        var search = PrefixCode.Search()
        while true {
            guard let bit = bits.take(1) else { throw .withinCode }
            if let symbol = code.symbol(&search, bit) { return symbol }
            guard search.length < PrefixCode.longest else { throw .malformed }
        }
    }
}
