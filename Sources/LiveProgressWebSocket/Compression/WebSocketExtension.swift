// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// One entry of a `Sec-WebSocket-Extensions` field, RFC 6455 section 9.1.
package struct WebSocketExtension: Sendable, Hashable {
    /// A parameter: a name and an optional value.
    package struct Parameter: Sendable, Hashable {
        /// The name.
        package var name: String
        /// The value, without quotes; `nil` if there is none.
        package var value: String?

        /// Creates a parameter of the given parts.
        package init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// The name of the extension.
    package var name: String
    /// The parameters, in order; the extension decides whether a name may be repeated.
    package var parameters: [Parameter]

    /// Creates an extension of the given parts.
    package init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// The text of the entry in a header field; values must be tokens.
    package var text: String {
        let parts = parameters.map { parameter in parameter.value.map { "\(parameter.name)=\($0)" } ?? parameter.name }
        return ([name] + parts).joined(separator: "; ")
    }

    /// Reads the entries of all fields of a head, in order.
    /// - Parameter fields: The values of the `Sec-WebSocket-Extensions` fields.
    /// - Returns: The entries, or `nil` if a field breaks the grammar.
    package static func list(_ fields: [String]) -> [Self]? {
        var entries: [Self] = []
        for field in fields {
            guard let list = FieldList.extensions(field) else { return nil }
            entries += list.map { Self($0.name, $0.parameters.map { Parameter($0.name, $0.value) }) }
        }
        return entries
    }
}
