// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One request over its own connection: connect, send, read the response, close.
struct HTTPExchange: Sendable {
    let server: ProgressServerAddress
    let configuration: ProgressClient.Configuration
    let group: any EventLoopGroup

    /// Sends a call, and returns the response with any status.
    func send(_ call: HTTPCall) async throws(ProgressClientError) -> HTTPAnswer {
        let fields = try await configuration.authorized().allHeaders
        let eventLoop = group.next()
        let promise = eventLoop.makePromise(of: HTTPAnswer.self)
        let (head, body) = (head(of: call, fields), call.body ?? [])
        let (limit, timeout) = (configuration.maximumAnswerSize, TimeAmount(configuration.requestTimeout))
        let connector = ServerConnector(server: server, configuration: configuration)
        let explain = { @Sendable (error: any Error) in connector.error(error) { HTTPAnswerHandler.broken($0) } }
        let connecting = connector.connect(on: eventLoop) { channel in
            let handler = HTTPAnswerHandler(
                head: head,
                body: body,
                limit: limit,
                timeout: timeout,
                explain: explain,
                promise: promise
            )
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        connecting.whenFailure { error in
            promise.fail(connector.error(error) { Self.unreachable(connector.server, $0) })
        }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(ProgressClientError(.cancelled, "The call was cancelled."))
                connecting.whenSuccess { $0.close(promise: nil) }
            }
        } catch {
            throw error as? ProgressClientError ?? ProgressClientError(.disconnected, "The call failed (\(error)).")
        }
    }

    private func head(of call: HTTPCall, _ fields: [(name: String, value: String)]) -> HTTPRequestHead {
        var headers = HTTPHeaders([("Host", server.authority), ("Connection", "close")])
        if let body = call.body {
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: String(body.count))
        } else if call.method == .POST || call.method == .PUT || call.method == .PATCH {
            headers.add(name: "Content-Length", value: "0")
        }
        if !call.headers.contains(where: { $0.name.lowercased() == "accept" }) {
            headers.add(name: "Accept", value: "application/json")
        }
        for (name, value) in fields + call.headers {
            headers.replaceOrAdd(name: name, value: value)
        }
        return HTTPRequestHead(version: .http1_1, method: call.method, uri: server.prefix + call.path, headers: headers)
    }

    /// Returns the error for an address to which no connection could be made.
    static func unreachable(_ server: ProgressServerAddress, _ error: any Error) -> ProgressClientError {
        let why =
            switch error {
            case let error as NIOConnectionError:
                error.connectionErrors.first.map { Self.text(of: $0.error) }
                    ?? "the name \(error.host) has no address"
            case let error as ChannelError where error.isConnectTimeout: "connecting took too long"
            default: text(of: error)
            }
        return ProgressClientError(.unreachable, "\(server) cannot be reached: \(why).")
    }

    /// Returns the system's message for an error, if the error is a system error.
    private static func text(of error: any Error) -> String {
        guard let error = error as? IOError, let text = strerror(error.errnoCode) else {
            return String(describing: error)
        }
        return String(cString: text)
    }
}

extension ChannelError {
    fileprivate var isConnectTimeout: Bool {
        if case .connectTimeout = self { true } else { false }
    }
}
