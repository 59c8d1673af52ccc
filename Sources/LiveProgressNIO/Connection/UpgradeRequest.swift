// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHTTP1

/// The head of a request for an upgrade, read in one go from bytes that hold the whole of it: no state, no I/O.
///
/// It reads only what leaves no room for doubt: `GET`, a path in origin form, HTTP/1.1, lines that end in CRLF, fields
/// of plain ASCII on one line with one space or none before their value, an `Upgrade` field that `Connection` lists, no
/// body. Everything else, sound or not, is `nil` and belongs to the HTTP decoder, so that strictness is the decoder's:
/// what is read here, the decoder reads the same.
struct UpgradeRequest {
    /// The request as the HTTP decoder would tell it.
    let head: HTTPRequestHead
    /// How many bytes the head takes; what follows them belongs to the new protocol.
    let length: Int

    private static let requestLineEnd: StaticString = " HTTP/1.1\r\n"

    /// Reads the head of a request.
    ///
    /// - Parameters:
    ///   - bytes: What has come of the connection so far.
    ///   - limits: What a head may take; larger ones are `nil` as well.
    init?(_ bytes: UnsafeRawBufferPointer, limits: ConnectionLimits) {
        var reader = Reader(bytes: bytes)
        guard reader.skip("GET "), bytes.count > reader.position, bytes[reader.position] == UInt8(ascii: "/") else {
            return nil
        }
        let target = reader.text(while: .target)
        guard reader.skip(Self.requestLineEnd) else { return nil }
        var fields: [(String, String)] = []
        fields.reserveCapacity(12)
        var (hasUpgrade, listsUpgrade) = (false, false)
        while !reader.skip("\r\n") {
            guard let field = reader.field(), fields.count < limits.maximumHeaderCount else { return nil }
            switch field.kind {
            case .body: return nil
            case .upgrade: hasUpgrade = true
            case .connection: listsUpgrade = listsUpgrade || Self.lists("upgrade", in: field.value)
            case .other: break
            }
            fields.append((field.name, field.value))
        }
        guard hasUpgrade, listsUpgrade, reader.position <= limits.maximumHeaderSize else { return nil }
        head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: HTTPHeaders(fields))
        length = reader.position
    }

    /// Whether a list names an option, with commas and single spaces between the options.
    private static func lists(_ option: String, in list: String) -> Bool {
        list.split(separator: ",").contains { item in
            (item.first == " " ? item.dropFirst() : item).lowercased() == option
        }
    }
}

extension UpgradeRequest {
    /// What a field means for the bytes that follow the head.
    private enum FieldKind { case body, connection, upgrade, other }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        private(set) var position = 0

        init(bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
        }

        /// Moves past a text, if it stands here.
        mutating func skip(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard bytes.count - position >= count else { return false }
            for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
            position += count
            return true
        }

        /// Moves past all bytes of a class, and gives them.
        mutating func text(while expected: ByteClasses) -> String {
            let start = position
            while position < bytes.count, byteClasses[Int(bytes[position])].contains(expected) { position += 1 }
            return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        }

        /// A whole field line, or `nil` where one does not stand here beyond doubt.
        mutating func field() -> (name: String, value: String, kind: FieldKind)? {
            let start = position
            let name = text(while: .token)
            let kind = kind(ofName: start..<position)
            guard !name.isEmpty, skip(":") else { return nil }
            _ = skip(" ")
            let valueStart = position
            let value = text(while: .value)
            // A value neither begins nor ends with white space, which the decoder would have to take off.
            guard position > valueStart, bytes[valueStart] != UInt8(ascii: " "),
                bytes[position - 1] != UInt8(ascii: " "), skip("\r\n")
            else { return nil }
            return (name, value, kind)
        }

        private func kind(ofName name: Range<Int>) -> FieldKind {
            switch name.count {
            case 7 where matches(name, "upgrade"): .upgrade
            case 10 where matches(name, "connection"): .connection
            case 14 where matches(name, "content-length"): .body
            case 17 where matches(name, "transfer-encoding"): .body
            default: .other
            }
        }

        private func matches(_ range: Range<Int>, _ lowercased: StaticString) -> Bool {
            // Setting this bit makes a letter small, and leaves the hyphen alone.
            zip(range, 0...).allSatisfy { bytes[$0] | 0x20 == lowercased.utf8Start[$1] }
        }
    }
}

/// Where a byte may stand.
private struct ByteClasses: OptionSet {
    let rawValue: UInt8

    /// In a request target of origin form: RFC 9112 section 3.2.1, RFC 3986 section 3.3 and 3.4.
    static let target = ByteClasses(rawValue: 1)
    /// In a token: RFC 9110 section 5.6.2.
    static let token = ByteClasses(rawValue: 2)
    /// In the value of a field: visible characters and spaces.
    static let value = ByteClasses(rawValue: 4)
}

private let byteClasses: [ByteClasses] = (0...UInt8.max).map { byte in
    guard (0x20...0x7E).contains(byte) else { return [] }
    var classes: ByteClasses = .value
    let character = Character(Unicode.Scalar(byte))
    if character.isLetter || character.isNumber {
        classes.formUnion([.target, .token])
    } else {
        if "-._~!$&'()*+,;=:@/?%".contains(character) { classes.formUnion(.target) }
        if "!#$%&'*+-.^_`|~".contains(character) { classes.formUnion(.token) }
    }
    return classes
}
