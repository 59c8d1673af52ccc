// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix

@testable import LiveProgressWebSocket

/// Goes through the cases of a fuzzing server: its requests are those that Autobahn's server defined.
struct CaseRunner {
    private static let agent = "live-progress"

    let port: Int
    let deflate: DeflateClient?

    func run() async throws {
        let count = try await caseCount()
        for number in 1...max(count, 1) where count > 0 {
            do {
                try await echo("/runCase?case=\(number)&agent=\(Self.agent)")
            } catch {
                // The server has its verdict on the case; the others are to be run all the same.
                print("case number \(number): \(error)")
            }
        }
        // The server may be gone before it has answered: this ends its run.
        try? await echo("/updateReports?agent=\(Self.agent)")
    }

    private func caseCount() async throws -> Int {
        let connection = try await connect("/getCaseCount")
        var count = 0
        for await message in connection.messages { count = Int(String(buffer: message.payload)) ?? count }
        return count
    }

    /// Sends back what comes, until the server closes.
    ///
    /// As users of the client do, it takes messages in a task of its own: a frame that breaks the rules right behind a message
    /// has failed the connection (RFC 6455 section 7.1.7) before the message can be sent back, which the suite calls NON-STRICT.
    /// To hold the failure back until messages are taken would leave it to the reader of the messages when a bad peer is let go.
    private func echo(_ target: String) async throws {
        let connection = try await connect(target)
        do {
            for await message in connection.messages { try await connection.send(message) }
        } catch WebSocketConnectError.closed {
            // It closed while we answered; nothing else is wrong with that.
        }
        _ = await connection.closeReason
    }

    private func connect(_ target: String) async throws -> WebSocketClientConnection {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: port).get()
        return try await WebSocketClientConnection.connect(
            over: channel,
            request: WebSocketClientRequest(target: target, host: "127.0.0.1:\(port)", deflate: deflate),
            configuration: WebSocketConfiguration(
                limits: WebSocketLimits(maximumMessageSize: 16 << 20, maximumFragments: 1 << 16),
                heartbeat: nil
            )
        )
    }
}
