// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import LiveProgressHTTP
import NIOCore
import NIOHTTP1

/// The head of an upgrade request, read in one pass from bytes that hold the whole head: no state, no I/O.
///
/// The reader accepts only unambiguous heads: `GET`, a path in origin form, HTTP/1.1, CRLF line ends, one-line ASCII fields with
/// at most one space before the value, one `Host`, an `Upgrade` field that `Connection` lists, no body, and no expectation. All
/// other heads, valid or not, give `nil` and go to the HTTP decoder, which then decides. The decoder reads an accepted head in
/// the same way, and none of the ``RequestRules`` refuses it.
struct UpgradeRequest {
    /// The head, as the HTTP decoder would produce it.
    let head: HTTPRequestHead
    /// The number of bytes of the head; the bytes after it belong to the new protocol.
    let length: Int

    /// Reads the head of a request; `nil` if the reader does not accept the head, or if the head exceeds a limit.
    ///
    /// - Parameters:
    ///   - bytes: All bytes that the connection has received so far.
    ///   - limits: The limits on a head.
    init?(_ bytes: UnsafeRawBufferPointer, limits: ConnectionLimits) {
        var reader = Reader(bytes: bytes)
        guard reader.skip("GET "), bytes.count > reader.position, bytes[reader.position] == UInt8(ascii: "/") else {
            return nil
        }
        let target = reader.text(of: .target)
        guard target.utf8.count <= limits.maximumTargetSize, reader.skip(" HTTP/1.1\r\n") else { return nil }
        var fields: [(String, String)] = []
        fields.reserveCapacity(12)
        var (hostCount, hasUpgrade, listsUpgrade) = (0, false, false)
        while !reader.skip("\r\n") {
            guard let field = reader.field(), fields.count < limits.maximumHeaderCount else { return nil }
            switch field.kind {
            case .doubtful: return nil
            case .host: hostCount += 1
            case .upgrade: hasUpgrade = true
            case .connection(listsUpgrade: let lists): listsUpgrade = listsUpgrade || lists
            case .other: break
            }
            fields.append((field.name, field.value))
        }
        guard hostCount == 1, hasUpgrade, listsUpgrade, reader.position <= limits.maximumHeaderSize else { return nil }
        head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: HTTPHeaders(fields))
        length = reader.position
    }
}

extension UpgradeRequest {
    /// What a field means for the request and for the bytes after its head.
    private enum FieldKind {
        /// A body, an expectation, or an invalid host.
        case doubtful
        case host
        case connection(listsUpgrade: Bool)
        case upgrade
        case other
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        private(set) var position = 0

        init(bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
        }

        /// Moves past a text if the text is next.
        mutating func skip(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard bytes.count - position >= count else { return false }
            for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
            position += count
            return true
        }

        /// Moves past all bytes of a set, and returns them.
        mutating func text(of set: ByteSet) -> String {
            let start = position
            while position < bytes.count, set.contains(bytes[position]) { position += 1 }
            return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        }

        /// Returns the next field line, or `nil` if it is ambiguous or incomplete.
        mutating func field() -> (name: String, value: String, kind: FieldKind)? {
            let name = text(of: .token)
            guard !name.isEmpty, skip(":") else { return nil }
            _ = skip(" ")
            let value = text(of: .printable)
            // A value neither begins nor ends with white space; the decoder would have to remove it.
            guard let first = value.utf8.first, first != UInt8(ascii: " "), value.utf8.last != UInt8(ascii: " "),
                skip("\r\n")
            else { return nil }
            return (name, value, Self.kind(of: name, value))
        }

        private static func kind(of name: String, _ value: String) -> FieldKind {
            switch name.utf8.count {
            case 4 where name.matches("host"): Authority(value[...]) == nil ? .doubtful : .host
            case 6 where name.matches("expect"): .doubtful
            case 7 where name.matches("upgrade"): .upgrade
            case 10 where name.matches("connection"): .connection(listsUpgrade: FieldList.lists("upgrade", in: value))
            case 14 where name.matches("content-length"): .doubtful
            case 17 where name.matches("transfer-encoding"): .doubtful
            default: .other
            }
        }
    }
}
