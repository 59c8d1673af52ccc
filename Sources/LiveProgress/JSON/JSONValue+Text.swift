// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension JSONValue {
    /// How deeply arrays and objects may be nested in a text, where nothing else is said.
    public static let defaultMaximumDepth = 128

    /// Reads one JSON text in UTF-8, strictly as RFC 8259 has it.
    ///
    /// Members keep their order; of members with the same name the last value counts. The time taken grows linearly
    /// with the text.
    ///
    /// - Parameters:
    ///   - bytes: The whole text; white space around the value is allowed, anything else is not.
    ///   - maximumDepth: The deepest nesting taken; the reader recurses as deeply.
    /// - Throws: ``JSONError``, with the place and what was expected there.
    public init(
        parsing bytes: some Sequence<UInt8>,
        maximumDepth: Int = defaultMaximumDepth
    ) throws(JSONError) {
        var parser = JSONParser(bytes: bytes as? [UInt8] ?? Array(bytes), maximumDepth: maximumDepth)
        self = try parser.parseText()
    }

    /// Reads one JSON text, strictly as RFC 8259 has it.
    ///
    /// - Parameters:
    ///   - text: The whole text; white space around the value is allowed, anything else is not.
    ///   - maximumDepth: The deepest nesting taken; the reader recurses as deeply.
    /// - Throws: ``JSONError``, with the place and what was expected there.
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
