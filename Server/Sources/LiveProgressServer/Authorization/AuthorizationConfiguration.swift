// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Whose tokens the server takes; without a key nobody is asked for one.
public struct AuthorizationConfiguration: Sendable {
    /// The file of the server's own keys, made where it is absent; `nil` for none.
    public var secretFile: String?
    /// A JSON Web Key Set (RFC 7517) with the public keys of somebody else who issues tokens; `nil` for none.
    public var keySetFile: String?
    /// The issuer that tokens of the key set must name; `nil` for whichever.
    public var issuer: String?
    /// The audience that tokens of the key set must name; `nil` for whichever.
    public var audience: String?
    /// Whether tokens are taken in the query, `?access_token=`, where logs and histories may keep them.
    public var allowsQueryTokens = false
    /// How long the tokens are valid that the answer to a creation hands on.
    public var operationTokenLifetime = Duration.seconds(24 * 60 * 60)
    /// How long the token of the administrator's link is valid.
    public var adminLinkLifetime = Duration.seconds(24 * 60 * 60)
    /// How often the files of keys are looked at for changes.
    public var keyFileInterval = Duration.seconds(2)

    /// No key.
    public init() {}

    /// Whether everyone is asked for a token.
    public var hasKeys: Bool { secretFile != nil || keySetFile != nil }
}

extension AuthorizationConfiguration {
    /// Reads the members from where values are said.
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
