// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
public import NIOCore

/// What a publisher expects of the stream; the server refuses the message otherwise.
public enum StreamExpectation: Sendable, Hashable {
    /// The last message of the subject has this sequence; 0 if the subject has none.
    case lastOfSubject(UInt64)
}

/// The acknowledgement of a stored message.
public struct PublishAcknowledgement: Sendable, Hashable, Decodable {
    /// The stream that stored the message.
    public let stream: String
    /// The sequence of the message in the stream.
    public let sequence: UInt64
    /// Whether the message was stored before under the same `Nats-Msg-Id`.
    public let isDuplicate: Bool

    private enum CodingKeys: String, CodingKey {
        case stream
        case sequence = "seq"
        case isDuplicate = "duplicate"
    }

    /// Reads the JSON of the server.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        stream = try members.decode(String.self, forKey: .stream)
        sequence = try members.decode(UInt64.self, forKey: .sequence)
        isDuplicate = try members.decodeIfPresent(Bool.self, forKey: .isDuplicate) ?? false
    }
}

/// A message of a stream.
public struct StoredMessage: Sendable, Hashable {
    /// The subject to which it was published.
    public let subject: String
    /// Its sequence in the stream.
    public let sequence: UInt64
    /// Its header fields.
    public let headers: NATSHeaders
    /// Its content.
    public let payload: ByteBuffer
}

extension JetStream {
    /// Publishes a message, and waits until a majority of the stream's servers has stored it.
    ///
    /// - Parameters:
    ///   - payload: The content.
    ///   - subject: A subject of a stream.
    ///   - expectation: What the stream must look like; `nil` for no condition.
    ///   - headers: More header fields, such as `Nats-Rollup` and `Nats-TTL`.
    /// - Returns: The sequence of the message.
    /// - Throws: ``NATSError/Code/wrongLastSequence`` if the expectation does not hold. After an error whose
    ///   ``NATSError/isOutcomeUnknown`` is true, and after ``NATSError/Code/noResponders`` or
    ///   ``NATSError/Code/unavailable``, the message may have been stored: read with ``lastMessage(of:in:)``.
    public func publish(
        _ payload: ByteBuffer,
        to subject: String,
        expecting expectation: StreamExpectation? = nil,
        headers: NATSHeaders = NATSHeaders()
    ) async throws(NATSError) -> PublishAcknowledgement {
        var headers = headers
        if case .lastOfSubject(let sequence) = expectation {
            try headers.add("\(sequence)", for: "Nats-Expected-Last-Subject-Sequence")
        }
        return try Self.decode(try await client.request(payload, to: subject, headers: headers, timeout: timeout))
    }

    /// Returns the last message of a subject, from the stream's leader.
    ///
    /// The response contains every message that was acknowledged before the call.
    ///
    /// - Returns: The message; `nil` if the subject has none.
    /// - Throws: ``NATSError/Code/streamNotFound``, or an error of the connection.
    public func lastMessage(of subject: String, in stream: String) async throws(NATSError) -> StoredMessage? {
        try await message(Selection(lastOf: subject), in: stream)
    }

    /// Returns the first message of a subject at or after a sequence, from the stream's leader.
    ///
    /// - Returns: The message; `nil` if there is none.
    /// - Throws: ``NATSError/Code/streamNotFound``, or an error of the connection.
    public func nextMessage(of subject: String, from sequence: UInt64, in stream: String) async throws(NATSError)
        -> StoredMessage?
    {
        try await message(Selection(sequence: sequence, nextOf: subject), in: stream)
    }

    /// Returns the last message of a subject from any copy of the stream; it may be older than an acknowledged one.
    ///
    /// - Returns: The message; `nil` if the copy has none.
    /// - Throws: ``NATSError/Code/noResponders`` if the stream does not allow direct reads.
    public func directMessage(of subject: String, in stream: String) async throws(NATSError) -> StoredMessage? {
        let name = "$JS.API.DIRECT.GET.\(stream).\(subject)"
        let answer = try await client.request(ByteBuffer(), to: name, timeout: timeout)
        if answer.headers.status == 404 { return nil }
        guard answer.headers.status == nil, let sequence = answer.headers["Nats-Sequence"].flatMap({ UInt64($0) })
        else {
            throw NATSError(.refused, "JetStream refuses a direct read: \(answer.headers.statusText).")
        }
        return StoredMessage(subject: subject, sequence: sequence, headers: answer.headers, payload: answer.payload)
    }

    private func message(_ selection: Selection, in stream: String) async throws(NATSError) -> StoredMessage? {
        do throws(NATSError) {
            let found: Found = try await call("STREAM.MSG.GET.\(stream)", selection)
            let headers = try found.message.headers.map { data throws(NATSError) in
                try NATSHeaders(block: ByteBuffer(bytes: data).readableBytesView)
            }
            return StoredMessage(
                subject: found.message.subject,
                sequence: found.message.sequence,
                headers: headers ?? NATSHeaders(),
                payload: ByteBuffer(bytes: found.message.payload ?? Data())
            )
        } catch {
            guard error.code == .messageNotFound else { throw error }
            return nil
        }
    }

    private struct Selection: Encodable {
        var lastOf: String?
        var sequence: UInt64?
        var nextOf: String?

        enum CodingKeys: String, CodingKey {
            case lastOf = "last_by_subj"
            case sequence = "seq"
            case nextOf = "next_by_subj"
        }
    }

    private struct Found: Decodable {
        let message: Message

        struct Message: Decodable {
            let subject: String
            let sequence: UInt64
            let headers: Data?
            let payload: Data?

            enum CodingKeys: String, CodingKey {
                case subject
                case sequence = "seq"
                case headers = "hdrs"
                case payload = "data"
            }
        }
    }
}
