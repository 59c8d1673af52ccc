// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import NIOCore
import NIOPosix

/// A client that reports on, reads and watches the operations of a server, over HTTP and WebSocket.
///
/// ```swift
/// let client = try ProgressClient(url: "http://127.0.0.1:8080")
/// for try await event in client.events(of: id) {
///     print(event.snapshot.state, event.snapshot.fractionCompleted ?? 0)
/// }
/// ```
/// The client is a value without a connection: each call opens its own connection, and each watch keeps one.
public struct ProgressClient: Sendable {
    /// The server that is called.
    public let server: ProgressServerAddress
    /// The times, limits and retries.
    public let configuration: Configuration
    /// The operation on which ``run(_:id:labels:lease:patience:operation:)`` reports; `nil` to create a new one.
    public internal(set) var operation: ProgressID?
    /// Whether another process ends the ``operation``.
    var isGuest = false
    let group: any EventLoopGroup

    /// Creates a client of the server at a base URL, such as `http://127.0.0.1:8080`.
    ///
    /// - Parameters:
    ///   - url: The base URL; its path comes before the server's own paths.
    ///   - apiPath: The path where the API is mounted, such as `/internal/jobs`; `nil` for `/api/v1/progress`.
    ///   - configuration: The times, limits and retries.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public init(
        url: String,
        apiPath: String? = nil,
        configuration: Configuration = Configuration()
    ) throws(ProgressClientError) {
        let server = try ProgressServerAddress(url, apiPath: apiPath)
        if server.isSecure, configuration.security == nil { throw ServerConnector.noSecurity(server) }
        self.init(server: server, configuration: configuration)
    }

    /// Creates a client of a server.
    ///
    /// - Parameters:
    ///   - server: The address of the server.
    ///   - configuration: The times, limits and retries.
    ///   - eventLoopGroup: The event loops of the connections; by default the event loops that the whole process
    ///     shares.
    public init(
        server: ProgressServerAddress,
        configuration: Configuration = Configuration(),
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.server = server
        self.configuration = configuration
        group = eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
    }

    /// Returns the same client with another token.
    func with(token: String) -> ProgressClient {
        configured { ($0.token, $0.tokenSource) = (token, nil) }
    }

    /// The same client, whose watches try to reconnect without a limit.
    var forever: ProgressClient {
        configured { ($0.maximumConnectAttempts, $0.maximumReconnectAttempts) = (nil, nil) }
    }

    func configured(_ change: (inout Configuration) -> Void) -> ProgressClient {
        var configuration = configuration
        change(&configuration)
        return ProgressClient(server: server, configuration: configuration, eventLoopGroup: group)
    }

    /// Watches an operation: returns its current snapshot first, then every newer one, and finishes after its end.
    ///
    /// The sequence reconnects automatically, with its cursor and a growing delay. The number of missed revisions is in
    /// `ProgressEvent.skipped`. The sequence throws a ``ProgressClientError`` if a retry cannot help: the operation is
    /// unknown or deleted, the permission is missing, or the server is unreachable. Each iterator is a separate watch.
    ///
    /// - Parameters:
    ///   - id: The identifier of the operation.
    ///   - cursor: The last cursor that was seen; the server sends the revisions after the cursor, if it still has
    ///     them.
    /// - Returns: The events; the sequence reads an event only when the caller asks for it.
    public func events(of id: ProgressID, from cursor: ProgressCursor? = nil) -> ProgressWatch {
        ProgressWatch(
            connector: WebSocketConnector(id: id, server: server, configuration: configuration, group: group),
            cursor: cursor,
            configuration: configuration
        )
    }

    /// Watches the operation at a whole URL, as ``events(of:from:)`` does.
    ///
    /// - Parameters:
    ///   - url: A URL such as `http://127.0.0.1:8080/api/v1/progress/import-7`.
    ///   - apiPath: The path where the API is mounted, such as `/internal/jobs`; `nil` for `/api/v1/progress`.
    ///   - cursor: The last cursor that was seen.
    ///   - configuration: The times, limits and retries.
    /// - Returns: The events.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public static func events(
        ofURL url: String,
        apiPath: String? = nil,
        from cursor: ProgressCursor? = nil,
        configuration: Configuration = Configuration()
    ) throws(ProgressClientError) -> ProgressWatch {
        let target = try ProgressTarget(url: url, apiPath: apiPath)
        return ProgressClient(server: target.server, configuration: configuration)
            .events(of: target.id, from: cursor)
    }
}
