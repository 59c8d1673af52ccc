// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import NIOCore
import NIOPosix

/// Reports on, reads and watches operations of a server, over HTTP and WebSocket.
///
/// ```swift
/// let client = try ProgressClient(url: "http://127.0.0.1:8080")
/// for try await event in client.watch(id) {
///     print(event.snapshot.state, event.snapshot.fractionCompleted ?? 0)
/// }
/// ```
/// A value that holds no connection: each call makes its own, and each watch keeps one.
public struct ProgressClient: Sendable {
    /// The server that is called.
    public let server: ProgressServerAddress
    /// Times, limits and retries.
    public let configuration: Configuration
    let group: any EventLoopGroup

    /// A client of the server at a base URL, such as `http://127.0.0.1:8080`.
    ///
    /// - Parameters:
    ///   - url: The base URL; what stands in its path comes before the server's own paths.
    ///   - apiPath: Where the API is mounted there, such as `/internal/jobs`; `nil` for `/api/v1/progress`.
    ///   - configuration: Times, limits and retries.
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

    /// A client of a server.
    ///
    /// - Parameters:
    ///   - server: Where the server is.
    ///   - configuration: Times, limits and retries.
    ///   - eventLoopGroup: The threads of the connections; by default those that the whole process shares.
    public init(
        server: ProgressServerAddress,
        configuration: Configuration = Configuration(),
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.server = server
        self.configuration = configuration
        group = eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
    }

    /// The same client with another token.
    func with(token: String) -> ProgressClient {
        var configuration = configuration
        configuration.token = token
        return ProgressClient(server: server, configuration: configuration, eventLoopGroup: group)
    }

    /// Follows an operation: its current snapshot first, then every newer one, and finishes after its end.
    ///
    /// The sequence reconnects by itself, with its cursor and a growing pause, and states what it could not get as
    /// `ProgressEvent.skipped`. It throws a ``ProgressClientError`` where going on is pointless: no such operation,
    /// deleted, not allowed, or a server that cannot be reached at all. Each iterator is a watch of its own.
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - cursor: What has been seen already; what follows it comes, as far as the server still has it.
    /// - Returns: The events, read no faster than they are asked for.
    public func watch(_ id: ProgressID, from cursor: ProgressCursor? = nil) -> ProgressWatch {
        ProgressWatch(
            connector: WebSocketConnector(id: id, server: server, configuration: configuration, group: group),
            cursor: cursor,
            configuration: configuration
        )
    }

    /// Follows the operation at a whole URL, as ``watch(_:from:)`` does.
    ///
    /// - Parameters:
    ///   - url: Such as `http://127.0.0.1:8080/api/v1/progress/import-7`.
    ///   - apiPath: Where the API is mounted there, such as `/internal/jobs`; `nil` for `/api/v1/progress`.
    ///   - cursor: What has been seen already.
    ///   - configuration: Times, limits and retries.
    /// - Returns: The events.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public static func watch(
        url: String,
        apiPath: String? = nil,
        from cursor: ProgressCursor? = nil,
        configuration: Configuration = Configuration()
    ) throws(ProgressClientError) -> ProgressWatch {
        let target = try ProgressTarget(url: url, apiPath: apiPath)
        return ProgressClient(server: target.server, configuration: configuration).watch(target.id, from: cursor)
    }
}
