// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore
import NIOPosix
import Synchronization

/// A client of a NATS cluster, over one connection that reconnects.
///
/// The client is connected while ``run()`` runs. Its methods may be called from any thread, and ``publish(_:to:headers:reply:)``,
/// ``subscribe(to:queue:receive:)`` and ``unsubscribe(_:)`` never wait.
///
/// - A message that was published just before the connection ended may be lost; a request then fails with
///   ``NATSError/Code/disconnected``, and may have been carried out.
/// - Subscriptions are restored after a reconnect. Messages that were sent in between are lost.
/// - At most ``NATSConfiguration/maximumPendingBytes`` wait to be sent; a call that would exceed them throws.
///
/// ```swift
/// let client = NATSConnection(NATSConfiguration(servers: try NATSAddress.list("nats://127.0.0.1:4222"), name: "example"))
/// async let running: Void = client.run()
/// try await client.connected()
/// let subscription = try client.subscribe(to: "news.*") { print($0.subject) }
/// try client.publish(ByteBuffer(string: "Hello"), to: "news.today")
/// ```
public final class NATSConnection: Sendable {
    /// The settings of the client.
    public let configuration: NATSConfiguration
    let eventLoop: any EventLoop
    let state: Mutex<ClientState>
    let pool: Mutex<ServerPool>
    let note: @Sendable (NATSEvent) -> Void

    /// Creates a client that is not connected yet.
    ///
    /// - Parameters:
    ///   - configuration: The servers, the credentials and the limits.
    ///   - group: The event loops; the client uses one of them. `nil` for those of the process.
    ///   - note: Receives what happens to the connection. The closure must not block.
    public init(
        _ configuration: NATSConfiguration,
        group: (any EventLoopGroup)? = nil,
        note: @escaping @Sendable (NATSEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.note = note
        eventLoop = (group ?? MultiThreadedEventLoopGroup.singleton).next()
        let inbox = "_INBOX.\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        state = Mutex(ClientState(inbox: inbox, limit: configuration.maximumPendingBytes))
        let servers = configuration.servers
        let shuffled = servers.shuffled()
        pool = Mutex(
            ServerPool(servers, shuffled: shuffled, base: configuration.backoff, maximum: configuration.maximumBackoff)
        )
    }

    /// The bytes that wait to be sent.
    public var pendingBytes: Int { state.withLock { $0.outbox.count } }

    /// The number of subscriptions.
    public var subscriptionCount: Int { state.withLock { $0.subscriptions.count } }

    /// The server of the current connection; `nil` if there is none.
    public var server: NATSAddress? { state.withLock { $0.link?.address } }

    /// The version of the connected server, such as `2.9.10`; `nil` without a connection.
    public var serverVersion: String? { state.withLock { $0.link?.info.version } }

    /// Whether the connected server knows the time to live of a message (2.11 and later); `false` without a connection.
    public var knowsMessageTTL: Bool {
        let numbers = (serverVersion ?? "0").split(separator: ".").compactMap { Int($0) }
        return !numbers.lexicographicallyPrecedes([2, 11])
    }

    /// The largest message that the connected server accepts, in bytes; `nil` without a connection.
    public var maximumPayload: Int? { state.withLock { $0.link?.info.maximumPayload } }
}
