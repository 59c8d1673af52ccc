// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// What a server tells about itself with `INFO`, as far as this client uses it.
struct ServerInfo: Sendable, Hashable, Decodable {
    var id = ""
    var name = ""
    var version = ""
    var maximumPayload = 1 << 20
    var hasHeaders = false
    var isTLSRequired = false
    var isTLSAvailable = false
    /// The challenge that a key must sign.
    var nonce: String?
    /// The addresses of the other servers of the cluster: `host:port`.
    var addresses: [String] = []
    /// Whether the server shuts down soon, and its clients should connect to another one.
    var isLeaving = false

    private enum Key: String, CodingKey {
        case id = "server_id"
        case name = "server_name"
        case version
        case maximumPayload = "max_payload"
        case hasHeaders = "headers"
        case isTLSRequired = "tls_required"
        case isTLSAvailable = "tls_available"
        case nonce
        case addresses = "connect_urls"
        case isLeaving = "ldm"
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        id = try members.decodeIfPresent(String.self, forKey: .id) ?? ""
        name = try members.decodeIfPresent(String.self, forKey: .name) ?? ""
        version = try members.decodeIfPresent(String.self, forKey: .version) ?? ""
        maximumPayload = try members.decodeIfPresent(Int.self, forKey: .maximumPayload) ?? 1 << 20
        hasHeaders = try members.decodeIfPresent(Bool.self, forKey: .hasHeaders) ?? false
        isTLSRequired = try members.decodeIfPresent(Bool.self, forKey: .isTLSRequired) ?? false
        isTLSAvailable = try members.decodeIfPresent(Bool.self, forKey: .isTLSAvailable) ?? false
        nonce = try members.decodeIfPresent(String.self, forKey: .nonce)
        addresses = try members.decodeIfPresent([String].self, forKey: .addresses) ?? []
        isLeaving = try members.decodeIfPresent(Bool.self, forKey: .isLeaving) ?? false
    }

    init(json: Substring.UTF8View) throws(NATSError) {
        do {
            self = try JSONDecoder().decode(ServerInfo.self, from: Data(json))
        } catch {
            throw NATSError(.protocolViolation, "The server's INFO is not valid JSON, or has members of other types.")
        }
    }
}
