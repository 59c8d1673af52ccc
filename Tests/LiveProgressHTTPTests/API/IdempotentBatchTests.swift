// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

@Suite("Batches with Idempotency-Key")
struct IdempotentBatchTests {
    private let fixture = Fixture()
    private let fields: HTTPFields = [.contentType: "application/x-ndjson", .idempotencyKey: "k1"]

    init() async {
        _ = await fixture.form(.put, "/a", "completedCount=0")
    }

    private func count() async -> Int64? {
        await fixture.send(.get, "/a").json["progress"]?["completedCount"]?.intValue
    }

    @Test("The valid lines before an invalid line are applied only once")
    func batch() async {
        let body = "{\"advance\":1}\n{\"advance\":2}\n{\"advance\":-1}\n{\"advance\":4}\n"
        let first = await fixture.send(.patch, "/a", fields, body)
        #expect(first.status == 422)
        for _ in 0..<3 {
            let again = await fixture.send(.patch, "/a", fields, body)
            #expect(again.status == 422)
            #expect(again.text == first.text)
            #expect(again.json["line"] == 3)
            #expect(again.json["applied"] == 2)
        }
        #expect(await count() == 3)
        #expect(await fixture.send(.patch, "/a", fields, "{\"advance\":4}").problem == "idempotency-key-reused")
    }

    @Test("A repeat of a batch past the report rate continues where the batch stopped")
    func hindered() async {
        let fixture = Fixture {
            $0.limits.reportsPerSecond = 1
            $0.limits.reportBurst = 2
        }
        _ = await fixture.send(.put, "/a")
        let body = String(repeating: "{\"advance\":1}\n", count: 5)
        var applied: [Int64?] = []
        var status = 429
        for _ in 0..<10 where status == 429 {
            let answer = await fixture.send(.patch, "/a", fields, body)
            status = answer.status
            if status == 429 { applied.append(answer.json["applied"]?.intValue) }
            fixture.time.advance(by: .seconds(1))
        }
        #expect(status == 200)
        #expect(applied == [2, 3, 4])
        let end = await fixture.send(.patch, "/a", fields, body)
        #expect(end.json["progress"]?["completedCount"] == 5)
    }

    @Test("One of several simultaneous requests with the same key is applied; the others get 409")
    func concurrent() async {
        let body = String(repeating: "{\"advance\":1}\n", count: 1500)
        let answers = await withTaskGroup(of: (Int, String?).self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let answer = await fixture.send(.patch, "/a", fields, body)
                    return (answer.status, answer[.retryAfter])
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.contains { $0.0 == 200 })
        for (status, retryAfter) in answers where status != 200 {
            #expect(status == 409)
            #expect(retryAfter == "1")
        }
        #expect(await count() == 1500)
    }
}
