// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The negotiated parameters of permessage-deflate, RFC 7692 section 7.1.
package struct DeflateParameters: Sendable, Hashable {
    /// The parameters of the messages that one end sends.
    package struct Direction: Sendable, Hashable {
        /// Whether a message may refer to the content of earlier messages.
        package var keepsContext: Bool
        /// The binary logarithm of the window's size in bytes, 8-15.
        package var windowBits: Int

        /// Creates the parameters of one direction.
        package init(keepsContext: Bool = true, windowBits: Int = 15) {
            self.keepsContext = keepsContext
            self.windowBits = windowBits
        }
    }

    /// The registered name of the extension.
    package static let extensionName = "permessage-deflate"

    /// The parameters of the server's messages.
    package var server: Direction
    /// The parameters of the client's messages.
    package var client: Direction

    /// Creates the parameters of both directions.
    package init(server: Direction = Direction(), client: Direction = Direction()) {
        self.server = server
        self.client = client
    }

    /// Returns the parameters of the messages that an end sends.
    func outgoing(of role: WebSocketRole) -> Direction { role == .server ? server : client }

    /// Returns the parameters of the messages that an end receives.
    func incoming(of role: WebSocketRole) -> Direction { role == .server ? client : server }
}

/// The parameters of one entry of the header field: a client's offer, or a server's response.
struct DeflateEntry: Equatable {
    /// The client's window size; an offer may name the parameter without a value.
    enum Bits: Equatable {
        case any
        case exactly(Int)
    }

    var serverNoContext = false
    var clientNoContext = false
    var serverBits: Int?
    var clientBits: Bits?

    init() {}

    /// Reads an entry.
    ///
    /// The result is `nil` for another extension, an unknown or repeated parameter, and a value that is misplaced or out of
    /// range.
    init?(_ entry: WebSocketExtension) {
        guard entry.name == DeflateParameters.extensionName,
            Set(entry.parameters.map(\.name)).count == entry.parameters.count
        else { return nil }
        for parameter in entry.parameters {
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverNoContext = true
            case ("client_no_context_takeover", nil): clientNoContext = true
            case ("client_max_window_bits", nil): clientBits = .any
            case ("client_max_window_bits", let value?):
                guard let bits = Self.bits(value) else { return nil }
                clientBits = .exactly(bits)
            case ("server_max_window_bits", let value?):
                guard let bits = Self.bits(value) else { return nil }
                serverBits = bits
            default: return nil
            }
        }
    }

    var entry: WebSocketExtension {
        var parameters: [WebSocketExtension.Parameter] = []
        if serverNoContext { parameters.append(.init("server_no_context_takeover")) }
        if clientNoContext { parameters.append(.init("client_no_context_takeover")) }
        if let serverBits { parameters.append(.init("server_max_window_bits", String(serverBits))) }
        switch clientBits {
        case nil: break
        case .any: parameters.append(.init("client_max_window_bits"))
        case .exactly(let bits): parameters.append(.init("client_max_window_bits", String(bits)))
        }
        return WebSocketExtension(DeflateParameters.extensionName, parameters)
    }

    /// Returns a window size from 8 to 15; `nil` for any other text, such as a number with leading zeros.
    private static func bits(_ text: String) -> Int? {
        (8...15).first { String($0) == text }
    }
}
