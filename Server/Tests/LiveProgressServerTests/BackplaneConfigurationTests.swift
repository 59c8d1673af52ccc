// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Configuration
import LiveProgress
import NATSClient
import Testing

@testable import LiveProgressServer

@Suite("The configuration of several servers")
struct BackplaneConfigurationTests {
    private func read(_ environment: [String: String]) async throws(ServerConfigurationError) -> ServerConfiguration {
        try await ServerConfiguration.read(options: [:], file: nil, environment: environment)
    }

    @Test("A backplane names its servers, and keeps the operations in place of the store")
    func servers() async throws {
        let configuration = try await read([
            "LIVE_PROGRESS_BACKPLANE": "nats://a:4222, tls://user:word@b",
            "LIVE_PROGRESS_NODE_NAME": "node-1",
            "HOME": "/home/u",
        ])
        let backplane = try #require(configuration.backplane)
        #expect(backplane.servers.map(\.description) == ["nats://a:4222", "tls://b:4222"])
        #expect(backplane.nodeName == "node-1")
        #expect(configuration.store == .memory)
        #expect(try await read(["HOME": "/home/u"]).backplane == nil)
    }

    @Test(
        "What cannot be used is an error that names the key",
        arguments: [
            (["LIVE_PROGRESS_BACKPLANE": "http://a"], "nats://"),
            (["LIVE_PROGRESS_BACKPLANE": "nats://a", "LIVE_PROGRESS_STORE": "a.sqlite"], "store"),
            (["LIVE_PROGRESS_BACKPLANE": "nats://a", "LIVE_PROGRESS_NODE_NAME": "a.b"], "nodeName"),
            (["LIVE_PROGRESS_BACKPLANE": "nats://a", "LIVE_PROGRESS_BACKPLANE_NAMESPACE": ""], "backplaneNamespace"),
            (
                ["LIVE_PROGRESS_BACKPLANE": "nats://a", "LIVE_PROGRESS_BACKPLANE_CREDS": "/no/such/file"],
                "/no/such/file"
            ),
            (["LIVE_PROGRESS_BACKPLANE_CREDS": "/no/such/file"], "--backplane"),
        ]
    )
    func errors(environment: [String: String], text: String) async throws {
        let error = await #expect(throws: ServerConfigurationError.self) { try await read(environment) }
        #expect(error?.message.contains(text) == true)
    }
}
