// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressWire
import Logging
import Synchronization

/// Authorizes requests with a token of a known key, or with a ticket.
final class TokenAuthorizer: ProgressAuthorizer {
    private struct State {
        var keys = TokenKeys(own: [], foreign: [])
        /// The number of key changes.
        var generation = 0
        var verified = VerifiedTokens()
        var tickets = Tickets()
    }

    private let configuration: AuthorizationConfiguration
    private let clock: ProgressClock
    private let logger: Logger
    private let state = Mutex(State())

    /// Creates an authorizer without keys, which refuses every request.
    ///
    /// The authorizer logs each decision at the level `trace`.
    init(
        _ configuration: AuthorizationConfiguration,
        clock: ProgressClock = .system,
        logger: Logger = Logger(label: "live-progress") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
    }

    /// Replaces the keys; tokens that the old keys verified are verified again.
    func use(_ keys: TokenKeys) {
        state.withLock { state in
            state.keys = keys
            state.generation += 1
            state.verified.removeAll()
        }
    }

    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        let decision = decide(by: request.credential)
        if logger.logLevel == .trace { log(decision, about: request) }
        return decision
    }

    private func decide(by credential: ProgressCredential?) -> ProgressAuthorization {
        switch credential {
        case nil: return .refused()
        case .ticket(let ticket): return redeem(ticket)
        case .queryToken(let token): return configuration.allowsQueryTokens ? verify(token) : .refused()
        case .bearer(let token): return verify(token)
        }
    }

    func tokens(for snapshot: ProgressSnapshot, createdBy principal: ProgressPrincipal) -> ProgressTokens? {
        let time = configuration.operationTokenLifetime
        func token(_ permissions: [ProgressPermission]) -> String? {
            sign(
                TokenClaims(
                    subject: principal.subject,
                    permissions: permissions,
                    scope: principal.scope(ofCreated: snapshot),
                    from: clock.date(),
                    for: time
                )
            )
        }
        guard let report = token([.watch, .report]), let watch = token([.watch]) else { return nil }
        return ProgressTokens(report: report, watch: watch)
    }

    /// Returns an administrator token for the link that the server prints at its start, or `nil` without a signing key.
    func adminToken() -> String? {
        let time = configuration.adminLinkLifetime
        return sign(
            TokenClaims(subject: "admin", permissions: [.admin], scope: .everything, from: clock.date(), for: time)
        )
    }

    /// Issues a ticket that grants the principal's permissions once.
    func ticket(for principal: ProgressPrincipal) -> String {
        let ticket = Tickets.make()
        let now = clock.now()
        state.withLock { $0.tickets.issue(ticket, to: principal, now: now) }
        return ticket
    }

    /// Logs a decision; the message contains the kind of the credential, not its value.
    private func log(_ decision: ProgressAuthorization, about request: ProgressAccessRequest) {
        guard logger.logLevel <= .trace else { return }
        var metadata: Logger.Metadata = [
            "method": "\(LoggedTarget(request.head.method.rawValue))",
            "target": "\(LoggedTarget(request.head.path ?? ""))",
            "credential": "\(request.credential.map { "\($0) \(LoggedTarget.mark)" } ?? "none")",
        ]
        switch decision {
        case .granted(let principal):
            if let subject = principal.subject { metadata["subject"] = "\(subject)" }
            logger.trace("A caller was authorized", metadata: metadata)
        case .refused(let reason):
            if let reason { metadata["reason"] = "\(reason)" }
            logger.trace("A caller was refused", metadata: metadata)
        case .later: break
        }
    }

    private func sign(_ claims: TokenClaims) -> String? {
        guard let key = state.withLock({ $0.keys.signer }) else { return nil }
        return try? TokenIssuer(key: key).token(claims)
    }

    private func redeem(_ ticket: String) -> ProgressAuthorization {
        let now = clock.now()
        let principal = state.withLock { $0.tickets.redeem(ticket, now: now) }
        return principal.map { .granted($0) } ?? .refused("The ticket is not known, has been used, or has expired.")
    }

    private func verify(_ token: String) -> ProgressAuthorization {
        do throws(TokenError) {
            let verified = try verified(token)
            try verified.check(at: clock.date())
            return .granted(verified.principal)
        } catch {
            return .refused(error.reason)
        }
    }

    /// Returns the verified contents of a token, from the cache or by checking the signature.
    ///
    /// The check runs outside the lock. If the keys change meanwhile, the result is not cached.
    private func verified(_ token: String) throws(TokenError) -> TokenVerifier.Verified {
        let (known, keys, generation) = state.withLock { ($0.verified.verified(token), $0.keys, $0.generation) }
        if let known { return known }
        let verifier = TokenVerifier(keys: keys, issuer: configuration.issuer, audience: configuration.audience)
        let verified = try verifier.verify(token)
        state.withLock { state in
            if state.generation == generation { state.verified.insert(token, verified) }
        }
        return verified
    }
}
