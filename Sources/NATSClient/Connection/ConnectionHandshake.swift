// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The start of a connection, up to the server's first `PONG`: a pure state machine.
///
/// ```text
/// server: INFO          client: (TLS)   CONNECT PING          server: PONG
/// ```
/// With TLS first, the handshake of TLS comes before `INFO`.
struct ConnectionHandshake {
    /// What the connection has to do next.
    enum Action {
        case wait
        /// Start TLS. The server has received no credentials yet.
        case startTLS
        case send(ConnectOptions)
        case open(ServerInfo)
    }

    private enum State {
        case info
        case securing(ServerInfo)
        case pong(ServerInfo)
        case open
    }

    private let address: NATSAddress
    private let configuration: NATSConfiguration
    private var state = State.info

    init(to address: NATSAddress, with configuration: NATSConfiguration) {
        self.address = address
        self.configuration = configuration
    }

    /// Whether the handshake is over, and operations belong to the client.
    var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// Takes an operation of the server.
    ///
    /// - Throws: The error for which the connection must be closed.
    mutating func receive(_ operation: ServerOperation) throws(NATSError) -> Action {
        switch (state, operation) {
        case (.info, .info(let info)): return try take(info)
        // The second INFO of a server comes after CONNECT, and says more about the account.
        case (.pong, .info(let info)):
            state = .pong(info)
            return .wait
        case (.pong(let info), .pong):
            state = .open
            return .open(info)
        case (.pong, .ok): return .wait
        case (_, .error(let text)): throw NATSError.refusal(text, by: address)
        default:
            throw NATSError(
                .protocolViolation,
                "\(address) did not follow the protocol at the start of the connection."
            )
        }
    }

    /// Notes that TLS was established after `INFO`.
    mutating func secured() throws(NATSError) -> Action {
        guard case .securing(let info) = state else { return .wait }
        return try connect(info, isSecure: true)
    }

    private mutating func take(_ info: ServerInfo) throws(NATSError) -> Action {
        guard info.hasHeaders else {
            throw NATSError(
                .protocolViolation,
                "\(address) supports no header fields. Expected nats-server 2.2 or later."
            )
        }
        if configuration.tls.isFirst { return try connect(info, isSecure: true) }
        guard info.isTLSRequired || address.isSecure else { return try connect(info, isSecure: false) }
        guard info.isTLSRequired || info.isTLSAvailable else {
            throw NATSError(
                .insecure,
                "\(address) offers no TLS. Use nats:// in its URL, or configure the server with TLS."
            )
        }
        state = .securing(info)
        return .startTLS
    }

    private mutating func connect(_ info: ServerInfo, isSecure: Bool) throws(NATSError) -> Action {
        var options = ConnectOptions(name: configuration.name)
        options.isTLSRequired = isSecure
        try configuration.credentials.prove(to: info, at: address, in: &options)
        state = .pong(info)
        return .send(options)
    }
}

extension NATSError {
    /// Returns the error for the text of `-ERR`.
    static func refusal(_ text: String, by address: NATSAddress) -> NATSError {
        let words = text.lowercased()
        let isRefused = ["authorization", "authentication", "credentials", "revoked"].contains { words.contains($0) }
        return isRefused
            ? NATSError(.unauthorized, "\(address) refuses the credentials: \(text).")
            : NATSError(.refused, "\(address) reports an error: \(text).")
    }
}
