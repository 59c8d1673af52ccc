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
        api.maximumBodySize = server.maximumBodySize
        server.limits.apply(to: &api)
        connections.maximumBodySize = server.maximumBodySize
        server.limits.apply(to: &connections, isLoopback: server.isLoopback)
        trustedProxies = server.transport.trustedProxies
        watchers = WatcherConfiguration(writePath: server.writePath)
        server.limits.apply(to: &watchers)
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
