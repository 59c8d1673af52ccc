// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import LiveProgressGrammar
internal import NIOHTTP1

/// The values of a client's handshake fields, collected in one pass and not validated.
struct HandshakeFields {
    /// The number of `Host` fields.
    private(set) var hostCount = 0
    /// Whether `Upgrade` lists `websocket`.
    private(set) var asksForWebSocket = false
    /// Whether `Connection` lists `Upgrade`.
    private(set) var listsUpgrade = false
    private(set) var versions: [String] = []
    private(set) var keys: [String] = []
    private(set) var subprotocols: [String] = []
    private(set) var extensions: [String] = []
    /// Whether the request announces a body; a chunked body counts even if it is empty.
    private(set) var announcesBody = false

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers { add(name, value) }
    }

    private mutating func add(_ name: String, _ value: String) {
        switch HandshakeField(name) {
        case .host: hostCount += 1
        case .upgrade: asksForWebSocket = asksForWebSocket || FieldList.lists("websocket", in: value)
        case .connection: listsUpgrade = listsUpgrade || FieldList.lists("upgrade", in: value)
        case .contentLength: announcesBody = announcesBody || !value.utf8.elementsEqual("0".utf8)
        case .transferEncoding: announcesBody = true
        case .key: keys.append(value)
        case .version: versions.append(value)
        case .subprotocols: subprotocols.append(value)
        case .extensions: extensions.append(value)
        case nil: break
        }
    }
}

/// The names of the fields that decide about a handshake.
private enum HandshakeField {
    case host, upgrade, connection, contentLength, transferEncoding, key, version, subprotocols, extensions

    init?(_ name: String) {
        switch name.utf8.count {
        case 4 where name.matches("host"): self = .host
        case 7 where name.matches("upgrade"): self = .upgrade
        case 10 where name.matches("connection"): self = .connection
        case 14 where name.matches("content-length"): self = .contentLength
        case 17 where name.matches("transfer-encoding"): self = .transferEncoding
        case 17 where name.matches("sec-websocket-key"): self = .key
        case 21 where name.matches("sec-websocket-version"): self = .version
        case 22 where name.matches("sec-websocket-protocol"): self = .subprotocols
        case 24 where name.matches("sec-websocket-extensions"): self = .extensions
        default: return nil
        }
    }
}
