// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How many columns of a terminal text takes.
enum TextWidth {
    /// The columns of a text without control characters.
    static func columns(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + columns($1) }
    }

    /// The columns of one character: two for the wide ones of East Asia and for emoji.
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

    /// The text cut to fit the columns, with a mark at its end where something was cut.
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

    /// The blocks whose characters are wide (Unicode Standard Annex 11), without the rare ones.
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
