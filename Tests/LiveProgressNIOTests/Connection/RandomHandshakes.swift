// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting

/// A generator of handshakes: valid ones, valid ones in unusual forms, and invalid ones.
struct RandomHandshakes {
    private var generator: SeededGenerator
    private let path: String

    /// Creates an endless source; equal seeds give equal handshakes.
    init(seed: UInt64, path: String = "/api/v1/progress/op") {
        generator = SeededGenerator(seed: seed)
        self.path = path
    }

    /// Returns a handshake, sometimes with further bytes after it.
    mutating func next() -> String {
        let method = pick("GET", rarely: ["GET ", "get", "POST", "HEAD", "OPTIONS", "CONNECT"])
        let target = pick(
            path,
            rarely: [path + "?cursor=a-1", path + "/", "/x", "http://a" + path, "*", path + "#a", "/%6fp"]
        )
        let version = pick("HTTP/1.1", rarely: ["HTTP/1.0", "HTTP/1.1 ", "HTTP/2.0", "http/1.1"])
        var lines = fields().shuffled(using: &generator)
        if chance(8), let line = lines.randomElement(using: &generator) { lines.append(line) }
        if chance(8), !lines.isEmpty { lines.removeLast() }
        let end = pick("\r\n", rarely: ["\n", "\r", "\r\n "])
        let head = "\(method) \(target) \(version)\r\n" + lines.map { $0 + end }.joined() + "\r\n"
        return mutated(head + pick("", rarely: ["x", "\u{1}\u{2}", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n"]))
    }

    private mutating func fields() -> [String] {
        var lines = [
            field("Host", pick("127.0.0.1:80", rarely: ["", "a b", "example.org"])),
            field("Upgrade", pick("websocket", rarely: ["WebSocket", "h2c, websocket", "websocket,h2c", "h2c"])),
            field(
                "Connection",
                pick(
                    "Upgrade",
                    rarely: [
                        "keep-alive, Upgrade", "upgrade", "close, Upgrade", "Upgrade , x", "Upgrade\t", "x,Upgrade\t,y",
                        "close",
                    ]
                )
            ),
            field("Sec-WebSocket-Version", pick("13", rarely: ["8", "13, 8", "13 "])),
            field("Sec-WebSocket-Key", pick("dGhlIHNhbXBsZSBub25jZQ==", rarely: ["dGhlIHNhbXBsZQ==", "", "x"])),
        ]
        let more = [
            field("Sec-WebSocket-Protocol", pick("live-progress.v1", rarely: ["a, live-progress.v1", "a,a", ","])),
            field("Sec-WebSocket-Extensions", pick("a;x=\"1\", b", rarely: ["a;", "a b", "a;x=\"", ",", ";"])),
            field("Origin", pick("http://127.0.0.1:80", rarely: ["http://evil.example", "null"])),
            field("Cookie", String(repeating: "c", count: Int.random(in: 1...3000, using: &generator))),
        ]
        let withBody = [
            field("Content-Length", pick("0", rarely: ["3", "x", "-1"])), field("Transfer-Encoding", "chunked"),
        ]
        for line in more where chance(4) { lines.append(line) }
        for line in withBody where chance(16) { lines.append(line) }
        return lines
    }

    private mutating func field(_ name: String, _ value: String) -> String {
        let name = pick(name, rarely: [name.lowercased(), name.uppercased(), name + " ", " " + name])
        return name + pick(": ", rarely: [":", ":  ", ":\t", " : "]) + value + pick("", rarely: [" ", "\t"])
    }

    /// Returns the text; in one of four cases, one byte is changed, removed or repeated.
    private mutating func mutated(_ text: String) -> String {
        guard chance(4) else { return text }
        var bytes = Array(text.utf8)
        let index = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...127, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(bytes[index], at: index)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func pick(_ usual: String, rarely others: [String]) -> String {
        chance(14) ? others.randomElement(using: &generator) ?? usual : usual
    }

    private mutating func chance(_ oneIn: Int) -> Bool {
        Int.random(in: 0..<oneIn, using: &generator) == 0
    }
}
