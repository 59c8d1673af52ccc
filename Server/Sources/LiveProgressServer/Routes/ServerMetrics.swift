// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
@_spi(Server) import LiveProgressHTTP
import NIOCore
import Synchronization

/// The counters of requests, reports, refusals and pauses since the server started.
final class ServerMetrics: Sendable {
    private let requests = Atomic<UInt64>(0)
    private let reports = Atomic<UInt64>(0)
    private let refusals = Atomic<UInt64>(0)
    private let pauses = Atomic<UInt64>(0)

    /// Counts one response; a successful POST, PUT or PATCH request also counts as a report.
    func count(_ method: HTTPRequest.Method, _ status: HTTPResponse.Status) {
        requests.wrappingAdd(1, ordering: .relaxed)
        if status.code >= 400 {
            refusals.wrappingAdd(1, ordering: .relaxed)
        } else if [.post, .put, .patch].contains(method) {
            reports.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// Counts one pause in accepting connections.
    func countPause() {
        pauses.wrappingAdd(1, ordering: .relaxed)
    }

    /// Writes the counters to a text.
    func write(to text: inout MetricsText) {
        text.counter("requests_total", "Answered requests.", requests.load(ordering: .relaxed))
        text.counter("reports_total", "Requests that changed something.", reports.load(ordering: .relaxed))
        text.counter("refused_total", "Refused requests.", refusals.load(ordering: .relaxed))
        text.counter(
            "accept_pauses_total",
            "Pauses in accepting connections, because no file descriptor was left.",
            pauses.load(ordering: .relaxed)
        )
    }
}

/// Counts the responses of the routes.
struct MetricsMiddleware<Context: RequestContext>: RouterMiddleware {
    let metrics: ServerMetrics

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        metrics.count(request.method, response.status)
        return response
    }
}
