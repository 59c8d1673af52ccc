// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A cache of verified tokens: a request with a cached token needs a look-up and no signature check.
///
/// The cache has two generations. A used token moves to the young generation. When the young generation is full, it
/// replaces the old generation.
struct VerifiedTokens {
    private let capacity: Int
    private var young: [String: TokenVerifier.Verified] = [:]
    private var old: [String: TokenVerifier.Verified] = [:]

    /// Creates an empty cache for a number of tokens.
    init(capacity: Int = 4096) {
        self.capacity = max(2, capacity)
    }

    /// The number of cached tokens.
    var count: Int { young.count + old.count }

    /// Returns the contents of a cached token, or `nil`.
    ///
    /// The look-up time does not disclose stored tokens, because Swift seeds the hash function randomly.
    mutating func verified(_ token: String) -> TokenVerifier.Verified? {
        if let found = young[token] { return found }
        guard let found = old.removeValue(forKey: token) else { return nil }
        insert(token, found)
        return found
    }

    mutating func insert(_ token: String, _ verified: TokenVerifier.Verified) {
        if young.count >= capacity / 2 {
            old = young
            young = [:]
        }
        young[token] = verified
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
