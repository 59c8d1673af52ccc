// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    public import LiveProgress
    public import LiveProgressHTTP
    public import LiveProgressNIO
    import LiveProgressPages
    import LiveProgressWire
    public import ServiceLifecycle

    /// Live progress in a Hummingbird application: its HTTP API, its WebSockets, its page, and the leave that it takes.
    ///
    /// ```swift
    /// let service = ProgressService()
    /// let progress = ProgressServer(service)
    /// let router = Router()
    /// router.addProgressRoutes(progress)
    /// let app = Application(router: router, server: .progress(progress), services: [progress])
    /// try await app.runService()
    /// ```
    /// When the application goes away, streams end, long polls are answered, WebSockets are closed with 1001, and
    /// connections that have not ended after ``Configuration/shutdownTimeout`` are closed.
    public final class ProgressServer: Service {
        /// The operations that it shows.
        public let service: ProgressService
        /// How it serves them.
        public let configuration: Configuration
        /// What drives its connections.
        public let hosting: ProgressHosting
        private let departure = AsyncStream<Never>.makeStream()

        /// A server of a service's operations.
        ///
        /// - Parameters:
        ///   - service: The operations.
        ///   - path: Where they are mounted, such as `/internal/jobs`; `nil` leaves it to the configuration.
        ///   - configuration: How they are served.
        public init(
            _ service: ProgressService,
            at path: String? = nil,
            configuration: Configuration = Configuration()
        ) {
            var configuration = configuration
            if let path { configuration.path = path }
            if configuration.showsPages, configuration.api.pages == nil {
                configuration.api.pages = .standard(at: configuration.path)
            }
            self.service = service
            self.configuration = configuration
            hosting = ProgressHosting(
                api: ProgressAPI(service: service, configuration: configuration.api),
                heartbeat: configuration.heartbeat,
                writePath: configuration.writePath,
                compression: configuration.compression,
                onRefusal: configuration.onRefusal
            )
        }

        /// The HTTP API.
        public var api: ProgressAPI { hosting.api }

        /// The path of an operation, for a link to it.
        public func path(of id: ProgressID) -> String {
            ProgressRoutes.path(for: id, under: api.configuration.path)
        }

        /// An operation as a relative reference (RFC 3986 section 4.2), for an answer of a route of the application's own.
        ///
        /// The client resolves it against the URL that it asked for, so that it is right behind every prefix that a proxy
        /// takes away.
        ///
        /// - Parameters:
        ///   - id: The operation.
        ///   - path: The path of the request that is answered, such as `/imports`.
        /// - Returns: Such as `./api/v1/progress/ID`.
        public func reference(to id: ProgressID, from path: String) -> String {
            let depth = path.utf8.prefix { $0 != UInt8(ascii: "?") }.count { $0 == UInt8(ascii: "/") } - 1
            let up = depth > 0 ? String(repeating: "../", count: depth) : "./"
            return up + self.path(of: id).dropFirst()
        }

        /// Begins to go away; called again, and by an application that goes away by itself, it changes nothing.
        ///
        /// Streams end, long polls are answered, WebSockets are closed with 1001, and newcomers are told to come back.
        public func leave() {
            hosting.leave()
            departure.continuation.finish()
        }

        /// Returns when the application has gone away; until then, sees to it that no client holds that up.
        public func run() async throws {
            await withTaskGroup(of: Void.self) { group in
                // The application's server goes away before the services beside it are told; its connections tell of it.
                group.addTask { [departure] in for await _ in departure.stream {} }
                group.addTask { try? await gracefulShutdown() }
                await group.next()
                group.cancelAll()
            }
            leave()
            await hosting.waitUntilEmpty(atMost: configuration.shutdownTimeout)
            // Whoever returns before its turn is taken for broken; who is cancelled has had it.
            try? await gracefulShutdown()
        }
    }

    extension ProgressServer: CustomStringConvertible {
        /// A name: a log that tells of the service is not the place for its configuration.
        public var description: String { "live progress" }
    }
#endif
