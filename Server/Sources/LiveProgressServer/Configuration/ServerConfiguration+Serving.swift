// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird
@_spi(Server) import LiveProgressNIO

extension ProgressServer.Configuration {
    /// Converts the configuration of a stand-alone server.
    init(_ server: ServerConfiguration) {
        self.init()
        origins = .listed(Set(server.origins))
        api.hosts = ProgressHosts(server)
        api.insistsOnTLS = server.transport.tls != nil
        limits = server.limits
        if server.backplane != nil {
            limits.maximumBodySize = min(limits.maximumBodySize, BackplaneConfiguration.maximumBodySize)
        }
        limits.connections.maximumBodySize = limits.maximumBodySize
        // All clients of a loopback address have the same address, so a limit per address would be wrong there.
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
    /// Converts the host names of a stand-alone server; without names, an insecure server accepts any host.
    fileprivate init(_ server: ServerConfiguration) {
        self =
            if server.hosts.isEmpty { server.isInsecure ? .any : .automatic } else { .listed(HostNames(server.hosts)) }
    }
}
