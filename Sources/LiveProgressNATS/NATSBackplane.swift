// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import NATSClient
import NIOCore
import Synchronization

/// A backplane on a NATS cluster: the records are in a JetStream stream.
///
/// Each operation has a subject of the stream. A write names the sequence that the subject must have (compare-and-set), and
/// the stream publishes each stored record again, to the nodes that have subscribed to the operation.
///
/// ```swift
/// let servers = try NATSAddress.list("nats://127.0.0.1:4222")
/// let backplane = NATSBackplane(NATSBackplane.Configuration(servers: servers))
/// ```
public final class NATSBackplane: ProgressBackplane {
    /// The settings of a backplane.
    public struct Configuration: Sendable {
        /// The connection to the NATS servers.
        public var connection: NATSConfiguration
        /// The start of all names: nodes with another namespace do not see each other.
        public var namespace = "live-progress"
        /// The number of servers that keep each record; `nil` for three in a cluster, and one otherwise.
        public var replicas: Int?
        /// The time after which a record that is not replaced is forgotten; longer than the retention of ended operations.
        public var maximumAge = Duration.seconds(7 * 86_400)
        /// The most records that are kept of one operation.
        public var history = 16
        /// The time limit of a write or a read.
        public var timeout = Duration.seconds(10)
        /// Receives what happens to the connection.
        public var note: @Sendable (NATSEvent) -> Void = { _ in }

        /// Creates settings with the standard limits.
        public init(servers: [NATSAddress]) {
            connection = NATSConfiguration(servers: servers, name: "live-progress")
            // Another server is tried soon after one stops to respond, because the other nodes take over after 5 s.
            connection.pingInterval = .seconds(3)
        }
    }

    struct Watch {
        let id: ProgressID
        let subscription: NATSSubscription
        let receive: @Sendable (BackplaneRecord) -> Void
    }

    struct State {
        var node: BackplaneNode?
        var running: Task<Void, Never>?
        /// The number of messages of other nodes that have no response yet.
        var responding = 0
        var watches: [UInt64: Watch] = [:]
        var lastWatch: UInt64 = 0
    }

    /// The time to deliver the last messages before the connection is closed.
    private static let drainLimit = Duration.seconds(2)

    let configuration: Configuration
    let names: BackplaneNames
    let client: NATSConnection
    let streams: JetStream
    let state = Mutex(State())
    private let events: ConnectionEvents
    /// Wakes the end of the node after each response.
    private let responded = WakeGroup()
    /// Wakes the end of the node when the connection is closed.
    private let ended = WakeSignal()

    /// Creates a backplane, which connects when it joins.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        names = BackplaneNames(namespace: configuration.namespace)
        events = ConnectionEvents(note: configuration.note)
        client = NATSConnection(configuration.connection, note: events.take)
        streams = JetStream(client, timeout: min(configuration.timeout, .seconds(2)))
        events.attach(self)
    }

    /// The name in messages.
    public var description: String {
        "NATS at \(configuration.connection.servers.map(\.description).joined(separator: ","))"
    }

    /// Connects, creates the stream if it is missing, and joins the nodes.
    ///
    /// - Throws: `BackplaneError` if there is no connection in time, or the stream cannot be created.
    public func join(_ node: BackplaneNode) async throws(BackplaneError) {
        let running = Task { [client, ended] in
            await client.run()
            ended.wake()
        }
        state.withLock { state in
            state.node = node
            state.running = running
        }
        do throws(NATSError) {
            try await connected()
            try await createStream()
            try await listen(as: node)
        } catch {
            running.cancel()
            let reason =
                error.code == .noResponders
                ? "the server has no JetStream. Start nats-server with -js, or with jetstream {} in its configuration"
                : "\(error)"
            let end = reason.last.map { ".?".contains($0) } == true ? "" : "."
            throw BackplaneError(.unavailable, "The backplane (\(self)) cannot be used: \(reason)\(end)")
        }
    }

    /// Leaves the nodes, and closes the connection.
    public func leave() async {
        events.leave()
        // A connection that is being lost must not delay the end.
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.finish() }
            group.addTask { try? await Task.sleep(for: Self.drainLimit) }
            await group.next()
            group.cancelAll()
        }
        let running = state.withLock { state in
            state.watches = [:]
            return state.running.take()
        }
        running?.cancel()
        // The servers must know that the node is gone, so that requests for it fail at once.
        let clock = ProgressClock.system
        if running != nil { _ = await ended.wait(until: clock.now() + Self.drainLimit, on: clock) }
    }

    /// Receives no more messages, and responds to those that have arrived.
    private func finish() async throws {
        try await client.drain()
        _ = try await responded.wait { state.withLock { $0.responding == 0 ? true : nil } }
        try await client.flush()
    }

    /// Creates the stream again, after it was deleted or lost.
    func restoreStream() async {
        // If it cannot be created, the next try says why.
        guard (try? await createStream()) != nil else { return }
        state.withLock(\.node)?.beginAnew()
    }

    /// Waits for the connection, within the time limit.
    private func connected() async throws(NATSError) {
        let waiting = Task { [client] in try await client.connected() }
        let limit = Task { [configuration] in
            try await Task.sleep(for: configuration.timeout)
            waiting.cancel()
        }
        defer { limit.cancel() }
        do {
            try await waiting.value
        } catch {
            let reason = events.lastFailure.map { ". \($0)" } ?? ""
            throw NATSError(.unreachable, "there was no connection within \(configuration.timeout)\(reason)")
        }
    }

    /// Subscribes to the messages for this node.
    private func listen(as node: BackplaneNode) async throws(NATSError) {
        _ = try client.subscribe(to: names.node(node.name)) { [weak self] message in
            guard let self, let reply = message.reply else { return }
            state.withLock { $0.responding += 1 }
            Task {
                let answer = await node.respond(Array(message.payload.readableBytesView))
                // The other node still waits if only this one has lost its connection.
                try? await self.repeating(while: { $0.code == .notConnected }) { () async throws(NATSError) in
                    try self.client.publish(ByteBuffer(bytes: answer), to: reply)
                }
                self.state.withLock { $0.responding -= 1 }
                self.responded.wake()
            }
        }
        let own = names.announcement(by: node.name)
        _ = try client.subscribe(to: names.announcement(by: "*")) { message in
            if message.subject != own { node.hear(Array(message.payload.readableBytesView)) }
        }
        try await client.flush()
    }

    private func createStream() async throws(NATSError) {
        // A cluster that has just started has no leader yet.
        try await repeating(while: \.isTransient) { () async throws(NATSError) in
            try await createStream(replicas: configuration.replicas ?? 3)
        }
    }

    private func createStream(replicas: Int) async throws(NATSError) {
        do throws(NATSError) {
            try await streams.create(stream(replicas: replicas))
        } catch {
            switch error.code {
            case .streamExists:
                let present = try await streams.info(of: names.stream).configuration
                guard present.subjects == [names.record("*")] else {
                    throw NATSError(
                        .refused,
                        "The stream \(names.stream) has other subjects. Choose a namespace that differs in more than its case"
                    )
                }
                try await streams.update(stream(replicas: present.replicas))
            // A single server keeps one copy.
            case .replicasNotSupported where configuration.replicas == nil && replicas > 1:
                try await createStream(replicas: 1)
            default: throw error
            }
        }
    }

    private func stream(replicas: Int) -> StreamConfiguration {
        var stream = StreamConfiguration(name: names.stream, subjects: [names.record("*")])
        stream.replicas = replicas
        stream.maximumMessagesPerSubject = configuration.history
        stream.maximumAge = configuration.maximumAge.nanoseconds
        stream.duplicateWindow = Duration.seconds(1).nanoseconds
        stream.allowsDirectGet = true
        stream.allowsRollup = true
        stream.allowsMessageTTL = client.knowsMessageTTL ? true : nil
        stream.republish = .init(source: names.record("*"), destination: names.published("{{wildcard(1)}}"))
        return stream
    }
}

extension Duration {
    fileprivate var nanoseconds: Int {
        Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000)
    }
}
