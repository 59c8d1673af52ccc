// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    import LiveProgress

    extension ProgressProblem {
        /// The problem of a valid upgrade request that has reached the routes, where an upgrade is not possible.
        static let noUpgradeHere = ProgressProblem(
            .noUpgradeHere,
            "Open a new connection for the WebSocket, and send nothing else before the response to the upgrade."
        )
    }
#endif
