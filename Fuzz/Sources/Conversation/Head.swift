// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

/// HTTP/1.1 requests: usual, unusual and invalid ones.
enum Head {
    /// The sample key of RFC 6455 section 1.3; ``accept`` is the matching `Sec-WebSocket-Accept`.
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    private static let path = "/api/v1/progress/"

    /// Returns a handshake for one of the operations.
    ///
    /// A list is not watched here: its frames depend on a clock, and a task would still wait for that clock after the input.
    static func handshake(_ choices: inout Choices) -> [UInt8] {
        let target = choices.pick(
            path + "live",
            rarely: [
                path + "op", path + "live?cursor=e-1", path + "op?cursor=e-0", path + "live?cursor=x-9",
                path + "op?cursor=e-1",
                path + "none",
                "/x", "*", "http://a" + path + "live", path + "live#a", path + "%6cive", path + "live/cancel",
            ]
        )
        var lines = [
            line("Host", "a", rarely: ["", "a b", "a:80", "a,b", "[::1]:80"], &choices),
            line("Connection", "Upgrade", rarely: Self.connections, &choices),
            line("Upgrade", "websocket", rarely: ["WebSocket", "h2c, websocket", "websocket/13", "h2c", ""], &choices),
            line("Sec-WebSocket-Version", "13", rarely: ["8", "13, 8", "013", ""], &choices),
            line("Sec-WebSocket-Key", key, rarely: ["dGhlIHNhbXBsZQ==", "", "x", key + ", " + key], &choices),
        ]
        if choices.happens() {
            lines.append(
                line("Sec-WebSocket-Protocol", "live-progress.v1", rarely: ["a", "a,a", ",", "a b"], &choices)
            )
        }
        if choices.happens() {
            lines.append(line("Origin", "http://a", rarely: ["http://evil.example", "null", "http://A:80"], &choices))
        }
        return head(choices.pick("GET", rarely: Self.methods), target, lines, &choices)
    }

    /// Returns any other request.
    static func request(_ choices: inout Choices) -> [UInt8] {
        let method = choices.pick("GET", rarely: Self.methods)
        let target = choices.pick("/a", rarely: ["/", path + "live", "*", "http://a/b", "a", "", "/a b"])
        var lines = [line("Host", "a", rarely: ["", "a b", "[::1]"], &choices)]
        if choices.happens() { lines.append(line("Connection", "close", rarely: Self.connections, &choices)) }
        if choices.happens() { lines.append(line("Accept", "text/html", rarely: ["text/event-stream"], &choices)) }
        return head(method, target, lines, &choices)
    }

    private static let methods = ["POST", "HEAD", "OPTIONS", "CONNECT", "DELETE", "get", "PRI", "G=T"]
    private static let connections = [
        "keep-alive, Upgrade", "upgrade", "close, Upgrade", "Upgrade , x", "Upgrade\t", "x,Upgrade\t,y", "close",
        "keep-alive", "", ",,Upgrade", "Upgrade;x",
    ]

    private static func line(
        _ name: String,
        _ value: String,
        rarely others: [String],
        _ choices: inout Choices
    ) -> String {
        let value = choices.pick(value, rarely: others)
        guard choices.happens() else { return "\(name): \(value)" }
        let name = choices.pick(
            name,
            rarely: [name.lowercased(), name.uppercased(), name + " ", " " + name, "", name + "\t"]
        )
        let colon = choices.pick(": ", rarely: [":", ":  ", ":\t", " : ", " "])
        return name + colon + value + choices.pick("", rarely: [" ", "\t", "\u{0}", "\r", "é", "\r\n x"])
    }

    private static func head(
        _ method: String,
        _ target: String,
        _ lines: [String],
        _ choices: inout Choices
    ) -> [UInt8] {
        let version = choices.pick("HTTP/1.1", rarely: ["HTTP/1.0", "HTTP/2.0", "HTTP/1.1 ", "http/1.1", ""])
        var lines = lines
        rearrange(&lines, &choices)
        let body = choices.happens() ? Body.one(&choices) : Body(fields: [], bytes: [])
        lines += body.fields
        let end = choices.pick("\r\n", rarely: ["\n", "\r", "\r\n "])
        let text = "\(method) \(target) \(version)\r\n" + lines.map { $0 + end }.joined()
        return Array(text.utf8) + choices.pick("\r\n", rarely: ["\n", "", "\r\n\r\n"]).utf8 + body.bytes
    }

    /// Changes the order of the lines, repeats or removes a line, or adds one.
    private static func rearrange(_ lines: inout [String], _ choices: inout Choices) {
        guard choices.happens() else { return }
        let index = choices.number(below: lines.count)
        switch choices.number(below: 4) {
        case 0: lines.swapAt(0, index)
        case 1: lines.append(lines[index])
        case 2: lines.remove(at: index)
        default: lines.insert(choices.pick("Expect: 100-continue", rarely: ["X", "X:", "Upgrade: h2c"]), at: index)
        }
    }
}
