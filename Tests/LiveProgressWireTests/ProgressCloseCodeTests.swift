// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWire
import Testing

@Suite("Close codes")
struct ProgressCloseCodeTests {
    @Test(
        "Each code has its number, and says whether to come back",
        arguments: [
            (.ended, 1000, false), (.goingAway, 1001, true), (.protocolError, 1002, false),
            (.unsupportedData, 1003, false), (.invalidPayload, 1007, false), (.policyViolation, 1008, false),
            (.messageTooBig, 1009, false), (.internalError, 1011, true), (.tryAgainLater, 1013, true),
            (.resync, 4000, true), (.tooSlow, 4008, true), (.unauthenticated, 4501, false), (.forbidden, 4503, false),
            (.unknown, 4504, false), (.removed, 4510, false),
        ] as [(ProgressCloseCode, UInt16, Bool)]
    )
    func named(_ code: ProgressCloseCode, _ number: UInt16, _ shouldReconnect: Bool) {
        #expect(code.rawValue == number)
        #expect(code.shouldReconnect == shouldReconnect)
        #expect(!code.reason.isEmpty)
        // RFC 6455 section 5.5: a control frame holds 125 bytes, two of which are the code.
        #expect(code.reason.utf8.count <= 123)
        #expect(code.description == "\(number) \(code.reason)")
    }

    @Test(
        "Codes without a name follow their range; a connection that broke is one to come back to",
        arguments: [
            (1005, true), (1006, true), (1010, false), (1012, true), (1014, true), (1015, false), (3000, false),
            (4001, true), (4499, true), (4500, false), (4999, false), (5000, false), (0, false),
        ] as [(UInt16, Bool)]
    )
    func unnamed(_ number: UInt16, _ shouldReconnect: Bool) {
        let code = ProgressCloseCode(rawValue: number)
        #expect(code.shouldReconnect == shouldReconnect)
        #expect(code.description == "\(number)")
    }
}
