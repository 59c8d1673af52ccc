// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import Synchronization

@testable import NATSClient

/// Three real servers in one cluster, each of which can be ended and started again.
final class NATSCluster: Sendable {
    private let program: String
    private let folder: TemporaryFolder
    private let running: Mutex<[NATSServer?]>
    /// The ports for clients and for the cluster, which stay over restarts.
    private let ports: [(client: Int, cluster: Int)]

    /// Starts the servers.
    ///
    /// - Throws: An error with the log of a server that does not start.
    init(program: String = NATSServer.program, in folder: TemporaryFolder) async throws {
        self.program = program
        self.folder = folder
        var servers: [NATSServer] = []
        var ports: [(Int, Int)] = []
        for index in 0..<3 {
            let text = Self.configuration(index, clusterPort: nil, routes: ports.map(\.1), folder)
            let server = try await NATSServer(text, program: program, in: folder)
            ports.append((server.port, try await server.clusterPort()))
            servers.append(server)
        }
        self.ports = ports
        running = Mutex(servers)
    }

    private static func configuration(_ index: Int, clusterPort: Int?, routes: [Int], _ folder: TemporaryFolder)
        -> String
    {
        // A server with JetStream must know that it is one of three. The routes to later servers are found by gossip.
        let known = routes + Array(repeating: 1, count: 2 - routes.count)
        let urls = known.map { "\"nats://127.0.0.1:\($0)\"" }.joined(separator: ", ")
        return """
            server_name: n\(index)
            jetstream { store_dir: "\(folder.path)/js-\(index)" }
            cluster { name: c, listen: "127.0.0.1:\(clusterPort ?? -1)", routes: [\(urls)] }
            """
    }

    /// The addresses for clients.
    func addresses() throws -> [NATSAddress] {
        try ports.map { try NATSAddress("nats://127.0.0.1:\($0.client)") }
    }

    /// Ends a server as `kill -9` does.
    func kill(_ index: Int) {
        let server = running.withLock { servers in
            defer { servers[index] = nil }
            return servers[index]
        }
        server?.stop()
    }

    /// Sends a signal, such as `SIGSTOP`, to a server.
    func send(_ signal: Int32, to index: Int) {
        running.withLock { $0[index] }?.send(signal)
    }

    /// Starts a server that was ended.
    ///
    /// - Throws: An error with its log if it does not start.
    func restart(_ index: Int) async throws {
        let routes = ports.enumerated().filter { $0.offset != index }.map(\.element.cluster)
        let text = Self.configuration(index, clusterPort: ports[index].cluster, routes: routes, folder)
        let server = try await NATSServer(text, program: program, port: ports[index].client, in: folder)
        running.withLock { $0[index] = server }
    }

    /// Returns the index of the server with a name such as `n1`.
    func index(of name: String) -> Int? {
        Int(name.dropFirst())
    }
}
