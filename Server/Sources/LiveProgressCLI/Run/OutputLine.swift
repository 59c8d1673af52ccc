// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One line of a command's output, fit to be read: no escape sequences, no control characters.
struct OutputLine: Sendable, Hashable {
    /// The text, without white space at its ends; never empty.
    var text: String
    /// Whether the line was drawn over another, or is about to be: the mark of a progress display.
    var isRedrawn: Bool
    /// Whether a line feed ended it: what follows is drawn below.
    var isEnded = false
}

extension OutputLine {
    /// A line from raw bytes, or `nil` where nothing readable is left of them.
    ///
    /// Bytes that are no UTF-8 become U+FFFD; where these make up more than a quarter, the bytes are no text at all.
    init?(decoding bytes: some Collection<UInt8>, isRedrawn: Bool, isEnded: Bool = false) {
        var text = ""
        var count = 0
        var broken = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            count += 1
            if scalar == "\u{FFFD}" { broken += 1 }
            text.unicodeScalars.append(Self.isControl(scalar) ? " " : scalar)
        }
        guard broken * 4 <= count else { return nil }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return nil }
        self.init(text: String(trimmed), isRedrawn: isRedrawn, isEnded: isEnded)
    }

    /// Control characters of both sets, and those that turn the direction of text around.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension StringProtocol {
    /// The text without white space at its ends.
    var trimmed: SubSequence { trimmed { $0.isWhitespace } }

    /// The text without such characters at its ends.
    func trimmed(_ isLeftOut: (Character) -> Bool) -> SubSequence {
        guard let first = firstIndex(where: { !isLeftOut($0) }), let last = lastIndex(where: { !isLeftOut($0) })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }

    /// At most so many characters, the last an ellipsis where some were cut off.
    func shortened(to limit: Int) -> String {
        guard let end = index(startIndex, offsetBy: limit, limitedBy: endIndex), end != endIndex else {
            return String(self)
        }
        return self[..<index(before: end)].trimmed + "…"
    }
}
