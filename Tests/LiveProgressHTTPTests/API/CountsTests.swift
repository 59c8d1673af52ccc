// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

@Suite("Counts and fraction are consistent")
struct CountsTests {
    /// A series of reports, and the counts that the snapshot shows after each report.
    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [(report: String, completed: Int64, total: Int64?, fraction: Double?)]

        init(_ name: String, _ steps: (report: String, completed: Int64, total: Int64?, fraction: Double?)...) {
            (testDescription, self.steps) = (name, steps)
        }
    }

    static let counted: [Story] = [
        Story(
            "a count below the current count is ignored",
            ("completedCount=80&totalCount=100", 80, 100, 0.8),
            ("completedCount=40", 80, 100, 0.8),
            ("completedCount=79", 80, 100, 0.8),
            ("completedCount=81", 81, 100, 0.81),
            ("completedCount=0", 81, 100, 0.81)
        ),
        Story(
            "a different unit restarts the counts; a new name for the unit alone keeps them",
            ("completedCount=100&totalCount=100&unit=%25", 100, 100, 1),
            ("completedCount=1&totalCount=&unit=phases", 1, nil, nil),
            ("completedCount=3&unit=phases", 3, nil, nil),
            ("completedCount=2&unit=phases", 3, nil, nil),
            ("unit=steps", 3, nil, nil),
            ("totalCount=9", 3, 9, 3.0 / 9),
            ("completedCount=5&unit=bytes", 5, nil, nil),
            ("completedCount=1&totalCount=4&unit=files", 1, 4, 0.25)
        ),
        Story(
            "advance adds units to the current count",
            ("completedCount=80&totalCount=100", 80, 100, 0.8),
            ("completedCount=40&advance=5", 85, 100, 0.85),
            ("advance=5", 90, 100, 0.9)
        ),
        Story(
            "a growing total lowers the fraction",
            ("completedCount=80&totalCount=100", 80, 100, 0.8),
            ("totalCount=200", 80, 200, 0.4),
            ("completedCount=100", 100, 200, 0.5),
            ("totalCount=400&completedCount=90", 100, 400, 0.25)
        ),
        Story(
            "a shrinking total raises the fraction",
            ("completedCount=20&totalCount=100", 20, 100, 0.2),
            ("totalCount=40", 20, 40, 0.5),
            ("completedCount=10&totalCount=25", 20, 25, 0.8)
        ),
        Story(
            "the total is never below the completed count",
            ("completedCount=80&totalCount=100", 80, 100, 0.8),
            ("advance=40", 120, 120, 1),
            ("totalCount=60", 120, 120, 1),
            ("totalCount=240", 120, 240, 0.5)
        ),
        Story(
            "without a known total, there is no fraction",
            ("completedCount=80", 80, nil, nil),
            ("totalCount=100", 80, 100, 0.8),
            ("totalCount=", 80, nil, nil),
            ("completedCount=40", 80, nil, nil),
            ("totalCount=160", 80, 160, 0.5)
        ),
        Story(
            "a total of zero has no fraction",
            ("completedCount=0&totalCount=0", 0, 0, nil),
            ("advance=1", 1, 1, 1)
        ),
        Story(
            "a new attempt restarts the counts",
            ("completedCount=80&totalCount=100", 80, 100, 0.8),
            ("attempt=2&completedCount=10&totalCount=100", 10, 100, 0.1),
            ("completedCount=5", 10, 100, 0.1),
            ("attempt=3&totalCount=50", 0, 50, 0)
        ),
    ]

    @Test("Invariant 8: counts never fall, and the fraction is their quotient", arguments: counted)
    func tell(story: Story) async throws {
        let fixture = Fixture()
        for step in story.steps {
            let answer = await fixture.form(.put, "/job", step.report)
            #expect(answer.status < 300)
            let progress = try #require(await fixture.send(.get, "/job").json["progress"])
            #expect(progress["completedCount"]?.intValue == step.completed, "\(step.report)")
            #expect(progress["totalCount"]?.intValue == step.total, "\(step.report)")
            #expect(progress["fractionCompleted"]?.doubleValue == step.fraction, "\(step.report)")
        }
    }

    static let fractions: [Story] = [
        Story(
            "a fraction without counts is shown, and never falls",
            ("fractionCompleted=0.25", 0, nil, 0.25),
            ("fractionCompleted=0.1", 0, nil, 0.25),
            ("fractionCompleted=0.5&state=x", 0, nil, 0.5),
            ("fractionCompleted=0", 0, nil, 0.5),
            ("state=y", 0, nil, 0.5),
            ("fractionCompleted=1", 0, nil, 1)
        ),
        Story(
            "with a total, the counts decide the fraction",
            ("fractionCompleted=0.9&completedCount=1&totalCount=4", 1, 4, 0.25),
            ("fractionCompleted=0.95", 1, 4, 0.25),
            ("completedCount=2", 2, 4, 0.5),
            ("totalCount=", 2, nil, nil),
            ("fractionCompleted=0.75", 2, nil, 0.75)
        ),
        Story(
            "a report without a total may set the fraction instead",
            ("completedCount=1&totalCount=4", 1, 4, 0.25),
            ("totalCount=&fractionCompleted=0.5", 1, nil, 0.5),
            ("totalCount=4", 1, 4, 0.25),
            ("totalCount=&fractionCompleted=0.625", 1, nil, 0.625),
            ("totalCount=4", 1, 4, 0.25),
            ("totalCount=&fractionCompleted=0.75", 1, nil, 0.75)
        ),
        Story(
            "later counts replace the fraction",
            ("fractionCompleted=0.9", 0, nil, 0.9),
            ("completedCount=3", 3, nil, 0.9),
            ("totalCount=10", 3, 10, 0.3)
        ),
        Story(
            "a new attempt starts without a fraction",
            ("fractionCompleted=0.9", 0, nil, 0.9),
            ("attempt=2&fractionCompleted=0.1", 0, nil, 0.1),
            ("attempt=3&completedCount=1", 1, nil, nil)
        ),
    ]

    @Test("A worker without counts may report a fraction", arguments: fractions)
    func tellFractions(story: Story) async throws { try await tell(story: story) }

    @Test("JSON accepts a fraction", arguments: [("0.25", 0.25), ("0", 0), ("1", 1), ("1e-3", 0.001), ("1.0", 1)])
    func json(text: String, value: Double) async {
        let fixture = Fixture()
        let answer = await fixture.json(.put, "/job", #"{"fractionCompleted":\#(text)}"#)
        #expect(answer.status == 201)
        #expect(answer.json["progress"]?["fractionCompleted"]?.doubleValue == value)
        #expect(answer.json["status"] == "running")
    }

    @Test(
        "An invalid fraction is rejected and changes nothing",
        arguments: [
            "1.5", "-0.1", "1.0000001", "-1e-9", "1e999", "-1e999", #""0.5""#, "true", "null", "[]", "NaN", "Infinity",
            "50%",
        ]
    )
    func refused(text: String) async {
        let fixture = Fixture()
        _ = await fixture.form(.put, "/job", "fractionCompleted=0.25")
        let answer = await fixture.json(.patch, "/job", #"{"fractionCompleted":\#(text)}"#)
        // A body that is not JSON is rejected with 400, an invalid value with 422.
        #expect(answer.status == 422 || answer.status == 400)
        for (form, status) in [("1.5", 422), ("NaN", 422), ("inf", 422), ("", 422), ("x", 422)] {
            let answer = await fixture.form(.patch, "/job", "fractionCompleted=\(form)")
            #expect(answer.status == status)
            #expect(answer.json["detail"]?.stringValue?.contains("fractionCompleted") == true)
        }
        #expect(await fixture.send(.get, "/job").json["revision"] == 1)
        #expect(await fixture.json(.put, "/other", #"{"fractionCompleted":\#(text)}"#).status >= 400)
        #expect(fixture.service.operationCount == 1)
    }

    @Test("The baseline counts as completed, but not for the throughput")
    func baseline() async {
        let fixture = Fixture()
        let first = await fixture.form(.put, "/job", "baselineCount=130&totalCount=1351")
        #expect(first.json["progress"]?["completedCount"] == 130)
        for _ in 0..<20 {
            fixture.time.advance(by: .milliseconds(250))
            _ = await fixture.form(.patch, "/job", "advance=1")
        }
        let progress = await fixture.send(.get, "/job").json["progress"]
        #expect(progress?["completedCount"] == 150)
        #expect(abs((progress?["throughput"]?.doubleValue ?? 0) - 4) < 0.01)
        #expect(await fixture.form(.patch, "/job", "baselineCount=-1").status == 422)
    }
}
