// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The pipes between the command's outputs and ours.
///
/// Where both of our outputs lead to the same place, both of the command's go through one pipe: what it writes keeps
/// its order.
struct OutputLayout: Sendable {
    /// What the command gets as its standard output and standard error.
    let output: Int32
    let error: Int32
    /// The pumps that empty the pipes.
    let pumps: [OutputPump]
    private let stopEnd: Int32
    private let stopSource: Int32

    /// Makes the pipes.
    ///
    /// - Parameters:
    ///   - outputTarget: Our standard output.
    ///   - errorTarget: Our standard error.
    /// - Throws: ``SystemError`` where there are no descriptors left.
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

    /// Closes our copies of the command's ends, so that the pumps see the end when the command's are closed.
    func closeCommandEnds() {
        close(output)
        if error != output { close(error) }
    }

    /// Tells the pumps to stop once the pipes are empty.
    func stop() {
        var byte: UInt8 = 0
        _ = write(stopEnd, &byte, 1)
    }

    /// Closes what is left, once the pumps have ended.
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
