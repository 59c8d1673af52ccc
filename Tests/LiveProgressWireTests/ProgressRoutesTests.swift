// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Testing

@Suite("The routes of the API")
struct ProgressRoutesTests {
    private static let id = ProgressID("a-1")

    @Test(
        "Each path of the API gives its route",
        arguments: [
            ("/api/v1/progress", .collection), ("/api/v1/progress/", .collection),
            ("/api/v1/progress?status=running", .collection), ("/api/v1/progress/a-1", .operation(id)),
            ("/api/v1/progress/a-1/", .operation(id)), ("/api/v1/progress/a-1?cursor=k3f9-42", .operation(id)),
            ("/api/v1/progress/%61-1", .operation(id)), ("/api/v1/progress/a%3Ab", .operation(ProgressID("a:b"))),
            ("/api/v1/progress/cancel", .operation(ProgressID("cancel"))),
            ("/api/v1/progress/a-1/cancel", .cancellation(id)), ("/api/v1/progress/a-1/cancel?x", .cancellation(id)),
        ] as [(String, ProgressRoute)]
    )
    func recognises(_ path: String, _ route: ProgressRoute) {
        #expect(ProgressRoutes.route(ofPath: path) == route)
    }

    @Test(
        "Any other path gives no route",
        arguments: [
            "", "/", "/api/v1", "/api/v1/progressive", "/api/v1/progress//", "/api/v1/progress//cancel",
            "/api/v1/progress/a/b", "/api/v1/progress/a/cancel/b", "/api/v1/progress/a%2Fb", "/api/v1/progress/a b",
            "/api/v1/progress/..", "/api/v1/progress/%2e%2E", "/api/v1/progress/%FF", "/api/v1/progress/a%",
            "/api/v1/progress/é", "/API/v1/progress", "x/api/v1/progress",
        ]
    )
    func passesOver(_ path: String) {
        #expect(ProgressRoutes.route(ofPath: path) == nil)
    }

    @Test("The path of a route gives the same route again")
    func roundTrip() throws {
        let id = ProgressID("A-z.0_~:@")
        #expect(ProgressRoutes.path(for: id) == "/api/v1/progress/A-z.0_~:@")
        #expect(ProgressRoutes.route(ofPath: ProgressRoutes.path(for: id)) == .operation(id))
        #expect(ProgressRoutes.route(ofPath: ProgressRoutes.cancelPath(for: id)) == .cancellation(id))
    }
}
