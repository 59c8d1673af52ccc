// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgress

@_spi(Server) @testable internal import LiveProgressClient
@_spi(Server) @testable internal import LiveProgressHTTP
@_spi(Server) @testable internal import LiveProgressWire

/// Checks that the server reads the same query again after the client has written it.
func checkQuery(_ text: String) {
    guard let query = readQuery("/?\(text)") else { return }
    expect((1...1000).contains(query.limit), "a limit of \(query.limit)")
    let written = ListParameters.query(of: query)
    guard let again = readQuery(written) else { fail("the server does not take \(written)") }
    expectEqual(query, again, "a query")
}

private func readQuery(_ target: String) -> ProgressQuery? {
    guard let parameters = try? QueryParameters(RequestTarget(target), known: ProgressQuery.parameters) else {
        return nil
    }
    return try? ProgressQuery(parameters, maximumLimit: 1000)
}

/// Checks that a path and the canonical path of its resource name the same resource.
func checkRoute(_ text: String) {
    let target = RequestTarget(text)
    expect(!target.path.contains("?") && !target.path.contains("#"), "a path with more behind it: \(target.path)")
    let route = ProgressRoutes.route(ofPath: target.path)
    switch route {
    case .collection: expectEqual(Route(path: target.path), .collection, "the list")
    case .operation(let id):
        expectEqual(Route(path: target.path), .operation(id), "an operation")
        expectEqual(route, ProgressRoutes.route(ofPath: ProgressRoutes.path(for: id)), "an operation's own path")
    case .cancellation(let id):
        expectEqual(Route(path: target.path), .cancel(id), "a cancellation")
        expectEqual(route, ProgressRoutes.route(ofPath: ProgressRoutes.cancelPath(for: id)), "its own path")
    case .answer(let id):
        expectEqual(Route(path: target.path), .answer(id), "an answer")
        expectEqual(route, ProgressRoutes.route(ofPath: ProgressRoutes.answerPath(for: id)), "its own path")
    case nil:
        switch Route(path: target.path) {
        case nil, .operation(nil), .cancel(nil), .answer(nil): break
        case .some(let route): fail("only the server sees \(route) in \(text)")
        }
    }
}

/// Checks that the client's URL of an operation or of a server names the same operation or server again.
func checkURL(_ text: String) {
    if let server = try? ProgressServerAddress(text) {
        expect((1...65535).contains(server.port) && !server.host.isEmpty, "no server: \(server)")
        expectEqual(server, try? ProgressServerAddress(server.url), "a server's URL")
    }
    if let target = try? ProgressTarget(text, server: "http://127.0.0.1:8080") {
        expectEqual(target, try? ProgressTarget(url: target.url), "an operation's URL")
    }
}
