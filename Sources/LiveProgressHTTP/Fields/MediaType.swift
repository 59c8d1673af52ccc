// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar

/// A media type such as `text/html; charset=utf-8` (RFC 9110, section 8.3.1), compared without its parameters.
struct MediaType: Sendable {
    /// The part before the slash, in lower case; `*` in a range.
    let type: String
    /// The part after the slash, in lower case; `*` in a range.
    let subtype: String
    /// The parameters in order, with their names in lower case.
    let parameters: [(name: String, value: String)]

    init(_ type: String, _ subtype: String) {
        self.type = type
        self.subtype = subtype
        parameters = []
    }

    /// Parses a media type; `nil` if the text is not a media type.
    init?(_ text: String) {
        var scanner = FieldScanner(text)
        self.init(&scanner)
        scanner.skipSpace()
        guard scanner.isAtEnd else { return nil }
    }

    /// Parses the next media type or media range of a list.
    init?(_ scanner: inout FieldScanner) {
        scanner.skipSpace()
        guard let type = scanner.token(), scanner.take("/"), let subtype = scanner.token() else {
            return nil
        }
        self.type = type.lowercased()
        self.subtype = subtype.lowercased()
        parameters = scanner.parameters()
    }

    /// The value of the parameter with the given name, in lower case.
    subscript(parameter: String) -> String? {
        parameters.first { $0.name == parameter }?.value
    }

    /// Whether a body of this type is UTF-8; a type without `charset` counts as UTF-8.
    var isUTF8: Bool {
        guard let charset = self["charset"]?.lowercased() else { return true }
        return ["utf-8", "utf8", "us-ascii"].first(withBytesOf: charset) != nil
    }
}

extension MediaType: Hashable, CustomStringConvertible {
    static func == (left: MediaType, right: MediaType) -> Bool {
        left.type == right.type && left.subtype == right.subtype
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(subtype)
    }

    /// The text `type/subtype`, without the parameters.
    var description: String { "\(type)/\(subtype)" }
}

extension MediaType {
    static let json = MediaType("application", "json")
    static let problem = MediaType("application", "problem+json")
    static let form = MediaType("application", "x-www-form-urlencoded")
    static let ndjson = MediaType("application", "x-ndjson")
    static let eventStream = MediaType("text", "event-stream")
    static let html = MediaType("text", "html")
}
