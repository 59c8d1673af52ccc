// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import Testing

@testable import LiveProgressServer

@Suite("Messages to the service manager")
struct ServiceManagerTests {
    @Test(
        "Without a service manager, or with a path that is no socket, nothing is sent",
        arguments: [
            nil, "", "relative", "/nonexistent/socket", "/" + String(repeating: "x", count: 200),
        ]
    )
    func nowhere(path: String?) {
        #expect(!ServiceManager.notify("READY=1", socket: path))
    }

    @Test("A message arrives as one datagram, at a path and at an abstract name", arguments: ["/tmp/", "@"])
    func arrives(prefix: String) throws {
        let path = prefix + "live-progress-\(UUID().uuidString)"
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        var address = try #require(ServiceManager.address(of: path))
        let length = ServiceManager.length(of: path)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(bound == 0)
        for message in ["READY=1", "STOPPING=1", "STATUS=x"] {
            #expect(ServiceManager.notify(message, socket: path))
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == message)
        }
    }
}
