// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWire
import Testing

@Suite("Messages from a watcher to the server")
struct ProgressClientMessageTests {
    @Test("A cancel message is decoded", arguments: [#"{"type":"cancel"}"#, #" {"why":1,"type":"cancel"} "#])
    func cancel(_ text: String) throws {
        #expect(try ProgressClientMessage(Array(text.utf8)) == .cancel)
    }

    @Test("An authenticate message with a new token is decoded")
    func authenticate() throws {
        let text = #"{"type":"authenticate","token":"a\"b"}"#
        #expect(try ProgressClientMessage(Array(text.utf8)) == .authenticate(token: "a\"b"))
        #expect(throws: WireError.self) { try ProgressClientMessage(Array(#"{"type":"authenticate"}"#.utf8)) }
    }

    @Test(
        "Any other message is rejected with the accepted values",
        arguments: [
            ("", nil, "Not JSON: expected a value at byte 0."), ("null", nil, "The text must be a JSON object."),
            ("{}", "type", "type is missing."), (#"{"type":null}"#, "type", "type is missing."),
            (#"{"type":7}"#, "type", "type must be a string."),
            (#"{"type":"pause"}"#, "type", "type must be cancel or authenticate."),
        ] as [(String, String?, String)]
    )
    func refuses(_ text: String, _ member: String?, _ message: String) {
        #expect(throws: WireError(member: member, message: message, isMalformed: message.hasPrefix("Not JSON"))) {
            try ProgressClientMessage(Array(text.utf8))
        }
    }
}
