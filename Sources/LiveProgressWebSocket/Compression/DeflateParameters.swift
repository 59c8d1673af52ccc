// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What both ends agreed on for permessage-deflate, RFC 7692 section 7.1.
public struct DeflateParameters: Sendable, Hashable {
    /// What one end's messages are like.
    public struct Direction: Sendable, Hashable {
        /// Whether a message may refer to what the messages before it held.
        public var keepsContext: Bool
        /// The binary logarithm of the window's size in bytes, 8-15.
        public var windowBits: Int

        /// A direction of the given parts.
        public init(keepsContext: Bool = true, windowBits: Int = 15) {
            self.keepsContext = keepsContext
            self.windowBits = windowBits
        }
    }

    /// The extension's name, as it is registered.
    public static let extensionName = "permessage-deflate"

    /// What the server sends.
    public var server: Direction
    /// What the client sends.
    public var client: Direction

    /// Parameters of the given parts.
    public init(server: Direction = Direction(), client: Direction = Direction()) {
        self.server = server
        self.client = client
    }

    /// What an end sends.
    func outgoing(of role: WebSocketRole) -> Direction { role == .server ? server : client }

    /// What an end receives.
    func incoming(of role: WebSocketRole) -> Direction { role == .server ? client : server }
}

/// The parameters of one entry of the field: an offer of a client, or a server's answer.
struct DeflateEntry: Equatable {
    /// The client's window, which an offer may name without a number.
    enum Bits: Equatable {
        case any
        case exactly(Int)
    }

    var serverNoContext = false
    var clientNoContext = false
    var serverBits: Int?
    var clientBits: Bits?

    init() {}

    /// Reads an entry, or gives `nil` for another extension, an unknown parameter, one that comes twice, and a value
    /// that is out of place or out of range.
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

    /// 8 to 15, without leading zeros.
    private static func bits(_ text: String) -> Int? {
        (8...15).first { String($0) == text }
    }
}
