// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressCluster
import LiveProgressHTTP
import LiveProgressNATS
import NATSClient

func severalNodes() async throws -> ProgressAPI {
    let backplane = NATSBackplane(.init(servers: try NATSAddress.list("nats://127.0.0.1:4222")))
    let cluster = ProgressCluster(backplane, configuration: .init(name: "node-1"))
    let api = cluster.api()
    try await cluster.join()
    return api
}
