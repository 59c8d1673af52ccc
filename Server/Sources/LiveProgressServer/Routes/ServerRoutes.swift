// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
import LiveProgress
import LiveProgressCluster
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird
@_spi(Server) import LiveProgressNIO
@_spi(Server) import LiveProgressPages

/// All routes of the stand-alone server.
struct ServerRoutes {
    let progress: ProgressServer
    let metrics: ServerMetrics
    /// The authorizer that checks tokens, or `nil` if no keys are configured.
    let authorizer: TokenAuthorizer?
    /// The other servers that share the operations; `nil` without a backplane.
    let cluster: ProgressCluster?
    let isReady: @Sendable () -> Bool

    /// Returns the router with all routes.
    func router() -> Router<ServerRequestContext> {
        let router = Router(context: ServerRequestContext.self, options: [.autoGenerateHeadEndpoints])
        router.addMiddleware {
            MetricsMiddleware(metrics: metrics)
            SafeAnswersMiddleware(api: progress.api)
            TargetSizeMiddleware(
                limit: progress.configuration.limits.connections.maximumTargetSize,
                refusals: progress.api.configuration.limitRefusals
            )
            OriginMiddleware(api: progress.api)
            MethodsMiddleware()
        }
        router.addProgressRoutes(progress)
        addPages(to: router)
        addOperations(to: router)
        if let authorizer { TicketRoute(api: progress.api, authorizer: authorizer).add(to: router) }
        return router
    }

    private func addPages(to router: Router<ServerRequestContext>) {
        let pages = HTMLPages.standard(at: progress.configuration.path)
        router.get("/") { _, _ in
            let page = pages.list()
            return Response(page.body, type: "text/html; charset=utf-8", fields: page.fields)
        }
        router.get("/live-progress.js") { _, _ in
            Response(
                ProgressPages.module,
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
        router.get("/readyz") { [isReady, cluster, service = progress.api.service] _, _ in
            guard isReady() else {
                return Response("going away\n".utf8, type: "text/plain; charset=utf-8", status: .serviceUnavailable)
            }
            // A server whose store fails still serves reports and watchers, so it stays ready.
            let store = service.storeStatus?.text ?? ""
            let nodes = cluster.map { "nodes: \($0.figures.nodes)\n" } ?? ""
            return Response("ready\n\(store)\(nodes)".utf8, type: "text/plain; charset=utf-8")
        }
        router.get("/metrics") { [progress, metrics, cluster] request, context in
            let (api, registry) = (progress.api, progress.hosting.registry)
            if api.configuration.authorizer != nil,
                case .refused(let answer) = await api.admission(
                    of: request.head,
                    from: ProgressCaller(request, context),
                    requiring: .admin
                )
            {
                return Response(answer)
            }
            var text = MetricsText()
            text.gauge("operations", "Stored operations.", api.service.operationCount)
            text.gauge("history_bytes", "Bytes of stored reports.", api.service.historyBytes)
            text.gauge("connections", "Open connections.", registry.count)
            text.gauge("websockets", "Watchers over WebSocket.", registry.upgradedCount)
            text.gauge("streams", "Watchers over HTTP: streams and long polls.", api.streamCount)
            if let status = api.service.storeStatus { text.write(status) }
            if let cluster { text.write(cluster.figures) }
            metrics.write(to: &text)
            text.refusals(api.configuration.limitRefusals)
            return Response(text.text.utf8, type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}
