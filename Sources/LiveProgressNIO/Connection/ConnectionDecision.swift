// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressHTTP
public import NIOCore
public import NIOHTTP1

/// What becomes of a request: the routes answer it, it is refused, or another protocol takes its connection over.
public enum ConnectionDecision {
    /// An ordinary request, or an upgrade that is somebody else's: the routes answer it.
    case http
    /// The connection leaves HTTP when the request has ended.
    case upgrade(Grant)
    /// The answer when the request has ended, behind which the connection closes; it has no stream.
    case refuse(ProgressResponse)
    /// It takes time to decide: once the request has ended, the closure is called, and the connection waits for what it
    /// tells, once, on the connection's event loop; another `later` counts as ``http``.
    case later(_ start: (_ decided: @escaping (ConnectionDecision) -> Void) -> Void)

    /// What the connection becomes.
    public struct Grant {
        /// The fields of the 101 answer.
        public let headers: HTTPHeaders
        /// Makes the handlers that drive the connection from then on; called on its event loop.
        public let makeHandlers: (any Channel) throws -> [any ChannelHandler]

        /// A grant that answers with the fields and hands the connection to the handlers.
        public init(headers: HTTPHeaders, makeHandlers: @escaping (any Channel) throws -> [any ChannelHandler]) {
            self.headers = headers
            self.makeHandlers = makeHandlers
        }
    }
}

/// What an accepted connection became.
public enum ConnectionOutcome<Path: Sendable>: Sendable {
    /// Requests are served by the HTTP path; a later one may still upgrade.
    case http(Path)
    /// Its handlers drive it alone.
    case upgraded
    /// It closed before the routes had a request, such as where it was refused an upgrade.
    case closed
}
