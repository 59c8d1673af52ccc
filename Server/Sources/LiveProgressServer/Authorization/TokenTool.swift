// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
public import LiveProgress
public import LiveProgressHTTP
import Logging

/// Makes tokens and looks into them, with a server's file of keys but without the server.
public struct TokenTool: Sendable {
    private let keys: TokenKeys?

    /// A tool with the keys of a file.
    ///
    /// - Parameters:
    ///   - secretFile: The file; without it tokens can be looked into, but neither made nor verified.
    ///   - creates: Whether to make the file where it is absent.
    /// - Throws: ``ServerConfigurationError`` that says what is wrong with the file.
    public init(secretFile: String?, creates: Bool) throws(ServerConfigurationError) {
        guard let secretFile else {
            keys = nil
            return
        }
        var configuration = AuthorizationConfiguration()
        configuration.secretFile = secretFile
        let silent = Logger(label: "live-progress.token") { _ in SwiftLogNoOpLogHandler() }
        keys = try KeyFiles(configuration: configuration, logger: silent).load(creates: creates)
    }

    /// Makes a token that is valid from now on.
    ///
    /// - Parameters:
    ///   - subject: Who bears it.
    ///   - permissions: What it allows.
    ///   - scope: With which operations.
    ///   - time: How long it is valid.
    /// - Returns: The token.
    /// - Throws: ``ServerConfigurationError`` where there is no key to sign with.
    public func create(
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

    /// What was found out about a token.
    public struct Inspection: Sendable {
        /// Its claims as JSON; `nil` where it is no token.
        public let claims: String?
        /// Whether its signature and its times are right.
        public let isVerified: Bool
        /// What is wrong with it, if anything was looked at and is.
        public let problem: String?
    }

    /// Looks into a token; without keys its signature is not looked at.
    public func inspect(_ token: String) -> Inspection {
        do throws(TokenRefusal) {
            let claims = try TokenVerifier.unverifiedClaims(of: token)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let text = (try? encoder.encode(claims)).map { String(decoding: $0, as: UTF8.self) }
            guard let keys else { return Inspection(claims: text, isVerified: false, problem: nil) }
            do throws(TokenRefusal) {
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
