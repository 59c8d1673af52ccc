// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

/// A report of the program status protocol, OSC 7501 (revision 0.4 of 2026-10-10): `ESC ] 7501 ; key=value:key=value ST`.
///
/// ```text
/// ESC ] 7501 ; state=working:progress=40:msg=Q29tcGlsaW5n ESC \
/// ```
/// A report outside the protocol's limits is ignored as a whole, so that it changes no record. A malformed or unknown pair is
/// ignored alone.
struct ProgramStatus: Sendable, Hashable {
    enum State: String, Sendable, Hashable {
        /// Waits for the next instruction.
        case idle
        case working
        /// Waits for a person.
        case blocked
        /// Finished, and not looked at yet.
        case done
        /// Failed, and stopped.
        case error
        /// Removes the record and all records below it.
        case clear
    }

    /// What a blocked program waits for.
    enum Kind: String, Sendable, Hashable { case permission, question, auth }

    /// Removes all records, as a reset of the terminal does.
    static let clearAll = ProgramStatus(state: .clear)

    /// The path of the record; empty for the root record.
    var path: [String] = []
    var state: State
    /// Whether a clear removes the records below too.
    var clearsBelow = true
    /// What the program waits for; only with ``State/blocked``.
    var kind: Kind?
    /// The percentage, from 0 to 100; only with ``State/working`` and ``State/blocked``; `nil` if it is not known.
    var percent: Double?
    var title: String?
    var message: String?

    /// Whether the report removes the record of a path.
    func clears(_ other: [String]) -> Bool {
        state == .clear && (clearsBelow ? other.starts(with: path) : other == path)
    }

    /// Whether the program is at work, or waits for a person meanwhile.
    var isRunning: Bool { state == .working || state == .blocked }

    /// What the program says.
    var text: String? { message ?? title }

    /// What a blocked program waits for; a person answers where the program runs.
    var question: ProgressQuestion? {
        guard state == .blocked else { return nil }
        let kind: ProgressQuestion.Kind =
            switch kind {
            case .permission: .permission
            case .auth: .input
            case .question, nil: .question
            }
        return ProgressQuestion(text ?? "The program waits for a person.", kind: kind, isAnswerable: false)
    }

    private init(state: State) { self.state = state }

    /// Parses the content between `ESC ]` and the terminator, or returns `nil` for another command or an ignored report.
    init?(command: some Collection<UInt8>) {
        // The whole sequence has at most 4096 bytes, with `ESC ]` and a terminator of two bytes.
        guard command.count <= 4092, command.starts(with: "7501;".utf8), let pairs = Self.pairs(command.dropFirst(5)),
            let state = pairs["state"].flatMap({ State(rawValue: $0) })
        else { return nil }
        if let id = pairs["id"] {
            guard let path = Self.path(id) else { return nil }
            self.path = path
        }
        if let app = pairs["app"], app.utf8.count > 32 { return nil }
        guard let title = Self.text(pairs["title"], encoded: 256, decoded: 192),
            let message = Self.text(pairs["msg"], encoded: 2732, decoded: 2048)
        else { return nil }
        self.state = state
        self.title = title.isEmpty ? nil : title
        self.message = message.isEmpty ? nil : message
        kind = state == .blocked ? pairs["kind"].flatMap { Kind(rawValue: $0) } : nil
        if state == .working || state == .blocked { percent = pairs["progress"].flatMap(Self.percent) }
    }

    /// Whether a command is the query of a program that asks whether its reports are understood.
    static func isQuery(_ command: some Collection<UInt8>) -> Bool { command.elementsEqual("7501;?".utf8) }

    /// Returns the values by their keys, of a repeated key the last one; `nil` if a key is too long, or an identifier invalid.
    private static func pairs(_ body: some Collection<UInt8>) -> [String: String]? {
        var pairs: [String: String] = [:]
        for pair in body.split(separator: UInt8(ascii: ":")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let key = String(decoding: parts[0], as: UTF8.self).trimmed
            if key.utf8.count > 16 { return nil }
            guard !key.isEmpty, key.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else { continue }
            let value = String(decoding: parts[1], as: UTF8.self).trimmed
            let isValid = value.utf8.allSatisfy(isValueByte)
            // Without its identifier, a report would be one of the root record.
            if key == "id", !isValid { return nil }
            if isValid { pairs[String(key)] = String(value) }
        }
        return pairs
    }

    private static func isValueByte(_ byte: UInt8) -> Bool { isNameByte(byte) || "/,=".utf8.contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "_.+-".utf8.contains(byte)
        }
    }

    private static func path(_ id: String) -> [String]? {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let areValid = parts.allSatisfy { (1...32).contains($0.utf8.count) && $0.utf8.allSatisfy(isNameByte) }
        return id.utf8.count <= 128 && parts.count <= 8 && areValid ? parts : nil
    }

    private static func percent(_ text: String) -> Double? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Double(text), number <= 100
        else { return nil }
        return number
    }

    /// Returns the text of a value in Base64, empty without a value; `nil` if the value breaks a rule.
    private static func text(_ value: String?, encoded: Int, decoded: Int) -> String? {
        guard let value, !value.isEmpty else { return "" }
        guard value.utf8.count <= encoded else { return nil }
        let padding = String(repeating: "=", count: (4 - value.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: value + padding), data.count <= decoded,
            let text = String(validating: data, as: UTF8.self),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
        else { return nil }
        // What a terminal and a page must not show.
        return SafeText.line(text)
    }
}
