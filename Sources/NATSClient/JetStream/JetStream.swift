// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import NIOCore

/// The persistent streams of a NATS cluster, over a client.
///
/// ```swift
/// let streams = JetStream(client)
/// try await streams.create(StreamConfiguration(name: "OPS", subjects: ["op.*"]))
/// let stored = try await streams.publish(ByteBuffer(string: "{}"), to: "op.1", expecting: .lastOfSubject(0))
/// let message = try await streams.lastMessage(of: "op.1", in: "OPS")
/// ```
public struct JetStream: Sendable {
    /// The client of all requests.
    public let client: NATSConnection
    /// The time limit of each request.
    public var timeout: Duration

    /// Creates an interface to the streams of the client's account.
    public init(_ client: NATSConnection, timeout: Duration = .seconds(5)) {
        self.client = client
        self.timeout = timeout
    }

    /// Creates a stream; succeeds if the stream exists with the same configuration.
    ///
    /// - Returns: The stream, with the configuration that the server has taken over: an older server ignores what it does
    ///   not know.
    /// - Throws: ``NATSError/Code/streamExists`` if it exists with another configuration.
    @discardableResult
    public func create(_ stream: StreamConfiguration) async throws(NATSError) -> StreamInfo {
        try await call("STREAM.CREATE.\(stream.name)", stream)
    }

    /// Changes the configuration of a stream.
    ///
    /// - Returns: The stream with the new configuration.
    /// - Throws: ``NATSError/Code/streamNotFound``, or ``NATSError/Code/refused`` if the change is not possible.
    @discardableResult
    public func update(_ stream: StreamConfiguration) async throws(NATSError) -> StreamInfo {
        try await call("STREAM.UPDATE.\(stream.name)", stream)
    }

    /// Returns the configuration and the state of a stream.
    ///
    /// - Throws: ``NATSError/Code/streamNotFound``.
    public func info(of stream: String) async throws(NATSError) -> StreamInfo {
        try await call("STREAM.INFO.\(stream)", [String: String]())
    }

    /// Deletes a stream and its messages.
    ///
    /// - Throws: ``NATSError/Code/streamNotFound``.
    public func delete(_ stream: String) async throws(NATSError) {
        let _: Done = try await call("STREAM.DELETE.\(stream)", [String: String]())
    }

    /// Deletes all messages of a subject.
    ///
    /// - Throws: ``NATSError/Code/streamNotFound``.
    public func purge(_ subject: String, in stream: String) async throws(NATSError) {
        let _: Done = try await call("STREAM.PURGE.\(stream)", ["filter": subject])
    }

    private struct Done: Decodable {}

    /// Sends a request to the interface of JetStream, with members in JSON.
    func call<Answer: Decodable>(_ name: String, _ members: some Encodable) async throws(NATSError) -> Answer {
        guard let body = try? JSONEncoder().encode(members) else {
            throw NATSError(.invalid, "The request \(name) cannot be written as JSON.")
        }
        let answer = try await client.request(ByteBuffer(bytes: body), to: "$JS.API.\(name)", timeout: timeout)
        return try Self.decode(answer)
    }

    /// Reads a response in JSON, or throws the error in it.
    static func decode<Answer: Decodable>(_ message: NATSMessage) throws(NATSError) -> Answer {
        let response: Response<Answer>
        do {
            response = try JSONDecoder().decode(Response.self, from: Data(message.payload.readableBytesView))
        } catch {
            throw NATSError(.protocolViolation, "The response of JetStream is not in the expected format (\(error)).")
        }
        return try response.result.get()
    }

    /// A response: an error, or the members of the answer.
    private struct Response<Answer: Decodable>: Decodable {
        let result: Result<Answer, NATSError>

        private enum CodingKeys: String, CodingKey {
            case error
        }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            let error = try members.decodeIfPresent(APIError.self, forKey: .error)
            result = try error.map { .failure($0.natsError) } ?? .success(Answer(from: decoder))
        }
    }
}
