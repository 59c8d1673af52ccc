// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import NATSClient

@Suite("The order in which servers are tried")
struct ServerPoolTests {
    private static let addresses = (try? NATSAddress.list("a,b")) ?? []

    private func pool() -> ServerPool {
        ServerPool(Self.addresses, shuffled: Self.addresses, base: .milliseconds(100), maximum: .milliseconds(300))
    }

    @Test("Each round tries every server once, then waits longer each time, up to the maximum")
    func backoff() {
        var pool = pool()
        let tries = (0..<10).map { _ in pool.next(random: 1) }
        #expect(tries.map(\.server.host) == ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b"])
        #expect(tries.map(\.delay) == [0, 0, 100, 0, 200, 0, 300, 0, 300, 0].map { .milliseconds($0) })
    }

    @Test("A wait is at least half of its range")
    func jitter() {
        var pool = pool()
        _ = pool.next(random: 0)
        _ = pool.next(random: 0)
        #expect(pool.next(random: 0).delay == .milliseconds(50))
    }

    @Test("After a success the others are tried first, without a delay, in every round")
    func success() {
        var pool = pool()
        for lost in ["a", "b", "a"] {
            let (server, delay) = pool.next(random: 1)
            #expect(server.host == lost)
            #expect(delay == .zero)
            pool.noteSuccess()
        }
    }

    @Test("A single server is tried again after a delay, also after a success")
    func single() {
        let address = Array(Self.addresses.prefix(1))
        var pool = ServerPool(address, shuffled: address, base: .milliseconds(100), maximum: .seconds(1))
        #expect(pool.next(random: 1).delay == .zero)
        pool.noteSuccess()
        #expect(pool.next(random: 1).delay == .zero)
        #expect(pool.next(random: 1).delay == .milliseconds(100))
    }

    @Test("Servers that the cluster names are added, and removed when it no longer names them")
    func cluster() {
        var pool = pool()
        pool.noteCluster(["a:4222", "c:4222"], of: Self.addresses[0])
        #expect(Set(pool.servers.map(\.host)) == ["a", "b", "c"])
        pool.noteCluster(["d:4222"], of: Self.addresses[0])
        #expect(Set(pool.servers.map(\.host)) == ["a", "b", "d"])
        pool.noteCluster([], of: Self.addresses[0])
        #expect(Set(pool.servers.map(\.host)) == ["a", "b", "d"])
    }

    @Test("A named server has the scheme and the credentials of the server that names it")
    func sibling() throws {
        var pool = pool()
        pool.noteCluster(["c:1"], of: try NATSAddress("tls://u:p@a"))
        let found = try #require(pool.servers.first { $0.host == "c" })
        #expect(found.isSecure)
        #expect(found.user == "u")
        #expect(found.password == "p")
    }
}
