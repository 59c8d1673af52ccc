// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgressCLI

@main
enum LiveProgressMain {
    static func main() async {
        CommandMonitor.runIfAsked()
        await LiveProgressCommand.main()
    }
}
