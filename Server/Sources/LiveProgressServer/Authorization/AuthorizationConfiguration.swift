// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The keys and rules for tokens; without keys, the server does not require tokens.
package struct AuthorizationConfiguration: Sendable {
    /// The path of the file with the server's own keys, created if absent; `nil` for no own keys.
    package var secretFile: String?
    /// The path of a JSON Web Key Set (RFC 7517) with the public keys of another token issuer; `nil` for none.
    package var keySetFile: String?
    /// The issuer that tokens of the key set must name; `nil` accepts any issuer.
    package var issuer: String?
    /// The audience that tokens of the key set must name; `nil` accepts any audience.
    package var audience: String?
    /// Whether the server accepts tokens in the query, `?access_token=`, where logs and browser histories may keep them.
    package var allowsQueryTokens = false
    /// The lifetime of the tokens in the response to the creation of an operation.
    package var operationTokenLifetime = Duration.seconds(24 * 60 * 60)
    /// The lifetime of the token in the administrator's link.
    package var adminLinkLifetime = Duration.seconds(24 * 60 * 60)
    /// The interval at which the server checks the key files for changes.
    package var keyFileInterval = Duration.seconds(2)

    /// Creates a configuration without keys.
    package init() {}

    /// Whether keys are configured, so that every caller needs a token.
    package var hasKeys: Bool { secretFile != nil || keySetFile != nil }
}
