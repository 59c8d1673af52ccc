// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
import LiveProgressHTTP
import NIOCore
import Synchronization

/// Counts what goes through the server since it started.
final class ServerMetrics: Sendable {
    private let requests = Atomic<UInt64>(0)
    private let reports = Atomic<UInt64>(0)
    private let refusals = Atomic<UInt64>(0)

    /// Counts one request by its answer: those that change something and succeed are reports.
    func count(_ method: HTTPRequest.Method, _ status: HTTPResponse.Status) {
        requests.wrappingAdd(1, ordering: .relaxed)
        if status.code >= 400 {
            refusals.wrappingAdd(1, ordering: .relaxed)
        } else if [.post, .put, .patch].contains(method) {
            reports.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// The counts and the given gauges in the text format of Prometheus, version 0.0.4.
    func text(operations: Int, webSockets: Int, streams: Int, connections: Int) -> String {
        Self.metric("operations", "gauge", "Operations that are kept.", UInt64(operations))
            + Self.metric("connections", "gauge", "Open connections.", UInt64(connections))
            + Self.metric("websockets", "gauge", "Watchers over WebSocket.", UInt64(webSockets))
            + Self.metric("streams", "gauge", "Watchers over HTTP: streams and long polls.", UInt64(streams))
            + Self.metric("requests_total", "counter", "Answered requests.", requests.load(ordering: .relaxed))
            + Self.metric(
                "reports_total",
                "counter",
                "Requests that changed something.",
                reports.load(ordering: .relaxed)
            )
            + Self.metric("refused_total", "counter", "Refused requests.", refusals.load(ordering: .relaxed))
    }

    private static func metric(_ name: String, _ type: String, _ help: String, _ value: UInt64) -> String {
        """
        # HELP live_progress_\(name) \(help)
        # TYPE live_progress_\(name) \(type)
        live_progress_\(name) \(value)

        """
    }
}

/// Counts the answers that pass.
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
