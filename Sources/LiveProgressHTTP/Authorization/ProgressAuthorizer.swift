// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
internal import LiveProgressWire

/// A type that identifies callers and grants permissions; set it as ``ProgressAPI/Configuration/authorizer``.
///
/// An application that embeds the API can use its own sessions:
/// ```swift
/// struct SessionAuthorizer: ProgressAuthorizer {
///     func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
///         guard let user = sessions.user(ofCookie: request.head.headerFields[.cookie]) else { return .refused() }
///         let own = ProgressGrant([.watch, .cancel, .list], for: .labels(["user": user.id]))
///         return .granted(ProgressPrincipal(subject: user.id, grants: [own]))
///     }
/// }
/// ```
public protocol ProgressAuthorizer: Sendable {
    /// Decides on one request, upgrade or renewal.
    ///
    /// The API calls this function once for each request, upgrade or renewal, on an event loop. The function must not
    /// block. For a decision that takes time, return ``ProgressAuthorization/later(_:)``.
    ///
    /// - Parameter request: The request, with its caller and its credential.
    /// - Returns: The decision.
    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization

    /// Returns the tokens for the response to a creation; by default none.
    ///
    /// - Parameters:
    ///   - snapshot: The first snapshot of the operation that was created.
    ///   - principal: The principal that created the operation.
    /// - Returns: The tokens, or `nil` to issue none.
    func tokens(for snapshot: ProgressSnapshot, createdBy principal: ProgressPrincipal) -> ProgressTokens?
}

extension ProgressAuthorizer {
    /// Returns no tokens.
    public func tokens(for snapshot: ProgressSnapshot, createdBy principal: ProgressPrincipal) -> ProgressTokens? {
        nil
    }
}

/// The decision of an authorizer.
public enum ProgressAuthorization: Sendable {
    /// The caller is this principal, and has the grants of the principal.
    case granted(ProgressPrincipal)
    /// The credentials are missing or invalid; the response is a 401, with the reason if there is a reason.
    case refused(_ reason: String? = nil)
    /// The decision takes time; the request waits for the closure, which must not return another `later`.
    case later(@Sendable () async -> ProgressAuthorization)

    /// Returns the final decision, after a wait if it is `later`.
    func resolved() async -> ProgressAuthorization {
        guard case .later(let decide) = self else { return self }
        let decision = await decide()
        if case .later = decision { return .refused() }
        return decision
    }
}
