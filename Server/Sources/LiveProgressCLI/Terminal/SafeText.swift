// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Removes control characters from text of other programs before the text is written to a terminal.
///
/// Control characters could move the cursor, overwrite lines above, or set the window's title. Directional controls
/// could change the visible order of the characters.
enum SafeText {
    /// Returns the text without control characters; each run of white space becomes one space.
    static func line(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x2028, 0x2029:
                if let last = result.last, last != " " { result.append(" ") }
            case 0x00...0x1F, 0x7F...0x9F: continue
            case 0x061C, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: continue
            case 0xE0000...0xE007F: continue
            default: result.append(scalar)
            }
        }
        if result.last == " " { result.removeLast() }
        return String(result)
    }
}
