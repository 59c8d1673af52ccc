// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
package import LiveProgress
import LiveProgressSQLite
package import Logging

extension ServerConfiguration {
    /// Returns the service of the server, with the operations of its store.
    ///
    /// - Parameter logger: Receives one message when the store begins to fail, and one when it works again.
    /// - Returns: The service.
    /// - Throws: `ProgressStoreError` if the store cannot be opened.
    package func openService(logger: Logger) async throws -> ProgressService {
        guard let path = store.path else { return ProgressService(configuration: service) }
        try store.createFolder()
        var configuration = service
        configuration.onStoreStatus = { status in
            if let failure = status.failure {
                logger.error(
                    "The store (\(status.store)) fails: \(failure). Reports stay in memory until it works again."
                )
            } else {
                logger.notice("The store (\(status.store)) works again.")
            }
        }
        return try await ProgressService(configuration: configuration, store: SQLiteStore(path: path))
    }
}

extension ProgressStoreStatus {
    /// The text for the operator: whether the store works, and else why not.
    var text: String {
        guard let failure else { return "store: \(store)\n" }
        let since = failingSince.map { " since \($0.formatted(.iso8601))" } ?? ""
        return "store: \(store): fails\(since): \(failure)\nReports stay in memory until the store works again.\n"
    }
}
