// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The width of text in columns of a terminal.
enum TextWidth {
    /// Returns the columns of a text without control characters.
    static func columns(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + columns($1) }
    }

    /// Returns the columns of one character: two for wide East Asian characters and for emoji.
    static func columns(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.isASCII { return 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if first.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
        return isWide(first.value) ? 2 : 1
    }

    /// Returns the text truncated to the columns, with a mark at the end if text was removed.
    static func truncated(_ text: String, to limit: Int, mark: String) -> String {
        guard columns(text) > limit else { return text }
        let room = limit - columns(mark)
        guard room >= 1 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let width = columns(character)
            guard used + width <= room else { break }
            result.append(character)
            used += width
        }
        while result.last == " " { result.removeLast() }
        return result + mark
    }

    /// Returns whether a character is in a block of wide characters (Unicode Standard Annex 11), without rare blocks.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
