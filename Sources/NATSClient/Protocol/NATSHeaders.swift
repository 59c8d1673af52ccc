// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The header fields of a message, in order, and its status line (ADR-4 of the NATS architecture).
///
/// Names are case-sensitive, as the server treats them. The block on the wire is
/// `NATS/1.0 503 No Responders\r\nName: value\r\n\r\n`, with the status and the fields optional.
public struct NATSHeaders: Sendable, Hashable {
    /// The status in the first line, such as 503; `nil` in ordinary messages.
    public private(set) var status: Int?
    /// The text after the status; empty if there is none.
    public private(set) var statusText = ""
    private var fields: [Field] = []

    private struct Field: Sendable, Hashable {
        let name: String
        let value: String
    }

    /// Creates empty headers.
    public init() {}

    /// Whether there is neither a status nor a field.
    public var isEmpty: Bool { status == nil && fields.isEmpty }

    /// The first value of a name; `nil` if there is none.
    public subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// Appends a field.
    ///
    /// - Parameters:
    ///   - value: The value: no line breaks.
    ///   - name: The name: printable ASCII without a colon.
    /// - Throws: ``NATSError/Code/invalid`` if the name or the value cannot be sent.
    public mutating func add(_ value: String, for name: String) throws(NATSError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }) else {
            throw NATSError(.invalid, "\(name.debugDescription) is not the name of a header field.")
        }
        guard !value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A }) else {
            throw NATSError(.invalid, "The value of the header field \(name) contains a line break.")
        }
        fields.append(Field(name: name, value: value))
    }
}

extension NATSHeaders {
    private static let version = "NATS/1.0"

    /// Reads a block of header fields, with the blank line at its end.
    ///
    /// - Throws: ``NATSError/Code/protocolViolation`` if the block is not in the format of the protocol.
    init(block: ByteBufferView) throws(NATSError) {
        let text = String(decoding: block, as: UTF8.self)
        guard text.hasSuffix("\r\n\r\n"), text.hasPrefix(Self.version) else { throw Self.malformed }
        // A Swift character can be "\r\n", so the lines are split by it as one character.
        let lines = text.split(separator: "\r\n" as Character, omittingEmptySubsequences: false).dropLast(2)
        guard let first = lines.first else { throw Self.malformed }
        try readStatus(first.dropFirst(Self.version.count))
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { throw Self.malformed }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields.append(Field(name: String(line[..<colon]), value: String(value)))
        }
    }

    private mutating func readStatus(_ text: Substring) throws(NATSError) {
        let words = text.split(separator: " ", maxSplits: 1)
        guard let word = words.first else { return }
        guard text.hasPrefix(" "), word.utf8.count == 3, let status = Int(word), status > 0 else {
            throw Self.malformed
        }
        self.status = status
        statusText = words.count > 1 ? String(words[1]) : ""
    }

    private static var malformed: NATSError {
        NATSError(.protocolViolation, "The server sent malformed header fields.")
    }

    /// The number of bytes of the block that ``write(to:)`` writes; 0 without fields, because no block is needed then.
    var encodedCount: Int {
        fields.isEmpty
            ? 0 : fields.reduce(Self.version.utf8.count + 4) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }

    /// Writes the fields as a block; messages that a client sends have no status.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeString(Self.version)
        buffer.writeString("\r\n")
        for field in fields {
            buffer.writeString(field.name)
            buffer.writeString(": ")
            buffer.writeString(field.value)
            buffer.writeString("\r\n")
        }
        buffer.writeString("\r\n")
    }
}
