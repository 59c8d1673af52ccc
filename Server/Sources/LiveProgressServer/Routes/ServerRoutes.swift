// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
import LiveProgress
import LiveProgressHTTP
import LiveProgressHummingbird
import LiveProgressNIO

/// All routes of the stand-alone server.
struct ServerRoutes {
    let hosting: ProgressHosting
    let metrics: ServerMetrics
    let policy: OriginPolicy
    let isSecure: Bool
    /// Who lets in; `nil` where nobody is asked.
    let authorizer: TokenAuthorizer?
    let isReady: @Sendable () -> Bool

    /// The router that serves them.
    func router() -> Router<ServerRequestContext> {
        let router = Router(context: ServerRequestContext.self, options: [.autoGenerateHeadEndpoints])
        router.addMiddleware {
            MetricsMiddleware(metrics: metrics)
            SafeAnswersMiddleware(isSecure: isSecure)
            TargetSizeMiddleware(
                limit: hosting.connections.limits.maximumTargetSize,
                refusals: hosting.api.configuration.limitRefusals
            )
            OriginMiddleware(policy: policy, proxies: hosting.api.configuration.trustedProxies, isSecure: isSecure)
            MethodsMiddleware()
        }
        router.addProgressRoutes(hosting.api)
        addPages(to: router)
        addOperations(to: router)
        if let authorizer { TicketRoute(api: hosting.api, authorizer: authorizer).add(to: router) }
        return router
    }

    private func addPages(to router: Router<ServerRequestContext>) {
        router.get("/") { _, _ in
            Response(ProgressPages.list, type: "text/html; charset=utf-8", fields: Self.pageFields)
        }
        router.get("/live-progress.js") { _, _ in
            Response(
                ProgressPages.element,
                type: "text/javascript; charset=utf-8",
                fields: SafeFields.embeddable
            )
        }
        router.get("/openapi.yaml") { _, _ in
            Response(PackageResources.openapi_yaml, type: "application/yaml")
        }
        router.get("/asyncapi.yaml") { _, _ in
            Response(PackageResources.asyncapi_yaml, type: "application/yaml")
        }
    }

    private func addOperations(to router: Router<ServerRequestContext>) {
        router.get("/healthz") { _, _ in Response("ok\n".utf8, type: "text/plain; charset=utf-8") }
        router.get("/readyz") { [isReady] _, _ in
            isReady()
                ? Response("ready\n".utf8, type: "text/plain; charset=utf-8")
                : Response("going away\n".utf8, type: "text/plain; charset=utf-8", status: .serviceUnavailable)
        }
        router.get("/metrics") { [hosting, metrics] request, context in
            let (api, registry) = (hosting.api, hosting.registry)
            if api.configuration.authorizer != nil,
                case .refused(let answer) = await api.admission(
                    of: request.head,
                    from: context.caller(of: request.head),
                    requiring: .admin
                )
            {
                return Response(answer)
            }
            var text = MetricsText()
            text.gauge("operations", "Operations that are kept.", api.service.operationCount)
            text.gauge("history_bytes", "Bytes of reports that are kept.", api.service.historyBytes)
            text.gauge("connections", "Open connections.", registry.count)
            text.gauge("websockets", "Watchers over WebSocket.", registry.upgradedCount)
            text.gauge("streams", "Watchers over HTTP: streams and long polls.", api.streamCount)
            metrics.write(to: &text)
            text.refusals(api.configuration.limitRefusals)
            return Response(text.text.utf8, type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    /// The fields of a page for people.
    static var pageFields: HTTPFields {
        [.contentSecurityPolicy: ProgressPages.contentSecurityPolicy, .cacheControl: "no-cache"]
    }

    /// The pages that the API shows to people.
    static let pages = HTMLPages(
        operation: { _ in HTMLPage(body: ProgressPages.operation, fields: pageFields) },
        list: { HTMLPage(body: ProgressPages.list, fields: pageFields) },
        // The operation's page asks for the operation itself, and tells what it hears in words for people.
        problem: { _ in HTMLPage(body: ProgressPages.operation, fields: pageFields) }
    )
}
