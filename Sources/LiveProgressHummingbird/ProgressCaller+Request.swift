// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    import HTTPTypes
    public import Hummingbird
    public import LiveProgressHTTP
    import LiveProgressNIO
    import NIOCore

    extension ProgressCaller {
        /// The connection whose request is being answered, where ``ProgressChildChannel`` serves it.
        @TaskLocal static var connected: ProgressCaller?

        /// Where a request comes from.
        ///
        /// That is what its connection tells, in an application served by ``HummingbirdCore/HTTPServerBuilder/progress(_:isSecure:)``;
        /// else what the context tells, where it is a `RemoteAddressRequestContext`.
        public init(_ request: Request, _ context: some RequestContext) {
            let address = (context as? any RemoteAddressRequestContext)?.remoteAddress?.ipAddress
            self = Self.connected ?? ProgressCaller(address: address, isSecure: request.head.scheme == "https")
        }
    }
#endif
