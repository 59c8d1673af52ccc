// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One line of a command's output, without escape sequences and control characters.
struct OutputLine: Sendable, Hashable {
    /// The text, without white space at its ends; never empty.
    var text: String
    /// Whether the line overwrites another line or is about to be overwritten, as in a progress display.
    var isRedrawn: Bool
    /// Whether a line feed ended the line, so that the next line is below.
    var isEnded = false
}

extension OutputLine {
    /// Creates a line from raw bytes, or `nil` if no readable text is left.
    ///
    /// Invalid UTF-8 becomes U+FFFD; with more than a quarter of U+FFFD, the bytes are not text.
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

    /// Returns whether a character is in the control sets C0 and C1, or changes the direction of text.
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

    /// Returns the text without matching characters at its ends.
    func trimmed(_ isLeftOut: (Character) -> Bool) -> SubSequence {
        guard let first = firstIndex(where: { !isLeftOut($0) }), let last = lastIndex(where: { !isLeftOut($0) })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }

    /// Returns at most `limit` characters, with an ellipsis at the end if text was removed.
    func shortened(to limit: Int) -> String {
        guard let end = index(startIndex, offsetBy: limit, limitedBy: endIndex), end != endIndex else {
            return String(self)
        }
        return self[..<index(before: end)].trimmed + "…"
    }
}
