// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The pipes between the outputs of the command and the outputs of this process.
///
/// If standard output and standard error of this process are the same file, both outputs of the command use one pipe, so
/// that the written bytes keep their order.
struct OutputLayout: Sendable {
    /// The descriptors for the command's standard output and standard error.
    let output: Int32
    let error: Int32
    /// The pumps that read from the pipes.
    let pumps: [OutputPump]
    private let stopEnd: Int32
    private let stopSource: Int32

    /// Creates the pipes.
    ///
    /// - Parameters:
    ///   - outputTarget: The standard output of this process.
    ///   - errorTarget: The standard error of this process.
    /// - Throws: ``SystemError`` if no descriptors are left.
    init(outputTarget: Int32, errorTarget: Int32) throws(SystemError) {
        (stopSource, stopEnd) = try DescriptorPipe.make()
        let first = try DescriptorPipe.make()
        output = first.writeEnd
        let outputPump = OutputPump(source: first.readEnd, target: outputTarget, stop: stopSource)
        if Self.isSamePlace(outputTarget, errorTarget) {
            error = first.writeEnd
            pumps = [outputPump]
        } else {
            let second = try DescriptorPipe.make()
            error = second.writeEnd
            pumps = [outputPump, OutputPump(source: second.readEnd, target: errorTarget, stop: stopSource)]
        }
    }

    /// Closes this process's copies of the write ends, so that a pump ends when the command closes its copies.
    func closeCommandEnds() {
        close(output)
        if error != output { close(error) }
    }

    /// Makes the pumps stop when the pipes are empty.
    func stop() {
        var byte: UInt8 = 0
        _ = write(stopEnd, &byte, 1)
    }

    /// Closes the remaining descriptors; call it after the pumps have ended.
    func closeRest() {
        close(stopEnd)
        close(stopSource)
    }

    private static func isSamePlace(_ one: Int32, _ other: Int32) -> Bool {
        var first = stat()
        var second = stat()
        guard fstat(one, &first) == 0, fstat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}
