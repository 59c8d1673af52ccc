// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
@_spi(Server) import LiveProgressClient

/// `live-progress cancel`: asks an operation to stop.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ask an operation to stop.",
        discussion: "The worker decides when to stop; watch the operation to see its end."
    )

    @Argument(help: "The operation's URL or identifier.")
    var operation: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await complaining {
            let target = try server.target(operation)
            let snapshot = try await server.client(of: target.server, link: operation).cancel(target.id)
            Console.write("\(snapshot.status.rawValue)\n")
        }
    }
}
