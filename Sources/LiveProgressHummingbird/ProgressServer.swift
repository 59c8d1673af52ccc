// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    public import LiveProgress
    public import LiveProgressHTTP
    public import LiveProgressNIO
    import LiveProgressPages
    @_spi(Server) import LiveProgressWire
    public import ServiceLifecycle

    /// Live progress in a Hummingbird application: the HTTP API, WebSockets, a page, and a graceful shutdown.
    ///
    /// ```swift
    /// let service = ProgressService()
    /// let progress = ProgressServer(service)
    /// let router = Router()
    /// router.addProgressRoutes(progress)
    /// let app = Application(router: router, server: .progress(progress), services: [progress])
    /// try await app.runService()
    /// ```
    /// When the application shuts down, streams end, long polls are answered, WebSockets are closed with 1001, and
    /// connections that have not ended after ``Configuration/shutdownTimeout`` are closed.
    public final class ProgressServer: Service {
        /// The service whose operations the server serves.
        public let service: ProgressService
        /// The configuration of the server.
        public let configuration: Configuration
        /// The hosting, which drives the server's connections.
        @_spi(Server) public let hosting: ProgressHosting
        private let departure = AsyncStream<Never>.makeStream()

        /// Creates a server for the operations of a service.
        ///
        /// - Parameters:
        ///   - service: The service.
        ///   - path: The path where the operations are mounted, such as `/internal/jobs`; `nil` uses the
        ///     configuration's path.
        ///   - configuration: The configuration of the server.
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
        @_spi(Server) public var api: ProgressAPI { hosting.api }

        /// Returns the path of an operation, for a link to the operation.
        public func path(of id: ProgressID) -> String {
            ProgressRoutes.path(for: id, under: api.configuration.path)
        }

        /// Returns a relative reference to an operation (RFC 3986 section 4.2), for a response of the application.
        ///
        /// The client resolves the reference against the URL of its request, so the reference is valid behind any path
        /// prefix of a proxy.
        ///
        /// - Parameters:
        ///   - id: The operation.
        ///   - path: The path of the current request, such as `/imports`.
        /// - Returns: A reference such as `./api/v1/progress/ID`.
        public func reference(to id: ProgressID, from path: String) -> String {
            let depth = path.utf8.prefix { $0 != UInt8(ascii: "?") }.count { $0 == UInt8(ascii: "/") } - 1
            let up = depth > 0 ? String(repeating: "../", count: depth) : "./"
            return up + self.path(of: id).dropFirst()
        }

        /// Starts the shutdown; a second call has no effect.
        ///
        /// Streams end, long polls are answered, WebSockets are closed with 1001, and new streams and upgrades are
        /// refused with a 503. The graceful shutdown of the application calls this function.
        public func beginShutdown() {
            hosting.beginShutdown()
            departure.continuation.finish()
        }

        /// Runs until the application shuts down; then ends the connections, so that no client delays the shutdown.
        public func run() async throws {
            await withTaskGroup(of: Void.self) { group in
                // The application's server shuts down before this service does, so its connections report the shutdown.
                group.addTask { [departure] in for await _ in departure.stream {} }
                group.addTask { try? await gracefulShutdown() }
                await group.next()
                group.cancelAll()
            }
            beginShutdown()
            await hosting.waitUntilEmpty(atMost: configuration.shutdownTimeout)
            // A service that returns before its own graceful shutdown counts as failed, so wait for the shutdown.
            try? await gracefulShutdown()
        }
    }

    extension ProgressServer: CustomStringConvertible {
        /// A short name, so that logs do not have the configuration.
        public var description: String { "live progress" }
    }
#endif
