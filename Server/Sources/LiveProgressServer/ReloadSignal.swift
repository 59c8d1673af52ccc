// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the certificate files and the key files again on each SIGHUP.
struct ReloadSignal: Service {
    let certificates: Certificates?
    let authorizer: TokenAuthorizer?
    let files: KeyFiles
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            if let certificates { certificates.log(certificates.renew(again: true), logger) }
            if let authorizer { files.renew(authorizer) }
        }
    }
}
