// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The configuration of a stream.
///
/// Members that are `nil` have the server's default.
public struct StreamConfiguration: Sendable, Hashable, Codable {
    /// The name.
    public var name: String
    /// The subjects whose messages the stream keeps.
    public var subjects: [String]
    /// The number of servers that keep a copy; 1, 3 or 5.
    public var replicas = 1
    /// Where the messages are kept.
    public var storage = Storage.file
    /// The most messages of one subject; older ones are removed.
    public var maximumMessagesPerSubject: Int?
    /// The most bytes of the whole stream.
    public var maximumBytes: Int?
    /// What happens to a message for which there is no room.
    public var discard: Discard?
    /// The time after which a message is removed, in nanoseconds.
    public var maximumAge: Int?
    /// The time in which a repeated `Nats-Msg-Id` is recognised, in nanoseconds; at most `maximumAge`.
    public var duplicateWindow: Int?
    /// Whether any copy may respond to a direct read.
    public var allowsDirectGet: Bool?
    /// Whether a message may replace the earlier ones of its subject.
    public var allowsRollup: Bool?
    /// Whether a message may have a time to live.
    ///
    /// Servers before 2.11 ignore this.
    public var allowsMessageTTL: Bool?
    /// Where stored messages are published again.
    public var republish: Republish?

    /// Where messages are kept.
    public enum Storage: String, Sendable, Hashable, Codable {
        /// In files, which survive the restart of a server.
        case file
        /// In the memory of the server.
        case memory
    }

    /// What happens to a message for which there is no room.
    public enum Discard: String, Sendable, Hashable, Codable {
        /// The oldest messages are removed.
        case old
        /// The new message is refused.
        case new
    }

    /// Where stored messages are published again.
    public struct Republish: Sendable, Hashable, Codable {
        /// The subjects of the messages.
        public var source: String
        /// The new subject, such as `opd.{{wildcard(1)}}`.
        public var destination: String

        /// Creates a rule.
        public init(source: String, destination: String) {
            self.source = source
            self.destination = destination
        }

        private enum CodingKeys: String, CodingKey {
            case source = "src"
            case destination = "dest"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case name, subjects, storage, discard, republish
        case replicas = "num_replicas"
        case maximumMessagesPerSubject = "max_msgs_per_subject"
        case maximumBytes = "max_bytes"
        case maximumAge = "max_age"
        case duplicateWindow = "duplicate_window"
        case allowsDirectGet = "allow_direct"
        case allowsRollup = "allow_rollup_hdrs"
        case allowsMessageTTL = "allow_msg_ttl"
    }

    /// Creates a configuration with the server's defaults.
    public init(name: String, subjects: [String]) {
        self.name = name
        self.subjects = subjects
    }
}

/// A stream: its configuration and its state.
public struct StreamInfo: Sendable, Hashable, Decodable {
    /// The configuration as the server has it.
    public let configuration: StreamConfiguration
    /// The messages of the stream.
    public let state: State
    /// The servers of the stream; `nil` on a server without a cluster.
    public let cluster: Cluster?

    /// The messages of a stream.
    public struct State: Sendable, Hashable, Decodable {
        /// The number of messages.
        public let messageCount: Int
        /// Their size in bytes.
        public let byteCount: Int
        /// The sequence of the first message.
        public let firstSequence: UInt64
        /// The sequence of the last message.
        public let lastSequence: UInt64

        private enum CodingKeys: String, CodingKey {
            case messageCount = "messages"
            case byteCount = "bytes"
            case firstSequence = "first_seq"
            case lastSequence = "last_seq"
        }
    }

    /// The servers of a stream.
    public struct Cluster: Sendable, Hashable, Decodable {
        /// The name of the server that decides the order; `nil` while there is none.
        public let leader: String?
    }

    private enum CodingKeys: String, CodingKey {
        case configuration = "config"
        case state, cluster
    }
}
