// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
import LiveProgressHTTP
import NIOCore

/// What the routes know of a request beside the request.
struct ServerRequestContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    /// The client's end of the connection.
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    /// Where a request comes from, for the API.
    func caller(of head: HTTPRequest) -> ProgressCaller {
        ProgressCaller(address: remoteAddress?.ipAddress, isSecure: head.scheme == "https")
    }
}
