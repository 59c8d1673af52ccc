// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A prefix code that is defined by the lengths of its code words, RFC 1951 section 3.2.2.
struct PrefixCode {
    static let longest = 15

    /// The state of the search for a code word.
    struct Search {
        fileprivate(set) var length = 0
        fileprivate var word = 0
        fileprivate var first = 0
        fileprivate var index = 0
    }

    /// The number of code words of each length.
    private var counts = [Int](repeating: 0, count: longest + 1)
    /// The symbols in the order of their code words.
    private let symbols: [Int]
    /// The number of unused code words of the maximum length; negative if there are too many code words.
    private let unused: Int

    init(_ lengths: some Collection<Int>) {
        for length in lengths { counts[length] += 1 }
        unused = (1...Self.longest).reduce(1) { [counts] in 2 * $0 - counts[$1] }
        let used = lengths.enumerated().filter { $0.element > 0 }
        symbols = used.sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }.map(\.offset)
    }

    static let fixedLiterals = PrefixCode(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    )
    static let fixedDistances = PrefixCode([Int](repeating: 5, count: 32))

    var isEmpty: Bool { symbols.isEmpty }
    /// Whether every sequence of bits begins with a code word.
    var isComplete: Bool { unused == 0 }
    /// Whether a block may use the code: it is complete, has one word of one bit, or has no words.
    var isUsable: Bool { isComplete || unused > 0 && symbols.count == counts[1] }

    /// Returns the symbol that ends with the next bit, if any.
    func symbol(_ search: inout Search, _ bit: Int) -> Int? {
        search.length += 1
        search.word = 2 * search.word + bit
        search.first *= 2
        let count = counts[search.length]
        if search.word - search.first < count { return symbols[search.index + search.word - search.first] }
        search.index += count
        search.first += count
        return nil
    }
}

/// A reader of the bits of bytes; the lowest bit of each byte comes first.
struct BitReader {
    private var bytes: [UInt8] = []
    /// The number of bits read so far.
    var position = 0

    var isAtEnd: Bool { position == 8 * bytes.count }

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// Returns the next bits as a number, the first bit lowest; `nil` if there are too few bits.
    mutating func take(_ count: Int) -> Int? {
        guard position + count <= 8 * bytes.count else { return nil }
        var value = 0
        for index in 0..<count {
            value |= Int(bytes[position / 8] >> (position % 8) & 1) << index
            position += 1
        }
        return value
    }

    mutating func skipToByte() { position = (position + 7) / 8 * 8 }
}
