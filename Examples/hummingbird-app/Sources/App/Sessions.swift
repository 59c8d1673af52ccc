// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import Synchronization

/// Who is logged in, by the cookie that their browser sends.
final class Sessions: Sendable {
    private let users = Mutex<[Substring: String]>([:])

    /// Begins a session, and gives its cookie.
    func begin(for user: String) -> String {
        var random = SystemRandomNumberGenerator()
        let secret = String(random.next(), radix: 36) + String(random.next(), radix: 36)
        users.withLock { $0[secret[...]] = user }
        return "session=\(secret)"
    }

    /// The user whose session a `Cookie` field names.
    func user(of cookies: String?) -> String? {
        let pairs = (cookies ?? "").split(whereSeparator: { "; ".contains($0) })
        guard let secret = pairs.first(where: { $0.hasPrefix("session=") })?.dropFirst(8) else { return nil }
        return users.withLock { $0[secret] }
    }
}

/// Lets users watch, list and cancel what is theirs; operations bear their user's name as a label.
struct SessionAuthorizer: ProgressAuthorizer {
    let sessions: Sessions

    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        guard let user = sessions.user(of: request.head.headerFields[.cookie]) else { return .refused() }
        let own = ProgressGrant([.watch, .cancel, .list], for: .labels(["user": user]))
        return .granted(ProgressPrincipal(subject: user, grants: [own]))
    }
}
