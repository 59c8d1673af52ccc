// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import LiveProgressHummingbird
import LiveProgressNIO

extension ProgressServer.Configuration {
    /// What a stand-alone server's configuration says about serving operations.
    init(_ server: ServerConfiguration) {
        self.init()
        origins = .listed(Set(server.origins))
        api.hosts = ProgressHosts(server)
        api.insistsOnTLS = server.transport.tls != nil
        limits = server.limits
        limits.connections.maximumBodySize = limits.maximumBodySize
        // The clients on a loopback address share it.
        if !server.isLoopback, limits.connections.maximumConnectionsPerAddress == nil {
            limits.connections.maximumConnectionsPerAddress = limits.requestsPerForwardedAddress
        }
        trustedProxies = server.transport.trustedProxies
        writePath = server.writePath
        compression = server.compression.codec
        shutdownTimeout = server.shutdownTimeout
    }
}

extension ProgressHosts {
    /// The names that a stand-alone server answers to; all, where it is told to serve whoever reaches it.
    fileprivate init(_ server: ServerConfiguration) {
        self =
            if server.hosts.isEmpty { server.isInsecure ? .any : .automatic } else { .listed(HostNames(server.hosts)) }
    }
}
