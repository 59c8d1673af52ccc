// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import NATSClient

@Suite("The start of a connection")
struct HandshakeTests {
    private func handshake(_ url: String, _ change: (inout NATSConfiguration) -> Void = { _ in }) throws
        -> ConnectionHandshake
    {
        let address = try NATSAddress(url)
        var configuration = NATSConfiguration(servers: [address], name: "test")
        change(&configuration)
        return ConnectionHandshake(to: address, with: configuration)
    }

    private func info(_ change: (inout ServerInfo) -> Void = { _ in }) -> ServerOperation {
        var info = ServerInfo()
        info.hasHeaders = true
        change(&info)
        return .info(info)
    }

    private func options(_ action: ConnectionHandshake.Action) throws -> ConnectOptions {
        guard case .send(let options) = action else { throw TestFailure("\(action) instead of CONNECT") }
        return options
    }

    @Test("INFO, CONNECT, PONG; a second INFO may come before the PONG")
    func plain() throws {
        var handshake = try handshake("nats://user:secret@h")
        let sent = try options(try handshake.receive(info()))
        #expect(sent.user == "user")
        #expect(sent.password == "secret")
        #expect(!sent.isTLSRequired)
        guard case .wait = try handshake.receive(info { $0.name = "second" }) else {
            throw TestFailure("the second INFO")
        }
        #expect(!handshake.isOpen)
        guard case .open(let found) = try handshake.receive(.pong) else { throw TestFailure("the PONG") }
        #expect(found.name == "second")
        #expect(handshake.isOpen)
    }

    @Test("A URL with one part before the @ has a token")
    func token() throws {
        var handshake = try handshake("nats://t0ken@h")
        let sent = try options(try handshake.receive(info()))
        #expect(sent.token == "t0ken")
        #expect(sent.user == nil)
    }

    @Test("No credentials are sent before TLS", arguments: ["tls://u:p@h", "nats://u:p@h"])
    func secure(url: String) throws {
        var handshake = try handshake(url)
        let offer = info {
            $0.isTLSAvailable = true
            $0.isTLSRequired = url.hasPrefix("nats")
        }
        guard case .startTLS = try handshake.receive(offer) else { throw TestFailure("no TLS") }
        #expect(try options(try handshake.secured()).isTLSRequired)
    }

    @Test("TLS first: CONNECT follows INFO")
    func secureFirst() throws {
        var handshake = try handshake("tls://h") { $0.tls.isFirst = true }
        guard case .wait = try handshake.secured() else { throw TestFailure("TLS before INFO") }
        #expect(try options(try handshake.receive(info { $0.isTLSRequired = true })).isTLSRequired)
    }

    @Test("A server without TLS is refused where the URL asks for TLS")
    func insecure() throws {
        var handshake = try handshake("tls://h")
        #expect { try handshake.receive(info()) } throws: { ($0 as? NATSError)?.code == .insecure }
    }

    @Test("A server that is too old, or none of NATS, is refused")
    func wrongServer() throws {
        var old = try handshake("h")
        #expect { try old.receive(info { $0.hasHeaders = false }) } throws: {
            ($0 as? NATSError)?.code == .protocolViolation
        }
        var other = try handshake("h")
        #expect { try other.receive(.pong) } throws: { ($0 as? NATSError)?.code == .protocolViolation }
    }

    @Test(
        "The texts of -ERR become codes",
        arguments: [
            ("Authorization Violation", NATSError.Code.unauthorized), ("User Authentication Expired", .unauthorized),
            ("maximum connections exceeded", .refused),
        ]
    )
    func refusal(text: String, code: NATSError.Code) throws {
        var handshake = try handshake("h")
        _ = try handshake.receive(info())
        #expect { try handshake.receive(.error(text)) } throws: { ($0 as? NATSError)?.code == code }
    }
}
