// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    import LiveProgress

    extension ProgressProblem {
        /// An upgrade that could be granted has reached the routes: its connection cannot leave HTTP.
        static let noUpgradeHere = ProgressProblem(
            .noUpgradeHere,
            "Open a new connection for the WebSocket, and send nothing else before the upgrade's answer."
        )
    }
#endif
