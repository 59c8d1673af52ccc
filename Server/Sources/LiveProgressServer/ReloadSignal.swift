// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Logging
import ServiceLifecycle
import UnixSignals

/// Looks at the files of the certificate and of the keys whenever the process gets SIGHUP.
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
