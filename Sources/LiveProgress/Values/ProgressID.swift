// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The identifier of an operation: 1 to 128 characters that need no escape in a URL path.
///
/// The characters are the unreserved characters of RFC 3986 (`A-Z a-z 0-9 - . _ ~`), `:` and `@`. The path segments `.`
/// and `..` are not identifiers. Identifiers are compared byte for byte.
public struct ProgressID: Sendable, Hashable {
    /// The identifier as text, as it appears in a URL.
    public let rawValue: String

    /// The longest identifier, in characters.
    public static let maximumLength = 128

    /// Creates a random identifier: a UUID of version 4 from the system's random source, in lower case.
    public init() {
        var random = SystemRandomNumberGenerator()
        rawValue = Self.uuid(random.next(), random.next())
    }

    /// Creates the identifier with the form of a UUID of version 4 and these bits.
    package init(bits first: UInt64, _ second: UInt64) {
        rawValue = Self.uuid(first, second)
    }

    /// Returns the text of a UUID of version 4 (RFC 9562 section 5.4) with these bits except version and variant.
    ///
    /// Foundation's UUID takes ten times as long, which would be a third of the time to create an operation.
    static func uuid(_ first: UInt64, _ second: UInt64) -> String {
        let high = first & ~0xF000 | 0x4000
        let low = second & ~(3 << 62) | 1 << 63
        return String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    text.initializeElement(at: position, to: UInt8(ascii: "-"))
                    position += 1
                }
                let digit = UInt8((nibble < 16 ? high : low) >> UInt64(60 - 4 * (nibble & 15)) & 15)
                let letter = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                text.initializeElement(at: position, to: letter)
                position += 1
            }
            return position
        }
    }

    /// Creates an identifier from a text; returns `nil` if the text breaks the rules above.
    @inlinable
    public init?(_ text: some StringProtocol) {
        self.init(checking: String(text))
    }

    @usableFromInline
    init?(checking text: String) {
        let utf8 = text.utf8
        guard (1...Self.maximumLength).contains(utf8.count), utf8.allSatisfy(Self.isAllowed) else { return nil }
        guard text != ".", text != ".." else { return nil }
        rawValue = text
    }

    private init(unchecked: String) {
        rawValue = unchecked
    }

    /// The identifier of ``ProgressTracker/noop``, which no operation can have.
    static let empty = ProgressID(unchecked: "")

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "@"):
            true
        default: false
        }
    }
}

extension ProgressID: ExpressibleByStringLiteral {
    /// Creates an identifier from a literal, such as `"nightly"`; a literal that breaks the rules stops the program.
    public init(stringLiteral text: String) {
        guard let id = ProgressID(checking: text) else { preconditionFailure("\"\(text)\" is not an identifier") }
        self = id
    }
}

extension ProgressID: CustomStringConvertible {
    /// The identifier itself.
    public var description: String { rawValue }
}
