// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import LiveProgressNIO
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix

typealias Requests = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

var configuration = ProgressAPI.Configuration()
configuration.limits.connections.maximumBodySize = configuration.limits.maximumBodySize
let api = ProgressAPI(service: ProgressService(), configuration: configuration)
let hosting = ProgressHosting(api: api)

let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
    .childChannelOption(.allowRemoteHalfClosure, value: true)
    .bind(host: "127.0.0.1", port: 8080) { channel in
        channel.eventLoop.makeCompletedFuture {
            try hosting.connections.configure(channel) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                    return try Requests(wrappingChannelSynchronously: channel)
                }
            }
        }
    }

try await withThrowingDiscardingTaskGroup { group in
    try await listener.executeThenClose { connections in
        for try await connection in connections {
            group.addTask {
                // The channel handlers alone drive a connection that has become a WebSocket.
                guard case .http(let requests) = try await connection.get() else { return }
                try? await answer(requests)
            }
        }
    }
}

func answer(_ connection: Requests) async throws {
    let caller = ProgressCaller(connection.channel, isSecure: false)
    try await connection.executeThenClose { parts, answers in
        var request = HTTPRequest(method: .get, scheme: nil, authority: nil, path: nil)
        var body: [UInt8] = []
        for try await part in parts {
            switch part {
            case .head(let head): (request, body) = (head, [])
            case .body(let bytes): body += bytes.readableBytesView
            case .end:
                let answer = await api.respond(to: request, body: body, from: caller)
                try await answers.write(.head(answer.head))
                switch answer.body {
                case .empty: break
                case .bytes(let bytes): try await answers.write(.body(ByteBuffer(bytes: bytes)))
                case .stream(let stream):
                    for await chunk in stream { try await answers.write(.body(ByteBuffer(bytes: chunk))) }
                }
                try await answers.write(.end(nil))
            }
        }
    }
}
