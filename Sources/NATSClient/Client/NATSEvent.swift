// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What happens to a client's connection, for logs and metrics.
public enum NATSEvent: Sendable, Hashable, CustomStringConvertible {
    /// The client is connected, and its subscriptions are restored.
    case connected(NATSAddress, serverVersion: String)
    /// The connection has ended. Open requests fail, and the client tries the next server.
    case disconnected(NATSAddress, NATSError)
    /// A server was tried in vain.
    case unreachable(NATSAddress, NATSError)
    /// The server reported an error that does not end the connection, such as a missing permission.
    case refused(NATSAddress, NATSError)
    /// The server shuts down soon ("lame duck mode"), and the client goes to another one.
    case leaving(NATSAddress)

    /// One sentence for a log.
    public var description: String {
        switch self {
        case .connected(let address, let version): "connected to \(address), nats-server \(version)"
        case .disconnected(let address, let error): "lost the connection to \(address): \(error)"
        case .unreachable(let address, let error): "no connection to \(address): \(error)"
        case .refused(_, let error): "\(error)"
        case .leaving(let address): "\(address) shuts down soon"
        }
    }
}
