// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Tokens whose signatures were right, so that a request with one of them costs a look-up: the latest ones, up to a number.
///
/// Two generations: what is used moves to the young one; when that is full, the old one is dropped and it becomes old.
struct VerifiedTokens {
    private let capacity: Int
    private var young: [String: TokenVerifier.Verified] = [:]
    private var old: [String: TokenVerifier.Verified] = [:]

    /// An empty memory for some number of tokens.
    init(capacity: Int = 4096) {
        self.capacity = max(2, capacity)
    }

    /// How many are remembered.
    var count: Int { young.count + old.count }

    /// What a token was found to say; the hash of the dictionary is seeded, so that its time tells nothing of the keys.
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
