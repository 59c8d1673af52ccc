// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix

@testable import LiveProgressWebSocket

/// Runs all cases of a fuzzing server, with the requests that the Autobahn server defines.
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
                // The server has recorded its verdict on the case. The other cases must still run.
                print("case number \(number): \(error)")
            }
        }
        // This request ends the server, so the server may close before it answers.
        try? await echo("/updateReports?agent=\(Self.agent)")
    }

    private func caseCount() async throws -> Int {
        let connection = try await connect("/getCaseCount")
        var count = 0
        for await message in connection.messages { count = Int(String(buffer: message.payload)) ?? count }
        return count
    }

    /// Sends each message back until the server closes the connection.
    ///
    /// Like users of the client, this function receives messages in a task. If an invalid frame directly follows a message, the
    /// client fails the connection (RFC 6455 section 7.1.7) before the task can send the message back. The suite reports such
    /// cases as NON-STRICT. The client does not delay the failure, because then a slow reader could keep a bad peer connected.
    private func echo(_ target: String) async throws {
        let connection = try await connect(target)
        do {
            for await message in connection.messages { try await connection.send(message) }
        } catch WebSocketConnectError.closed {
            // The server may close the connection during a send, which is not an error.
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
