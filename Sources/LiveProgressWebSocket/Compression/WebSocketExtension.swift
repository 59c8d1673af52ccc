// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

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
            guard let list = FieldList.extensions(field) else { return nil }
            entries += list.map { Self($0.name, $0.parameters.map { Parameter($0.name, $0.value) }) }
        }
        return entries
    }
}
