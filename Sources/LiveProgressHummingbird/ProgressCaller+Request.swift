// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    import HTTPTypes
    public import Hummingbird
    public import LiveProgressHTTP
    import LiveProgressNIO
    import NIOCore

    extension ProgressCaller {
        /// The caller of the current connection, if ``ProgressChildChannel`` serves the connection.
        @TaskLocal static var connected: ProgressCaller?

        /// Creates the caller of a request.
        ///
        /// In an application served by ``HummingbirdCore/HTTPServerBuilder/progress(_:isSecure:)``, the connection
        /// reports the caller. Otherwise the context reports the address, if the context is a
        /// `RemoteAddressRequestContext`.
        @_spi(Server) public init(_ request: Request, _ context: some RequestContext) {
            let address = (context as? any RemoteAddressRequestContext)?.remoteAddress?.ipAddress
            self = Self.connected ?? ProgressCaller(address: address, isSecure: request.head.scheme == "https")
        }
    }
#endif
