// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgressHTTP
package import NIOCore
package import NIOHTTP1

/// The decision about a request: the routes answer it, it is refused, or another protocol takes over its connection.
package enum ConnectionDecision {
    /// The routes answer: the request is an ordinary one, or an upgrade that the API does not handle.
    case http
    /// The connection switches to another protocol when the request has ended.
    case upgrade(Upgrade)
    /// The response to send when the request has ended; the connection then closes. The response has no stream.
    case refuse(ProgressResponse)
    /// The decision takes time. When the request has ended, the connection calls the closure and waits for the decision.
    ///
    /// The closure must call `decided` once, on the connection's event loop. Another `later` counts as ``http``.
    case later(_ start: (_ decided: @escaping (ConnectionDecision) -> Void) -> Void)

    /// The response and the handlers of the new protocol.
    package struct Upgrade {
        /// The header fields of the 101 response.
        package let headers: HTTPHeaders
        /// Makes the handlers that drive the connection from then on; called on the connection's event loop.
        package let makeHandlers: (any Channel) throws -> [any ChannelHandler]

        /// Creates a grant with the header fields of the response and the handlers of the new protocol.
        package init(headers: HTTPHeaders, makeHandlers: @escaping (any Channel) throws -> [any ChannelHandler]) {
            self.headers = headers
            self.makeHandlers = makeHandlers
        }
    }
}

/// What an accepted connection became.
public enum ConnectionOutcome<HTTPConnection: Sendable>: Sendable {
    /// The HTTP path serves the requests; a later request may still upgrade the connection.
    case http(HTTPConnection)
    /// The granted handlers drive the connection alone.
    case upgraded
    /// The connection closed before the routes received a request, for example after a refused upgrade.
    case closed
}
