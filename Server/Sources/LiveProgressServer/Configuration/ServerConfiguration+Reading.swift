// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import Configuration
import FoundationEssentials
import LiveProgress
import LiveProgressHTTP
import Logging

extension ServerConfiguration {
    /// Reads the configuration: the options given first, then the environment (`LIVE_PROGRESS_PORT` …), then a YAML file
    /// (`port: 8080` …), then the defaults.
    ///
    /// - Parameters:
    ///   - options: What the command line says, by the keys of the file.
    ///   - file: The path of the YAML file, if there is one.
    ///   - environment: The environment's variables, by default those of the process.
    /// - Returns: The configuration, which still has to be validated.
    /// - Throws: ``ServerConfigurationError`` that names the value, and where it was said.
    public static func read(
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
            sources.append(ConfigurationSource(name: file, provider: try await yaml(at: file)))
        }
        return try ServerConfiguration(ConfigurationValues(sources: sources))
    }

    private static func yaml(at path: String) async throws(ServerConfigurationError) -> any ConfigProvider {
        do {
            let place = InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)])
            return try await FileProvider<YAMLSnapshot>(config: ConfigReader(provider: place))
        } catch {
            throw ServerConfigurationError("The configuration file \(path) cannot be read: \(error)")
        }
    }

    private init(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        self.init()
        host = try values.string("host") ?? host
        guard !host.isEmpty else {
            throw ServerConfigurationError("The host is empty; say an address such as 127.0.0.1.")
        }
        port = try values.integer("port", in: 0...65535) ?? port
        store = try values.choice("store", of: Store.allCases, named: \.rawValue) ?? store
        isInsecure = try values.boolean("insecure") ?? isInsecure
        logLevel = try values.choice("logLevel", of: Logger.Level.allCases, named: \.rawValue) ?? logLevel
        transport = try TransportSettings(values)
        hosts = try values.strings("hosts") ?? hosts
        origins = try values.strings("origins") ?? origins
        if let text = origins.first(where: { !ProgressOrigins.isOrigin($0) }) {
            throw ServerConfigurationError("\"\(text)\" in origins is no origin; write it as https://example.com.")
        }
        if let retention = try values.integer("retention", in: 0...315_360_000) {
            service.retention = .seconds(retention)
        }
        authorization = try AuthorizationConfiguration(values)
        compression = try CompressionConfiguration(values)
        for key in LimitKey.all {
            if let value = try values.integer(key.name, in: key.range) { key.set(&self, value) }
        }
    }
}
