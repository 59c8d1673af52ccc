// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressCluster
import LiveProgressHTTP
import LiveProgressNATS
import NATSClient

/// The code of "Several nodes" in the documents.
enum SeveralNodes {
    static func serve(_ run: (ProgressAPI) async throws -> Void) async throws {
        let backplane = NATSBackplane(.init(servers: try NATSAddress.list("nats://127.0.0.1:4222")))
        let cluster = ProgressCluster(backplane, configuration: .init(name: "node-1"))
        let api = cluster.api()
        try await cluster.join()
        try await run(api)
        await cluster.leave()
    }

    static func credentials(_ file: String) throws -> NATSBackplane {
        var configuration = NATSBackplane.Configuration(servers: try NATSAddress.list("tls://a:4222,tls://b:4222"))
        configuration.connection.credentials = try NATSCredentials(file: file)
        return NATSBackplane(configuration)
    }
}
