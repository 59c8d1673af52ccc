// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressHTTP

@Suite("Idempotency keys")
struct IdempotencyKeysTests {
    private let id = ProgressID("a")

    @Test("A key is in use during its request; later it repeats the outcome, and rejects other requests")
    func life() {
        var keys = IdempotencyKeys<ProgressID>(capacity: 10)
        #expect(keys.begin("k", fingerprint: 1) == .proceed(after: nil))
        #expect(keys.begin("k", fingerprint: 1) == .inUse)
        #expect(keys.begin("k", fingerprint: 2) == .reused)
        keys.finish("k", id)
        #expect(keys.begin("k", fingerprint: 1) == .repeats(id))
        #expect(keys.begin("k", fingerprint: 2) == .reused)
        keys.forget("k")
        #expect(keys.begin("k", fingerprint: 2) == .proceed(after: nil))
    }

    @Test("A repeat continues a suspended request where it stopped; only one repeat runs at a time")
    func suspended() {
        var keys = IdempotencyKeys<Int>(capacity: 10)
        #expect(keys.begin("k", fingerprint: 1) == .proceed(after: nil))
        for part in 1...3 {
            keys.suspend("k", part)
            #expect(keys.begin("k", fingerprint: 2) == .reused)
            #expect(keys.begin("k", fingerprint: 1) == .proceed(after: part))
            #expect(keys.begin("k", fingerprint: 1) == .inUse)
        }
        keys.finish("k", 4)
        #expect(keys.begin("k", fingerprint: 1) == .repeats(4))
    }

    @Test("Invariant 10: new keys evict the oldest keys, and memory stays bounded")
    func bounded() {
        var keys = IdempotencyKeys<ProgressID>(capacity: 3)
        for number in 0..<10_000 {
            #expect(keys.begin("k\(number)", fingerprint: 0) == .proceed(after: nil))
            if number % 3 == 0 { keys.forget("k\(number)") }
            #expect(keys.count <= 3)
        }
        #expect(keys.begin("k9998", fingerprint: 0) == .inUse)
        #expect(keys.begin("k1", fingerprint: 0) == .proceed(after: nil))
        #expect(keys.rememberedOrder <= 2 * 3 + 65)
    }

    @Test(
        "A valid key is 1 to 255 characters of printable ASCII",
        arguments: [
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", true), ("x", true), ("", false), ("a\nb", false), ("é", false),
            (String(repeating: "a", count: 255), true), (String(repeating: "a", count: 256), false),
        ]
    )
    func validity(key: String, expected: Bool) {
        #expect(IdempotencyKey.isValid(key) == expected)
    }
}
