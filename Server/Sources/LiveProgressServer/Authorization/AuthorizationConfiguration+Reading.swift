// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension AuthorizationConfiguration {
    /// Reads the properties from the configuration values.
    init(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        self.init()
        secretFile = try values.string("secretFile")
        keySetFile = try values.string("keySetFile")
        issuer = try values.string("issuer")
        audience = try values.string("audience")
        allowsQueryTokens = try values.boolean("queryTokens") ?? allowsQueryTokens
        operationTokenLifetime =
            try values.integer("tokenLifetime", in: 60...315_360_000).map { .seconds($0) } ?? operationTokenLifetime
    }
}
