// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import LiveProgressWire

/// Decides who asks, and what they may do; set it as ``ProgressAPI/Configuration/authorizer``.
///
/// An application that embeds the API decides by whatever it knows its users by:
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
    /// Decides about one request, upgrade or renewal.
    ///
    /// Called once for each of them, on an event loop: it must not block. What takes time is answered
    /// ``ProgressAuthorization/later(_:)``.
    ///
    /// - Parameter request: Whose it is, and what it brings.
    /// - Returns: The decision.
    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization

    /// The tokens that the answer to a creation hands on; by default none.
    ///
    /// - Parameters:
    ///   - id: The operation that was created.
    ///   - principal: Who created it.
    /// - Returns: The tokens, or `nil` where none are issued.
    func tokens(for id: ProgressID, createdBy principal: ProgressPrincipal) -> ProgressTokens?
}

extension ProgressAuthorizer {
    /// No tokens.
    public func tokens(for id: ProgressID, createdBy principal: ProgressPrincipal) -> ProgressTokens? { nil }
}

/// What an authorizer decides.
public enum ProgressAuthorization: Sendable {
    /// It is this one, and the grants say what they may do.
    case granted(ProgressPrincipal)
    /// There are no credentials, or bad ones: the answer is a 401, with the reason where there is one.
    case refused(_ reason: String? = nil)
    /// It takes time to find out; the request waits for the answer, which must not be another `later`.
    case later(@Sendable () async -> ProgressAuthorization)

    /// The decision, waited for.
    func resolved() async -> ProgressAuthorization {
        guard case .later(let decide) = self else { return self }
        let decision = await decide()
        if case .later = decision { return .refused() }
        return decision
    }
}
