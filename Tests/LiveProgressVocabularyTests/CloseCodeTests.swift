// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import Testing

@Suite("The vocabulary of close codes")
struct CloseCodeTests {
    @Test(
        "Each named code has its number and states whether the client reconnects",
        arguments: [
            (.ended, 1000, false), (.goingAway, 1001, true), (.protocolError, 1002, false),
            (.unsupportedData, 1003, false), (.invalidPayload, 1007, false), (.policyViolation, 1008, false),
            (.messageTooBig, 1009, false), (.internalError, 1011, true), (.tryAgainLater, 1013, true),
            (.resync, 4000, true), (.tooSlow, 4008, true), (.unauthenticated, 4501, false), (.forbidden, 4503, false),
            (.unknown, 4504, false), (.removed, 4510, false),
        ] as [(WebSocketCloseCode, UInt16, Bool)]
    )
    func named(_ code: WebSocketCloseCode, _ number: UInt16, _ shouldReconnect: Bool) {
        #expect(code.rawValue == number)
        #expect(WebSocketCloseReason(code).shouldReconnect == shouldReconnect)
        #expect(!code.reason.isEmpty)
        // RFC 6455 section 5.5: a control frame holds 125 bytes, two of which are the code.
        #expect(code.reason.utf8.count <= 123)
        #expect(WebSocketCloseReason(code).reason == code.reason)
    }

    @Test(
        "A code without a name follows its range; a client reconnects after a broken connection",
        arguments: [
            (1005, true), (1006, true), (1010, false), (1012, true), (1014, true), (1015, false), (3000, false),
            (4001, true), (4499, true), (4500, false), (4999, false), (5000, false), (0, false),
        ] as [(UInt16, Bool)]
    )
    func unnamed(_ number: UInt16, _ shouldReconnect: Bool) {
        #expect(WebSocketCloseReason(code: number).shouldReconnect == shouldReconnect)
        #expect(WebSocketCloseCode(rawValue: number) == nil)
    }

    @Test("asyncapi.yaml lists exactly the named codes, each with its reconnect rule")
    func described() throws {
        var listed: [UInt16: Bool] = [:]
        for row in try Document("docs/api/asyncapi.yaml").table("close code") where !row[0].hasPrefix("other") {
            for number in row[0].split(separator: ",") {
                let code = try #require(UInt16(number.trimmingPrefix(" ")))
                #expect(WebSocketCloseCode(rawValue: code) != nil, "asyncapi.yaml lists \(code), which is never sent")
                listed[code] = row[2] == "yes"
            }
        }
        for code in WebSocketCloseCode.allCases {
            let shouldReconnect = listed[code.rawValue]
            #expect(shouldReconnect != nil, "asyncapi.yaml does not list \(code.rawValue), \(code)")
            #expect(shouldReconnect == WebSocketCloseReason(code).shouldReconnect, "\(code)")
        }
    }

    @Test(
        "The JavaScript client knows each code that forbids a reconnect, and reconnects after the same codes as the library"
    )
    func knownToJavaScript() throws {
        let script = try Document("clients/js/lib/error.js")
        // The client's kinds are those of HTTP statuses, and 4501 is the close code for 401. Codes for protocol errors are
        // left out: they mean a bug in the client, so the client has no kind for them.
        let kinds = try #require(script.lines.first { $0.hasPrefix("const kinds = {") })
        let statuses = kinds.matches(of: /(\d+): "/).compactMap { UInt16($0.1) }
        let named = WebSocketCloseCode.allCases.map(\.rawValue).filter { $0 >= 4500 }
        #expect(statuses.map { $0 + 4100 } == named.sorted())
        let line = try #require(script.lines.first { $0.hasPrefix("const reconnectCodes = /") })
        let pattern = try #require(line.firstMatch(of: /\/(.*)\/;/)).1
        let reconnects = try Regex(String(pattern))
        for code in 1000...5000 as ClosedRange<UInt16> {
            let shouldReconnect = WebSocketCloseReason(code: code).shouldReconnect
            #expect("\(code)".contains(reconnects) == shouldReconnect, "\(code)")
        }
    }

    @Test("The sources name close codes and never write the numbers")
    func spelledOnce() throws {
        for path in Document.paths(below: ["Sources", "Server/Sources"], suffix: ".swift") {
            let numbered = try Document(path).lines.filter { $0.contains(/WebSocketCloseReason\(code: \d/) }
            #expect(numbered.isEmpty || path.hasSuffix("WebSocketCloseReason.swift"), "\(path) has \(numbered)")
        }
        // `client` has links to the JavaScript client, whose codes the test above compares.
        for path in Document.paths(below: ["Sources/LiveProgressPages/Web"], suffix: ".js")
        where !path.contains("/client/") {
            #expect(try Document(path).text.contains(/code === \d/) == false, "\(path)")
        }
    }
}
