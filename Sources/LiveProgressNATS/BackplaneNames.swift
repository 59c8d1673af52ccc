// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The subjects and the stream of a namespace.
struct BackplaneNames: Sendable {
    private let prefix: String
    /// The name of the stream, which may have no dots.
    let stream: String

    init(namespace: String) {
        prefix = namespace
        stream = namespace.replacing(".", with: "_").uppercased()
    }

    /// The subject of an operation's records in the stream; also of attempts that the stream refuses.
    func record(_ id: String) -> String { "\(prefix).op.\(id)" }

    /// The subject to which the stream publishes the stored records of an operation.
    func published(_ id: String) -> String { "\(prefix).stored.\(id)" }

    /// The subject of requests to a node.
    func node(_ name: String) -> String { "\(prefix).node.\(name)" }

    /// The subject of what a node announces.
    func announcement(by name: String) -> String { "\(prefix).all.\(name)" }

    /// Returns the operation of a record's subject.
    func id(ofRecord subject: String) -> ProgressID? {
        guard let token = subject.split(separator: ".").last else { return nil }
        return ProgressID(token.replacing("=", with: "."))
    }
}

extension ProgressID {
    /// The identifier as one token of a subject.
    ///
    /// An identifier has no `=`.
    var token: String { rawValue.replacing(".", with: "=") }
}
