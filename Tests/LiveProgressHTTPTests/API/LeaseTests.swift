// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Testing

@Suite("Leases and workers over HTTP")
struct LeaseTests {
    private let fixture = Fixture()

    @Test("The response to each report has the lease, which a report can change; after the end there is none")
    func lease() async {
        #expect(await fixture.json(.post, "", #"{"id":"job"}"#).json["lease"] == 60)
        #expect(await fixture.form(.patch, "/job", "state=Working").json["lease"] == 60)
        #expect(await fixture.form(.patch, "/job", "lease=90").json["lease"] == 90)
        #expect(await fixture.form(.patch, "/job", "").json["lease"] == 90)
        #expect(await fixture.json(.put, "/job", #"{"lease":2.5}"#).json["lease"] == 2.5)
        #expect(await fixture.send(.get, "/job").json["lease"] == nil)
        #expect(await fixture.form(.patch, "/job", "status=succeeded").json["lease"] == nil)
        #expect(await fixture.json(.post, "", #"{"id":"other","lease":7}"#).json["lease"] == 7)
        #expect(await fixture.form(.patch, "/other", "lease=0").status == 422)
    }

    @Test("A worker that comes back after another one began an attempt gets a 409, and changes nothing")
    func fencing() async {
        _ = await fixture.json(.post, "", #"{"id":"job","worker":"one"}"#)
        #expect(await fixture.form(.patch, "/job", "attempt=2&worker=two&advance=1").status == 200)
        for _ in 1...3 {
            let late = await fixture.form(.patch, "/job", "worker=one&advance=5")
            #expect(late.status == 409 && late.problem == "stale-attempt")
            #expect(await fixture.form(.patch, "/job", "worker=one&status=failed").problem == "stale-attempt")
        }
        let counts = await fixture.send(.get, "/job").json["progress"]?.objectValue
        #expect(counts?["completedCount"] == 1)
    }
}
