// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
@_spi(Server) import LiveProgressClient
@_spi(Server) import LiveProgressWire

/// `live-progress get`: prints the current snapshot of an operation.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show an operation's current state.")

    @Argument(help: "The operation's URL or identifier.")
    var operation: String

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print the snapshot as JSON on one line.")
    var json = false

    func run() async throws {
        try await complaining {
            let target = try server.target(operation)
            let snapshot = try await server.client(of: target.server, link: operation).get(target.id)
            if json {
                Console.write(ProgressMessage.encodeSnapshot(snapshot) + [UInt8(ascii: "\n")])
            } else {
                Console.write(SnapshotText.full(snapshot, url: target.url))
            }
        }
    }
}
