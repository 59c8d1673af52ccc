// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A place in an operation's journal, from which a watcher can resume.
///
/// The text form, `epoch-revision` such as `k3f9-42`, is the same on every transport: the `cursor` of a WebSocket
/// message, the `Last-Event-ID` of server-sent events, the `ETag` of HTTP.
///
/// A crash may lose the newest revisions, which watchers may have seen. Revisions made after the crash therefore have
/// the next generation, as in `k3f9.1-43`. (Kafka's leader epochs, KIP-101, solve the same problem.)
public struct ProgressCursor: Sendable, Hashable {
    /// The random token of one journal; a cursor of another epoch cannot be resumed.
    public let epoch: String
    /// The number of crashes after which the journal was restored from a store, before this revision was made.
    public let generation: UInt32
    /// The last revision that the watcher has seen.
    public let revision: UInt64

    /// The longest epoch, in characters.
    package static let maximumEpochLength = 32
    /// The longest text form: an epoch, a dot, 10 digits, a dash and 20 digits.
    private static let maximumLength = maximumEpochLength + 32

    /// Creates a cursor at a revision of an epoch.
    public init(epoch: String, generation: UInt32 = 0, revision: UInt64) {
        self.epoch = epoch
        self.generation = generation
        self.revision = revision
    }

    /// Reads the text form; returns `nil` if the text is not a cursor.
    public init?(_ text: some StringProtocol) {
        let utf8 = Array(text.utf8.prefix(Self.maximumLength + 1))
        guard utf8.count <= Self.maximumLength, let dash = utf8.lastIndex(of: UInt8(ascii: "-")) else { return nil }
        let parts = utf8[..<dash].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, (1...Self.maximumEpochLength).contains(parts[0].count),
            parts[0].allSatisfy(Self.isAlphanumeric),
            let revision = UInt64(digits: utf8[(dash + 1)...]),
            let generation = parts.count == 1 ? 0 : UInt32(digits: parts[1])
        else { return nil }
        self.init(epoch: String(decoding: parts[0], as: UTF8.self), generation: generation, revision: revision)
    }

    /// Returns whether this cursor is later than another one of the same epoch.
    package func isLater(than other: ProgressCursor) -> Bool {
        (generation, revision) > (other.generation, other.revision)
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

extension FixedWidthInteger {
    /// Reads decimal digits; returns `nil` for any other text, such as one with a sign.
    fileprivate init?(digits: ArraySlice<UInt8>) {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        self.init(String(decoding: digits, as: UTF8.self))
    }
}

extension ProgressCursor: CustomStringConvertible {
    /// The text form, `epoch-revision` or `epoch.generation-revision`.
    public var description: String {
        generation == 0 ? "\(epoch)-\(revision)" : "\(epoch).\(generation)-\(revision)"
    }
}
