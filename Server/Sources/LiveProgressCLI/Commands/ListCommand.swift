// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
@_spi(Server) import LiveProgressClient
@_spi(Server) import LiveProgressWire

/// `live-progress list`: lists the operations of a server.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List a server's operations, the newest first."
    )

    /// The maximum number of operations in one request.
    private static let pageSize = 100

    @OptionGroup var server: ServerOptions

    @Option(
        help: ArgumentHelp("Only operations with this status; may be repeated.", valueName: "status"),
        completion: .list(ProgressStatus.allCases.map(\.rawValue)),
        transform: ArgumentValues.status
    )
    var status: [ProgressStatus] = []

    @Option(help: ArgumentHelp("Only operations with this label; may be repeated.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Option(
        help: ArgumentHelp("Only operations with this parent.", valueName: "id"),
        transform: ArgumentValues.id
    )
    var parent: ProgressID?

    @Option(help: ArgumentHelp("The maximum number of operations to list.", valueName: "count"))
    var limit = 100

    @Flag(help: "Print each operation as JSON, one per line.")
    var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
    }

    func run() async throws {
        try await complaining {
            let snapshots = try await snapshots(of: server.client())
            if json {
                for snapshot in snapshots {
                    Console.write(ProgressMessage.encodeSnapshot(snapshot) + [UInt8(ascii: "\n")])
                }
            } else if snapshots.isEmpty {
                Console.write("no operations\n", to: .error)
            } else {
                Console.write(SnapshotText.table(snapshots))
            }
        }
    }

    private func snapshots(of client: ProgressClient) async throws(ProgressClientError) -> [ProgressSnapshot] {
        var query = ProgressQuery(statuses: Set(status), labels: LabelArgument.dictionary(label), parent: parent)
        var snapshots: [ProgressSnapshot] = []
        repeat {
            query.limit = min(limit - snapshots.count, Self.pageSize)
            let page = try await client.list(query)
            snapshots += page.snapshots
            query.pageToken = page.nextPageToken
        } while query.pageToken != nil && snapshots.count < limit
        return Array(snapshots.prefix(limit))
    }
}
