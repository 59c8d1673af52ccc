// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Synchronization

extension JetStream {
    /// Returns the last message of each subject of a stream, without its content, in the order of the sequences.
    ///
    /// A message that is stored during the call may be included or not.
    ///
    /// - Parameters:
    ///   - pattern: The subjects: a token may be `*`, and the last token may be `>`.
    ///   - stream: The name of the stream.
    /// - Returns: The messages, with their header fields.
    /// - Throws: ``NATSError/Code/streamNotFound``; ``NATSError/Code/timedOut`` if the time limit of a request passes without
    ///   a message; ``NATSError/Code/disconnected`` if a message is lost. The call can then be repeated.
    public func lastMessages(of pattern: String, in stream: String) async throws(NATSError) -> [StoredMessage] {
        let inbox = "_INBOX.\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let scan = StreamScan()
        let subscription = try client.subscribe(to: inbox) { [client] message in
            if let reply = scan.take(message, at: .now()) { try? client.publish(ByteBuffer(), to: reply) }
        }
        defer { client.unsubscribe(subscription) }
        let made: ConsumerInfo = try await call(
            "CONSUMER.CREATE.\(stream)",
            ConsumerRequest(stream: stream, pattern: pattern, inbox: inbox)
        )
        guard made.pending > 0 else { return [] }
        let limit = TimeAmount(timeout)
        let check = client.eventLoop.scheduleRepeatedTask(initialDelay: limit, delay: .milliseconds(100)) { _ in
            scan.check(at: .now(), limit: limit)
        }
        defer { check.cancel() }
        return try await scan.result().get()
    }

    private struct ConsumerRequest: Encodable {
        let stream: String
        let config: Config

        init(stream: String, pattern: String, inbox: String) {
            self.stream = stream
            config = Config(inbox: inbox, pattern: pattern)
        }

        struct Config: Encodable {
            let inbox: String
            let pattern: String
            let policy = "last_per_subject"
            let acknowledgement = "none"
            let hasFlowControl = true
            /// In nanoseconds; flow control needs it.
            let heartbeat = 5_000_000_000
            let isHeadersOnly = true
            let isInMemory = true
            let replicas = 1

            enum CodingKeys: String, CodingKey {
                case inbox = "deliver_subject"
                case pattern = "filter_subject"
                case policy = "deliver_policy"
                case acknowledgement = "ack_policy"
                case hasFlowControl = "flow_control"
                case heartbeat = "idle_heartbeat"
                case isHeadersOnly = "headers_only"
                case isInMemory = "mem_storage"
                case replicas = "num_replicas"
            }
        }

        enum CodingKeys: String, CodingKey {
            case stream = "stream_name"
            case config
        }
    }

    private struct ConsumerInfo: Decodable {
        let pending: UInt64

        enum CodingKeys: String, CodingKey {
            case pending = "num_pending"
        }
    }
}

/// A scan that is in progress, and the caller that waits for it.
private final class StreamScan: Sendable {
    private typealias Waiter = CheckedContinuation<Result<[StoredMessage], NATSError>, Never>

    private struct State {
        var reading = StreamReading()
        var heardAt = NIODeadline.now()
        var outcome: Result<[StoredMessage], NATSError>?
        var waiter: Waiter?

        /// Sets the outcome once; returns the caller to resume.
        mutating func finish(_ result: Result<[StoredMessage], NATSError>) -> Waiter? {
            guard outcome == nil else { return nil }
            outcome = result
            defer { waiter = nil }
            return waiter
        }
    }

    private let state = Mutex(State())

    /// Takes a message; returns the subject of a response that the server waits for.
    func take(_ message: NATSMessage, at now: NIODeadline) -> String? {
        var (reply, waiter): (String?, Waiter?)
        let outcome = state.withLock { state in
            state.heardAt = now
            guard state.outcome == nil else { return state.outcome }
            switch state.reading.take(message) {
            case .wait: break
            case .respond(let subject): reply = subject
            case .complete: waiter = state.finish(.success(state.reading.messages))
            case .fail:
                let error = NATSError(.disconnected, "A message of the stream was lost. Try again.")
                waiter = state.finish(.failure(error))
            }
            return state.outcome
        }
        if let outcome { waiter?.resume(returning: outcome) }
        return reply
    }

    /// Ends a scan that has received nothing for the time limit.
    func check(at now: NIODeadline, limit: TimeAmount) {
        let error = NATSError(.timedOut, "The messages of the stream did not arrive in time.")
        let waiter = state.withLock { state in state.heardAt + limit <= now ? state.finish(.failure(error)) : nil }
        waiter?.resume(returning: .failure(error))
    }

    func result() async -> Result<[StoredMessage], NATSError> {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
