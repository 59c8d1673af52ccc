// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
import LiveProgress
import LiveProgressHummingbird

@main
struct App {
    static func main() async throws {
        let sessions = Sessions()
        let service = ProgressService()
        var configuration = ProgressServer.Configuration()
        configuration.authorizer = SessionAuthorizer(sessions: sessions)
        let path = Environment().get("PROGRESS_PATH")  // nil selects /api/v1/progress
        let progress = ProgressServer(service, at: path, configuration: configuration)

        let router = Router()
        router.addProgressRoutes(progress)
        // A placeholder for the application's own login.
        router.post("login/:user") { _, context in
            let cookie = sessions.begin(for: try context.parameters.require("user"))
            return Response(status: .noContent, headers: [.setCookie: "\(cookie); Path=/; HttpOnly; SameSite=Lax"])
        }
        router.post("imports") { request, _ in
            guard let user = sessions.user(of: request.headers[.cookie]) else { throw HTTPError(.unauthorized) }
            let job = try service.start("Import customers", labels: ["user": user]) { tracker in
                tracker.setCounts(total: 600, unit: "rows")
                for _ in 0..<600 {
                    try await Task.sleep(for: .milliseconds(50))  // the work; it throws when a watcher cancels
                    tracker.advance()
                }
            }
            let link = progress.reference(to: job.id, from: request.uri.path)
            return Response(status: .accepted, headers: [.location: link])
        }

        let port = Environment().get("PORT", as: Int.self) ?? 8080
        let app = Application(
            router: router,
            server: .progress(progress),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            services: [progress]
        )
        try await app.runService()
    }
}
