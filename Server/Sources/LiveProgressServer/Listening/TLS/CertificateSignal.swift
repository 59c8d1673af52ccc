// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Logging
import ServiceLifecycle
import UnixSignals

/// Looks at the certificate's files whenever the process gets SIGHUP.
struct CertificateSignal: Service {
    let certificates: Certificates
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            certificates.log(certificates.renew(again: true), logger)
        }
    }
}
