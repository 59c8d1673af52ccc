// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgressWire

/// What a client wrote into a request line, as a log may keep it: with `[redacted]` for whatever could let somebody in.
///
/// A token or a ticket can stand where it does not belong, such as in the path. So it is not only told by its place: a
/// word of 16 or more characters with a capital letter, which hardly any secret of ours lacks, goes unless it is a UUID.
struct LoggedTarget: Sendable, Hashable, CustomStringConvertible {
    /// The text that may be logged.
    let description: String

    static let mark = "[redacted]"
    private static let secretParameters: Set<Substring> = [
        Substring(ProgressRoutes.tokenParameter), Substring(ProgressRoutes.ticketParameter), "token",
    ]
    private static let longestHarmless = 15
    private static let maximumLength = 1024

    /// The text of a target, or of a method, which is a client's word as well.
    init(_ text: String) {
        var result = ""
        // The parameter whose value comes next.
        var parameter: Substring?
        var rest = text.prefix(Self.maximumLength)
        while let first = rest.first {
            let word = rest.prefix(while: Self.isOfWord)
            rest = rest.dropFirst(max(word.count, 1))
            guard word.isEmpty else {
                let isSecret = parameter.map { Self.secretParameters.contains($0) } ?? false
                result += isSecret || Self.mayBeSecret(word) ? Self.mark : String(word)
                if rest.first == "=", parameter == nil { parameter = word }
                continue
            }
            if "&?/;#".contains(first) { parameter = nil }
            // Nothing that breaks a line or paints a terminal.
            result.append(first.isASCII && first.asciiValue.map { (0x21...0x7e).contains($0) } == true ? first : "?")
        }
        description = result
    }

    private static func isOfWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-._~%".contains(character))
    }

    private static func mayBeSecret(_ word: Substring) -> Bool {
        word.count > longestHarmless && word.contains { $0.isUppercase } && UUID(uuidString: String(word)) == nil
    }
}
