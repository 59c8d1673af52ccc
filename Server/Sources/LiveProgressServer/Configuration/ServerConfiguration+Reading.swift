// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import Configuration
import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import Logging
import Yams

extension ServerConfiguration {
    /// Reads the configuration from the options, the environment and a YAML file.
    ///
    /// The options win over environment variables (`LIVE_PROGRESS_PORT` …), which win over the file (`port: 8080` …), which
    /// wins over the defaults.
    ///
    /// - Parameters:
    ///   - options: The options of the command line, by the keys of the file.
    ///   - file: The path of the YAML file; `nil` selects the path in `LIVE_PROGRESS_CONFIG`, if set.
    ///   - environment: The environment variables, by default the variables of the process.
    /// - Returns: The configuration, not yet validated.
    /// - Throws: ``ServerConfigurationError`` that names the key and the source of a faulty value.
    package static func read(
        options: [String: ConfigValue],
        file: String?,
        environment: [String: String]? = nil
    ) async throws(ServerConfigurationError) -> ServerConfiguration {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let keyed = options.map { (AbsoluteConfigKey([$0.key]), $0.value) }
        var sources = [
            ConfigurationSource(
                name: "the command line",
                provider: InMemoryProvider(name: "options", values: Dictionary(uniqueKeysWithValues: keyed))
            ),
            ConfigurationSource(
                name: "the environment",
                provider: EnvironmentVariablesProvider(environmentVariables: environment)
                    .prefixKeys(with: ConfigKey(["live", "progress"]))
            ),
        ]
        if let file = file ?? environment["LIVE_PROGRESS_CONFIG"] {
            let provider = try await yaml(at: file)
            sources.append(ConfigurationSource(name: file, provider: provider, keys: try keys(ofYAML: file)))
        }
        let values = ConfigurationValues(sources: sources)
        var configuration = try ServerConfiguration(values, store: .standard(environment))
        try values.refuseUnknownKeys()
        configuration.unknownVariables = values.unknown(in: environment)
        return configuration
    }

    private static func yaml(at path: String) async throws(ServerConfigurationError) -> any ConfigProvider {
        do {
            let place = InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)])
            return try await FileProvider<YAMLSnapshot>(config: ConfigReader(provider: place))
        } catch {
            throw ServerConfigurationError("The configuration file \(path) cannot be read: \(error)")
        }
    }

    /// Returns the keys of a YAML file, because a provider of values cannot list them.
    private static func keys(ofYAML path: String) throws(ServerConfigurationError) -> [String] {
        do {
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            return try Yams.compose(yaml: text)?.mapping?.keys.compactMap(\.string) ?? []
        } catch {
            throw ServerConfigurationError("The configuration file \(path) cannot be read: \(error)")
        }
    }

    private init(_ values: ConfigurationValues, store: StoreLocation) throws(ServerConfigurationError) {
        self.init()
        host = try values.string("host") ?? host
        guard !host.isEmpty else {
            throw ServerConfigurationError("The host is empty; set an address such as 127.0.0.1.")
        }
        port = try values.integer("port", in: 0...65535) ?? port
        backplane = try BackplaneConfiguration(values)
        let chosen = try values.string("store").map(StoreLocation.init)
        if backplane != nil, let chosen, chosen != .memory {
            throw ServerConfigurationError(
                "A server keeps its operations in a store or on a backplane, not in both. Leave out one of them."
            )
        }
        self.store = chosen ?? (backplane == nil ? store : .memory)
        isInsecure = try values.boolean("insecure") ?? isInsecure
        logLevel = try values.choice("logLevel", of: Logger.Level.allCases, named: \.rawValue) ?? logLevel
        transport = try TransportSettings(values)
        hosts = try values.strings("hosts") ?? hosts
        origins = try values.strings("origins") ?? origins
        if let text = origins.first(where: { !ProgressOrigins.isOrigin($0) }) {
            throw ServerConfigurationError("\"\(text)\" in origins is not an origin; use the form https://example.com.")
        }
        if let retention = try values.integer("retention", in: 0...315_360_000) {
            service.retention = .seconds(retention)
        }
        if let lease = try values.integer("lease", in: 1...31_536_000) { service.lease = .seconds(lease) }
        if let grace = try values.integer("leaseGrace", in: 0...31_536_000) { service.leaseGrace = .seconds(grace) }
        authorization = try AuthorizationConfiguration(values)
        compression = try CompressionConfiguration(values)
        for key in LimitKey.all {
            if let value = try values.integer(key.name, in: key.range) { key.set(&self, value) }
        }
    }
}
