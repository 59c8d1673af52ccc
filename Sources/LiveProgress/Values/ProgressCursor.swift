// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A place in an operation's journal, from which a watcher can resume.
///
/// The text form, `epoch-revision` such as `k3f9-42`, is the same on every transport: the `cursor` of a WebSocket
/// message, the `Last-Event-ID` of server-sent events, the `ETag` of HTTP.
public struct ProgressCursor: Sendable, Hashable {
    /// The random token of one journal; a cursor of another epoch cannot be resumed.
    public let epoch: String
    /// The last revision that the watcher has seen.
    public let revision: UInt64

    /// The longest epoch, in characters.
    package static let maximumEpochLength = 32

    /// Creates a cursor at a revision of an epoch.
    public init(epoch: String, revision: UInt64) {
        self.epoch = epoch
        self.revision = revision
    }

    /// Reads the text form; returns `nil` if the text is not a cursor.
    public init?(_ text: some StringProtocol) {
        let utf8 = Array(text.utf8.prefix(Self.maximumEpochLength + 22))
        guard utf8.count <= Self.maximumEpochLength + 21, let dash = utf8.lastIndex(of: UInt8(ascii: "-")) else {
            return nil
        }
        let epoch = utf8[..<dash]
        let digits = utf8[(dash + 1)...]
        guard (1...Self.maximumEpochLength).contains(epoch.count), epoch.allSatisfy(Self.isAlphanumeric) else {
            return nil
        }
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let revision = UInt64(String(decoding: digits, as: UTF8.self))
        else { return nil }
        self.epoch = String(decoding: epoch, as: UTF8.self)
        self.revision = revision
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

extension ProgressCursor: CustomStringConvertible {
    /// The text form, `epoch-revision`.
    public var description: String { "\(epoch)-\(revision)" }
}
