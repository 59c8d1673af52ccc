// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgressCluster
import LiveProgressNATS
package import Logging
import NATSClient

extension ServerConfiguration {
    /// Returns the server as a node of its backplane.
    ///
    /// - Parameter logger: Receives what happens to the connection and to the other nodes.
    /// - Returns: The node, which has not joined yet; `nil` without a backplane.
    package func makeCluster(logger: Logger) -> ProgressCluster? {
        guard let backplane else { return nil }
        var nats = NATSBackplane.Configuration(servers: backplane.servers)
        nats.connection.credentials = backplane.credentials
        nats.connection.tls.authorities = backplane.authorities
        nats.connection.name = "live-progress \(backplane.nodeName)"
        nats.namespace = backplane.namespace
        nats.note = { logger.notice("NATS: \($0)") }
        var node = ProgressCluster.Configuration(name: backplane.nodeName)
        node.service = service
        node.note = { event in
            switch event {
            case .appeared(let name): logger.notice("The node \(name) has appeared.")
            case .gone(let name): logger.notice("The node \(name) is gone. The others take over its operations.")
            case .tookOver(let id, let name): logger.info("Took over \(id) of \(name).")
            case .gaveUp(let id, let name): logger.notice("\(name) has taken over \(id) of this node.")
            case .recordsLost: logger.error("NATS has lost records. This node writes its operations again.")
            case .cutOff: logger.error("The backplane does not respond. Durable reports are refused until it does.")
            case .reconnected: logger.notice("The backplane responds again.")
            }
        }
        let cluster = ProgressCluster(NATSBackplane(nats), configuration: node)
        logger.notice("This server is the node \(cluster.name) in the namespace \(backplane.namespace).")
        return cluster
    }
}

extension MetricsText {
    /// Writes the figures of a node.
    mutating func write(_ figures: ProgressClusterFigures) {
        gauge("nodes", "Nodes, with this one.", figures.nodes)
        gauge("copies", "Operations of other nodes that are watched here.", figures.copies)
        counter("copy_records_total", "Records that have arrived for these copies.", figures.records)
        counter("copy_repairs_total", "Copies whose missed records were read.", UInt64(figures.repairs))
        counter("forwarded_requests_total", "Requests passed on to other nodes.", UInt64(figures.forwardedRequests))
        counter(
            "taken_over_operations_total",
            "Operations taken over from other nodes.",
            UInt64(figures.takenOverOperations)
        )
        counter("write_conflicts_total", "Writes that found the record of another node.", UInt64(figures.conflicts))
    }
}
