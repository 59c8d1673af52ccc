// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import Testing

@testable import LiveProgressCluster

@Suite("The messages between nodes")
struct NodeMessageTests {
    private static let request: NodeRequest = {
        var head = HTTPRequest(method: .patch, scheme: nil, authority: nil, path: "/api/v1/progress/x?a=b")
        head.headerFields = [.contentType: "application/json", .cookie: "a=1"]
        var caller = ProgressCaller(address: "192.0.2.7", isSecure: true, subject: "s")
        caller.isOnLoopback = true
        // A body may contain what separates the head from the body.
        return NodeRequest(head: head, body: Array("{}\n\n\u{0}".utf8), caller: caller, newID: "new")
    }()

    @Test(
        "A message is read as it was written",
        arguments: [.request(request), .watched("x"), .cancel("x"), .feed(session: "s", position: 7), .verify, .ping]
            as [NodeMessage]
    )
    func messages(message: NodeMessage) {
        #expect(NodeMessage(message.bytes) == message)
    }

    @Test("What no node writes is no message", arguments: ["", "\n", "{}", "{}\n", "[1]\n", "{\"watched\":\"a b\"}\n"])
    func others(text: String) {
        #expect(NodeMessage(Array(text.utf8)) == nil)
        #expect(NodeAnnouncement(Array(text.utf8)) == nil)
    }

    @Test("An announcement is read as it was written", arguments: [.present("a"), .leaving("a")] as [NodeAnnouncement])
    func announcements(announcement: NodeAnnouncement) {
        #expect(NodeAnnouncement(announcement.bytes) == announcement)
    }
}
