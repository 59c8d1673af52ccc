// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
@_spi(Server) import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("Admission of connections")
struct ConnectionAdmissionTests {
    @Test(
        "addresses belong to one client if they are equal or in one IPv6 /64",
        arguments: [
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
            ("2001:db8::1", "2001:db8::2", true), ("2001:db8::1", "2001:0DB8:0:0:ffff:1:2:3", true),
            ("2001:db8::1", "2001:db8:0:1::1", false), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true),
            ("::1", "::2", true), ("::1", "1::", false), ("fe80::1%eth0", "fe80::2%eth1", true),
            ("::ffff:192.0.2.7", "192.0.2.7", true), ("::ffff:192.0.2.7", "::ffff:192.0.2.8", false),
            ("1:2::3:4:5:6", "1:2:0:0:3:4:5:6", true), ("1::2:3:4:5:6:7", "1:0:2:3::", true),
        ]
    )
    func groups(one: String, other: String, areOne: Bool) {
        #expect((AddressGroup(one) == AddressGroup(other)) == areOne)
    }

    @Test("the address of a trusted proxy belongs to many clients and has no limit")
    func proxies() throws {
        let proxies = try TrustedProxies(["10.0.0.0/8"])
        #expect(AddressGroup(try SocketAddress(ipAddress: "10.1.2.3", port: 1), sharedBy: proxies) == nil)
        let client = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        #expect(AddressGroup(client, sharedBy: proxies) == AddressGroup("192.0.2.1"))
        #expect(AddressGroup(try SocketAddress(unixDomainSocketPath: "/a"), sharedBy: proxies) == nil)
    }

    @Test("Invariant 10: a connection past a limit is refused with the limit's name, until another connection closes")
    func admits() {
        var limits = ConnectionLimits()
        limits.maximumConnections = 3
        limits.maximumConnectionsPerAddress = 2
        let (one, other) = (AddressGroup("192.0.2.1"), AddressGroup("192.0.2.2"))
        var admission = ConnectionAdmission()
        #expect(admission.arrived(one, limits: limits) == .admitted)
        #expect(admission.arrived(one, limits: limits) == .admitted)
        #expect(admission.arrived(one, limits: limits) == .refused(.connectionsPerAddress))
        #expect(admission.arrived(other, limits: limits) == .admitted)
        #expect(admission.arrived(other, limits: limits) == .refused(.connections))
        #expect(admission.arrived(nil, limits: limits) == .refused(.connections))
        admission.left(one)
        #expect(admission.arrived(one, limits: limits) == .admitted)
    }

    @Test("a limited number of refused connections get a response; further connections are dropped")
    func dropsMany() {
        var limits = ConnectionLimits()
        limits.maximumConnections = 0
        var admission = ConnectionAdmission()
        for _ in 0..<ConnectionAdmission.maximumFarewells {
            #expect(admission.arrived(nil, limits: limits) == .refused(.connections))
        }
        #expect(admission.arrived(nil, limits: limits) == .dropped(.connections))
        admission.tookLeave()
        #expect(admission.arrived(nil, limits: limits) == .refused(.connections))
    }

    @Test("a refused connection gets a response before any request and closes soon; other connections are unaffected")
    func refusesConnection() throws {
        var limits = ConnectionLimits()
        limits.maximumConnections = 1
        let loop = EmbeddedEventLoop()
        let refusals = LimitRefusals()
        let setup = ConnectionSetup(limits: limits, registry: ConnectionRegistry(), limitRefusals: refusals) { _, _ in
            .http
        }
        let inside = try TestConnection(setup: setup, loop: loop)
        let refused = try TestConnection(setup: setup, loop: loop)
        let answer = try refused.written()
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        for line in ["Content-Type: application/problem+json", "Retry-After: 2", "Connection: close"] {
            #expect(answer.contains("\r\n\(line)\r\n"))
        }
        for field in SafeFields.all {
            #expect(answer.contains("\r\n\(field.name.rawName): \(field.value)\r\n"), "missing security header field")
        }
        #expect(answer.hasSuffix("}"))
        #expect(answer.contains(#""limit":"connections""#))
        #expect(try refused.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == "")
        #expect(refused.outcome == "closed")
        loop.advanceTime(by: TimeAmount(limits.lingerTimeout))
        #expect(!refused.channel.isActive)
        #expect(refusals[.connections] == 1)
        #expect(setup.registry.count == 1)
        #expect(try inside.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n").hasSuffix("ok"))
        try inside.channel.close().wait()
        loop.run()
        #expect(
            try TestConnection(setup: setup, loop: loop).receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n").hasSuffix("ok")
        )
    }

    @Test("each refusal of a request counts once for its limit")
    func countsRefusals() throws {
        var limits = ConnectionLimits()
        limits.maximumBodySize = 8
        let refusals = LimitRefusals()
        let setup = ConnectionSetup(limits: limits, registry: ConnectionRegistry(), limitRefusals: refusals) { _, _ in
            .http
        }
        let head = "Host: a\r\n"
        let long = String(repeating: "x", count: 9000)
        func send(_ text: String, then time: TimeAmount = .zero) throws {
            let connection = try TestConnection(setup: setup)
            try connection.receive(text)
            connection.channel.embeddedEventLoop.advanceTime(by: time)
            _ = try? connection.channel.finish(acceptAlreadyClosed: true)
        }
        try send("GET /\(long)")
        try send("GET / HTTP/1.1\r\n" + String(repeating: "X: \(long)\r\n", count: 4))
        try send("PUT / HTTP/1.1\r\n\(head)Content-Length: 9\r\n\r\n")
        try send("GET / HT", then: .seconds(10))
        try send("", then: .seconds(10))
        try send("PUT / HTTP/1.1\r\n\(head)Content-Length: 8\r\n\r\n", then: .seconds(60))
        try send("GET / HTTP/1.1\r\n\(head)\r\n", then: .seconds(60))
        let expected: [ProgressLimit: UInt64] = [
            .targetSize: 1, .headerSize: 1, .bodySize: 1, .headTime: 2, .bodyTime: 1, .idleTime: 1,
        ]
        for limit in ProgressLimit.allCases { #expect(refusals[limit] == expected[limit] ?? 0, "\(limit)") }
    }
}
