// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import Synchronization

/// The users who are logged in, by the secret in their session cookie.
final class Sessions: Sendable {
    private let users = Mutex<[Substring: String]>([:])

    /// Starts a session and returns its cookie.
    func begin(for user: String) -> String {
        var random = SystemRandomNumberGenerator()
        let secret = String(random.next(), radix: 36) + String(random.next(), radix: 36)
        users.withLock { $0[secret[...]] = user }
        return "session=\(secret)"
    }

    /// Returns the user of the session in a `Cookie` header field, or `nil` without a session.
    func user(of cookies: String?) -> String? {
        let pairs = (cookies ?? "").split(whereSeparator: { "; ".contains($0) })
        guard let secret = pairs.first(where: { $0.hasPrefix("session=") })?.dropFirst(8) else { return nil }
        return users.withLock { $0[secret] }
    }
}

/// Permits each user to watch, list and cancel the operations with the user's name in the label `user`.
struct SessionAuthorizer: ProgressAuthorizer {
    let sessions: Sessions

    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        guard let user = sessions.user(of: request.head.headerFields[.cookie]) else { return .refused() }
        let own = ProgressGrant([.watch, .cancel, .list], for: .labels(["user": user]))
        return .granted(ProgressPrincipal(subject: user, grants: [own]))
    }
}
