// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension JSONValue {
    /// The default limit on the nesting of arrays and objects in a text.
    public static let defaultMaximumDepth = 128

    /// Parses one JSON text in UTF-8, strictly as RFC 8259 defines it.
    ///
    /// Members keep their order. If a name repeats, the last value counts. The time is linear in the length of the
    /// text.
    ///
    /// - Parameters:
    ///   - bytes: The whole text: one value, with optional white space around it.
    ///   - maximumDepth: The deepest nesting accepted; the parser recurses to this depth.
    /// - Throws: ``JSONError``, with the position and the expected text.
    public init(
        parsing bytes: some Sequence<UInt8>,
        maximumDepth: Int = defaultMaximumDepth
    ) throws(JSONError) {
        var parser = JSONParser(bytes: bytes as? [UInt8] ?? Array(bytes), maximumDepth: maximumDepth)
        self = try parser.parseText()
    }

    /// Parses one JSON text, strictly as RFC 8259 defines it.
    ///
    /// - Parameters:
    ///   - text: The whole text: one value, with optional white space around it.
    ///   - maximumDepth: The deepest nesting accepted; the parser recurses to this depth.
    /// - Throws: ``JSONError``, with the position and the expected text.
    public init(parsing text: String, maximumDepth: Int = defaultMaximumDepth) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }

    /// The value as compact JSON in UTF-8.
    public var jsonBytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The value as compact JSON.
    public var jsonString: String {
        String(decoding: jsonBytes, as: UTF8.self)
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON.
    public var description: String { jsonString }
}
