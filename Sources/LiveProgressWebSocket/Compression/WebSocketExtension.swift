// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One entry of a `Sec-WebSocket-Extensions` field, RFC 6455 section 9.1.
public struct WebSocketExtension: Sendable, Hashable {
    /// A parameter: a name, and a value where it has one.
    public struct Parameter: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The value, without quotes; `nil` where there is none.
        public var value: String?

        /// A parameter of the given parts.
        public init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// The name of the extension.
    public var name: String
    /// Its parameters, in order; a name may come twice, which is for the extension to judge.
    public var parameters: [Parameter]

    /// An extension of the given parts.
    public init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// The entry as it stands in a field; values must be tokens.
    public var text: String {
        let parts = parameters.map { parameter in parameter.value.map { "\(parameter.name)=\($0)" } ?? parameter.name }
        return ([name] + parts).joined(separator: "; ")
    }

    /// Reads the entries of all fields of a head, in order.
    /// - Parameter fields: The values of the `Sec-WebSocket-Extensions` fields.
    /// - Returns: The entries, or `nil` where any field breaks the grammar.
    public static func list(_ fields: [String]) -> [Self]? {
        var entries: [Self] = []
        for field in fields {
            var reader = ExtensionReader(field)
            guard let list = reader.list() else { return nil }
            entries += list
        }
        return entries
    }
}

/// Reads the grammar of RFC 6455 section 9.1, in which a quoted value must be a token once its quotes are gone.
private struct ExtensionReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ field: String) {
        bytes = Array(field.utf8)
    }

    mutating func list() -> [WebSocketExtension]? {
        var entries: [WebSocketExtension] = []
        repeat {
            // RFC 9110 section 5.6.1.2: a recipient passes over empty elements of a list.
            if skips(",", orEnd: true, consuming: false) { continue }
            guard let entry = entry() else { return nil }
            entries.append(entry)
        } while skips(",")
        return position == bytes.count ? entries : nil
    }

    private mutating func entry() -> WebSocketExtension? {
        guard let name = token() else { return nil }
        var entry = WebSocketExtension(name)
        while skips(";") {
            guard let name = token() else { return nil }
            guard skips("=") else {
                entry.parameters.append(.init(name))
                continue
            }
            guard let value = value() else { return nil }
            entry.parameters.append(.init(name, value))
        }
        return entry
    }

    private mutating func token() -> String? {
        skipSpace()
        let start = position
        while position < bytes.count, HandshakeRequest.isTokenByte(bytes[position]) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func value() -> String? {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return token() }
        position += 1
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") { position += 1 }
            guard position < bytes.count, HandshakeRequest.isTokenByte(bytes[position]) else { return nil }
            text.append(bytes[position])
            position += 1
        }
        guard position < bytes.count, !text.isEmpty else { return nil }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skips(_ mark: Unicode.Scalar, orEnd: Bool = false, consuming: Bool = true) -> Bool {
        skipSpace()
        guard position < bytes.count else { return orEnd }
        guard bytes[position] == UInt8(ascii: mark) else { return false }
        if consuming { position += 1 }
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\t") {
            position += 1
        }
    }
}
