// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Dispatch
internal import FuzzSupport

/// Checks one input: a script of requests; see ``Script``.
public func checkInput(_ bytes: [UInt8]) {
    let script = Script(bytes)
    let isDone = DispatchSemaphore(value: 0)
    Task.detached {
        await perform(script)
        isDone.signal()
    }
    isDone.wait()
}

/// Performs the script, and releases the server at the end.
private func perform(_ script: Script) async {
    let server = Server()
    await server.setUp()
    for step in script.steps { await server.perform(step) }
    await server.end()
}
