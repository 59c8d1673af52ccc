// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
@_spi(Server) import LiveProgressWire

/// A request target or method as text for a log, with `[redacted]` in place of possible credentials.
///
/// A client may put a token or a ticket in a wrong place, such as the path. So this type redacts the values of the query
/// parameters for credentials, and also every word of 16 or more characters with a capital letter, unless the word is a
/// UUID. Almost every secret of this server has a capital letter.
struct LoggedTarget: Sendable, Hashable, CustomStringConvertible {
    /// The text that may be logged.
    let description: String

    static let mark = "[redacted]"
    private static let secretParameters: Set<Substring> = [
        Substring(ProgressRoutes.tokenParameter), Substring(ProgressRoutes.ticketParameter), "token",
    ]
    private static let longestHarmless = 15
    private static let maximumLength = 1024

    /// Creates the loggable text of a target or of a method; a client chooses both.
    init(_ text: String) {
        var result = ""
        // The name of the parameter whose value is read next.
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
            // Line breaks and terminal control characters must not reach the log.
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
