// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The connections between the outputs of the command and the outputs of this process.
///
/// An output that is a terminal is connected by the command's own terminal, another one by a pipe. If standard output and
/// standard error of this process are the same file, both outputs of the command use one connection, so that the written
/// bytes keep their order.
struct OutputLayout: Sendable {
    /// The command's standard descriptors.
    let descriptors: StandardDescriptors
    /// The pumps that copy the outputs.
    let pumps: [OutputPump]
    /// The command's ends of the pipes.
    private let commandEnds: [Int32]
    private let stopEnd: Int32
    private let stopSource: Int32

    /// Creates the connections.
    ///
    /// - Parameters:
    ///   - outputTarget: The standard output of this process.
    ///   - errorTarget: The standard error of this process.
    ///   - terminal: The command's own terminal; `nil` if no output is a terminal.
    /// - Throws: ``SystemError`` if no descriptors are left.
    init(outputTarget: Int32, errorTarget: Int32, terminal: TerminalRelay? = nil) throws(SystemError) {
        let (stopSource, stopEnd) = try DescriptorPipe.make()
        var pumps: [OutputPump] = []
        var commandEnds: [Int32] = []
        func connect(_ target: Int32) throws(SystemError) -> Int32 {
            if let terminal, isatty(target) == 1 {
                let leader = fcntl(terminal.pseudo.leader, F_DUPFD_CLOEXEC, 3)
                pumps.append(OutputPump(source: leader, target: target, stop: stopSource, terminal: terminal))
                return terminal.pseudo.follower
            }
            let pipe = try DescriptorPipe.make()
            pumps.append(OutputPump(source: pipe.readEnd, target: target, stop: stopSource))
            commandEnds.append(pipe.writeEnd)
            return pipe.writeEnd
        }
        let areBothTerminals = terminal != nil && isatty(outputTarget) == 1 && isatty(errorTarget) == 1
        let output = try connect(outputTarget)
        let isOne = areBothTerminals || Self.isSamePlace(outputTarget, errorTarget)
        let error = isOne ? output : try connect(errorTarget)
        let input = terminal?.user.hasKeys == true ? terminal?.pseudo.follower : nil
        descriptors = StandardDescriptors(input: input, output: output, error: error)
        if let terminal { commandEnds.append(terminal.pseudo.follower) }
        (self.stopSource, self.stopEnd) = (stopSource, stopEnd)
        self.pumps = pumps
        self.commandEnds = commandEnds
    }

    /// Closes this process's copies of the command's ends, so that a pump ends when the command closes its copies.
    func closeCommandEnds() {
        for end in commandEnds { close(end) }
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
