// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import NIOCore
import Synchronization
import Testing

@testable import NATSClient

@Suite("Connections that end")
struct ReconnectTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("After each restart of the server, subscriptions work again")
    func restarts() async throws {
        var server = try await NATSServer(in: folder)
        let port = server.port
        try await withClient([server.address()]) { client, events in
            let received = Received()
            _ = try client.subscribe(to: "a", receive: received.take)
            for round in 1...3 {
                try await client.connected()
                try client.publish(text("\(round)"), to: "a")
                #expect(await received.next(1) == ["\(round)"])
                server.stop()
                await events.wait(round) { $0.isDisconnected }
                #expect { try client.publish(text(""), to: "a") } throws: { ($0 as? NATSError)?.code == .notConnected }
                await events.wait(round) { $0.isUnreachable }
                server = try await NATSServer(port: port, in: folder)
            }
            try await client.connected()
        }
    }

    @Test("An open request fails with its connection, and its outcome is unknown")
    func openRequest() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            let asked = Received()
            _ = try client.subscribe(to: "silent", receive: asked.take)
            let task = Task { try await client.request(text(""), to: "silent", timeout: .seconds(300)) }
            _ = await asked.next(1)
            server.stop()
            #expect(await failure { try await task.value } == .disconnected)
        }
    }

    @Test("A server that does not respond to pings is left for another one")
    func silence() async throws {
        let first = try await NATSServer(in: folder)
        let second = try await NATSServer(in: folder)
        try await withClient([first.address(), second.address()], { $0.pingInterval = .milliseconds(100) }) {
            client,
            events in
            try await client.connected()
            let current = try #require(client.server)
            (current.port == first.port ? first : second).send(SIGSTOP)
            await events.wait(2) { $0.isConnected }
            #expect(client.server != current)
        }
    }

    @Test("A server in lame duck mode is left before it ends", arguments: NATSServer.programs)
    func lameDuck(program: String) async throws {
        let settings = "lame_duck_duration: \"30s\"\nlame_duck_grace_period: \"10s\""
        let first = try await NATSServer(settings, program: program, in: folder)
        let second = try await NATSServer(program: program, in: folder)
        try await withClient([first.address(), second.address()]) { client, events in
            try await client.connected()
            let current = try #require(client.server)
            let leaving = current.port == first.port ? first : second
            leaving.send(SIGUSR2)
            await events.wait(2) { $0.isConnected }
            #expect(client.server != current)
            #expect(events.all.contains(.leaving(current)))
            try await client.flush()
        }
    }

    @Test("A client learns the servers of the cluster, and finds another one when its own ends")
    func discovery() async throws {
        let first = try await NATSServer("cluster { name: c, listen: \"127.0.0.1:-1\" }", in: folder)
        let routes = try await first.clusterPort()
        let second = try await NATSServer(
            "cluster { name: c, listen: \"127.0.0.1:-1\", routes: [\"nats://127.0.0.1:\(routes)\"] }",
            in: folder
        )
        try await first.logged("Route connection created")
        try await withClient([first.address()]) { client, events in
            try await client.connected()
            while !client.pool.withLock({ $0.servers.contains { $0.port == second.port } }) { try await client.flush() }
            first.stop()
            await events.wait(2) { $0.isConnected }
            #expect(client.server?.port == second.port)
        }
    }

    @Test("A port where no NATS server listens is an error with its address")
    func unreachable() async throws {
        let server = try await NATSServer(in: folder)
        let address = try server.address()
        server.stop()
        try await withClient([address]) { client, events in
            await events.wait { $0.isUnreachable }
            #expect(events.all.first?.error?.code == .unreachable)
            #expect(events.all.first?.description.contains("127.0.0.1:\(address.port)") == true)
            let waiting = Task { try await client.connected() }
            waiting.cancel()
            #expect(await failure { try await waiting.value } == .cancelled)
        }
    }
}
