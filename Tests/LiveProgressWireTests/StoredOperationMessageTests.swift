// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgress
@testable import LiveProgressTesting
@testable import LiveProgressWire

@Suite("The JSON of an operation between nodes")
struct StoredOperationMessageTests {
    @Test("Every value is kept", arguments: [StoredOperation.complete, .sample("x", revisions: 3...9, oldest: 1)])
    func roundTrip(_ operation: StoredOperation) throws {
        let read = try StoredOperationMessage.decode(StoredOperationMessage.encode(operation))
        #expect(read.revisions.map(\.inMilliseconds) == operation.revisions.map(\.inMilliseconds))
        var (one, other) = (read, operation)
        (one.revisions, other.revisions) = ([read.revisions[0]], [read.revisions[0]])
        #expect(one == other)
    }

    @Test(
        "A text that is no operation is refused, and the error names the member",
        arguments: [
            ("[]", ""), ("{}", "revisions"), (#"{"revisions":[]}"#, "revisions"), (#"{"revisions":[1]}"#, "revisions"),
            (#"{"revisions":[{}]}"#, "revisions.snapshot"), (#"{"revisions":[{"snapshot":{"id":"x"}}]}"#, ""),
        ]
    )
    func invalid(text: String, member: String) {
        let error = #expect(throws: WireError.self) { try StoredOperationMessage.decode(text.utf8) }
        #expect(error?.message.contains(member) == true, "\(error?.message ?? "")")
    }
}
