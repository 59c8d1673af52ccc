// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
package import LiveProgress
@_spi(Server) package import LiveProgressHTTP
import Logging

/// A tool that creates and inspects tokens with a server's secret file; the server need not run.
package struct TokenTool: Sendable {
    private let keys: TokenKeys?

    /// Creates a tool with the keys of a file.
    ///
    /// - Parameters:
    ///   - secretFile: The path of the secret file; without a file, the tool can neither create nor verify tokens.
    ///   - creates: Whether to create an absent file.
    /// - Throws: ``ServerConfigurationError`` that names the fault of the file.
    package init(secretFile: String?, creates: Bool) throws(ServerConfigurationError) {
        guard let secretFile else {
            keys = nil
            return
        }
        var configuration = AuthorizationConfiguration()
        configuration.secretFile = secretFile
        let silent = Logger(label: "live-progress.token") { _ in SwiftLogNoOpLogHandler() }
        keys = try KeyFiles(configuration: configuration, logger: silent).load(creates: creates)
    }

    /// Creates a token that is valid from now on.
    ///
    /// - Parameters:
    ///   - subject: The bearer of the token.
    ///   - permissions: The permissions of the token.
    ///   - scope: The operations that the token is for.
    ///   - time: The lifetime of the token.
    /// - Returns: The token.
    /// - Throws: ``ServerConfigurationError`` without a key to sign with.
    package func create(
        subject: String?,
        permissions: [ProgressPermission],
        scope: ProgressScope,
        for time: Duration
    ) throws(ServerConfigurationError) -> String {
        guard let key = keys?.signer else { throw ServerConfigurationError("There is no key to sign the token with.") }
        let claims = TokenClaims(subject: subject, permissions: permissions, scope: scope, from: Date.now, for: time)
        do {
            return try TokenIssuer(key: key).token(claims)
        } catch {
            throw ServerConfigurationError("The token cannot be signed.")
        }
    }

    /// The result of inspecting a token.
    package struct Inspection: Sendable {
        /// The claims as JSON, or `nil` if the text is not a token.
        package let claims: String?
        /// Whether the signature is valid and the token is within its lifetime.
        package let isVerified: Bool
        /// The fault that was found, or `nil` if none was found.
        package let problem: String?
    }

    /// Decodes a token and verifies it; without keys, the tool only decodes.
    package func inspect(_ token: String) -> Inspection {
        do throws(TokenError) {
            let claims = try TokenVerifier.unverifiedClaims(of: token)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let text = (try? encoder.encode(claims)).map { String(decoding: $0, as: UTF8.self) }
            guard let keys else { return Inspection(claims: text, isVerified: false, problem: nil) }
            do throws(TokenError) {
                try TokenVerifier(keys: keys, issuer: nil, audience: nil).verify(token).check(at: Date.now)
                return Inspection(claims: text, isVerified: true, problem: nil)
            } catch {
                return Inspection(claims: text, isVerified: false, problem: error.reason)
            }
        } catch {
            return Inspection(claims: nil, isVerified: false, problem: error.reason)
        }
    }
}
