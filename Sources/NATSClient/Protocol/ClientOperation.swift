// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import NIOCore

/// One operation that a client sends.
enum ClientOperation {
    case connect(ConnectOptions)
    case ping
    case pong
    case subscribe(subject: String, queue: String?, id: UInt64)
    case unsubscribe(id: UInt64)
    case publish(subject: String, reply: String?, headers: NATSHeaders, payload: ByteBufferView)
}

extension ByteBuffer {
    /// Writes an operation in the format of the protocol.
    mutating func write(_ operation: ClientOperation) {
        switch operation {
        case .connect(let options): writeString("CONNECT \(options.json)\r\n")
        case .ping: writeString("PING\r\n")
        case .pong: writeString("PONG\r\n")
        case .subscribe(let subject, let queue, let id):
            writeString(queue.map { "SUB \(subject) \($0) \(id)\r\n" } ?? "SUB \(subject) \(id)\r\n")
        case .unsubscribe(let id): writeString("UNSUB \(id)\r\n")
        case .publish(let subject, let reply, let headers, let payload):
            let block = headers.encodedCount
            writeString(block > 0 ? "HPUB " : "PUB ")
            writeString(subject)
            if let reply { writeString(" \(reply)") }
            writeString(block > 0 ? " \(block) \(block + payload.count)\r\n" : " \(payload.count)\r\n")
            if block > 0 { headers.write(to: &self) }
            writeBytes(payload)
            writeString("\r\n")
        }
    }
}

/// The members of `CONNECT`.
struct ConnectOptions: Sendable, Hashable, Encodable {
    var name: String
    var isTLSRequired = false
    var user: String?
    var password: String?
    var token: String?
    var jwt: String?
    var publicKey: String?
    var signature: String?

    private enum Key: String, CodingKey {
        case verbose, pedantic, echo, headers, name, lang, version, user, jwt
        case noResponders = "no_responders"
        case level = "protocol"
        case isTLSRequired = "tls_required"
        case password = "pass"
        case token = "auth_token"
        case publicKey = "nkey"
        case signature = "sig"
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(false, forKey: .verbose)
        try members.encode(false, forKey: .pedantic)
        try members.encode(true, forKey: .echo)
        try members.encode(true, forKey: .headers)
        try members.encode(true, forKey: .noResponders)
        // Level 1: the server may send INFO at any time, with the addresses of its cluster.
        try members.encode(1, forKey: .level)
        try members.encode("swift", forKey: .lang)
        try members.encode("1", forKey: .version)
        try members.encode(name, forKey: .name)
        try members.encode(isTLSRequired, forKey: .isTLSRequired)
        try members.encodeIfPresent(user, forKey: .user)
        try members.encodeIfPresent(password, forKey: .password)
        try members.encodeIfPresent(token, forKey: .token)
        try members.encodeIfPresent(jwt, forKey: .jwt)
        try members.encodeIfPresent(publicKey, forKey: .publicKey)
        try members.encodeIfPresent(signature, forKey: .signature)
    }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, numbers and booleans can always be encoded.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
