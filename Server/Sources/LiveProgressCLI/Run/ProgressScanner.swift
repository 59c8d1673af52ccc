// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Finds lines and progress in a command's output: bytes in, events out, independent of the division into chunks.
///
/// Memory is bounded: of a long line, the scanner keeps the first ``maximumLineLength`` bytes.
struct ProgressScanner: Sendable {
    /// A result of scanning.
    enum Event: Sendable, Hashable {
        /// A line has ended.
        case line(OutputLine)
        /// The program sent its progress to the terminal (OSC 9;4).
        case progress(TerminalProgress)
        /// The program reported its status (OSC 7501).
        case status(ProgramStatus)
        /// The program reset the terminal, which removes all statuses.
        case reset
        /// A shell shows its prompt (OSC 133;A), so that the programs before it have ended.
        case prompt
    }

    /// The number of bytes of a line that are scanned; the rest is skipped.
    static let maximumLineLength = 4096

    private var decoder = TerminalDecoder()
    private var line: [UInt8] = []
    private var isRedrawn = false
    private var isBinary = false
    private var hasReturned = false
    /// Whether a full-screen program shows its own screen, whose lines are no progress.
    private var isFullScreen = false

    /// Scans a chunk, and returns the events that the chunk completes.
    mutating func take(_ bytes: some RandomAccessCollection<UInt8>) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while let byte = rest.first {
            let run = decoder.isInText && !hasReturned ? rest.prefix(while: isPlain) : rest.prefix(0)
            if run.isEmpty {
                take(byte, into: &events)
                rest = rest.dropFirst()
            } else {
                if !isBinary { line.append(contentsOf: run.prefix(Self.maximumLineLength - line.count)) }
                rest = rest.dropFirst(run.count)
            }
        }
        return events
    }

    /// Returns whether the byte is plain text of a line; runs of plain bytes are scanned together.
    private func isPlain(_ byte: UInt8) -> Bool {
        if byte >= 0x20 { return true }
        guard isBinary else { return false }
        switch byte {
        case Byte.lineFeed, Byte.carriageReturn, Byte.escape, Byte.backspace: return false
        default: return true
        }
    }

    /// Forgets the unfinished line and sequence, because bytes after them were left out.
    ///
    /// - Parameter screen: The last switch in these bytes: whether to the alternate screen; `nil` without one.
    mutating func skipLine(to screen: Bool?) {
        let isFullScreen = screen ?? isFullScreen
        self = ProgressScanner()
        self.isFullScreen = isFullScreen
    }

    /// Ends the output, and returns the unfinished line as an event.
    mutating func finish() -> [Event] {
        var events: [Event] = []
        endLine(redrawn: isRedrawn || hasReturned, into: &events)
        self = ProgressScanner()
        return events
    }

    /// The current unfinished line.
    ///
    /// Programs that write the carriage return before the line, such as `curl`, have their newest figures here.
    var unfinishedLine: OutputLine? {
        guard !line.isEmpty, !isBinary, !isFullScreen else { return nil }
        return OutputLine(decoding: line, isRedrawn: isRedrawn || hasReturned)
    }

    private mutating func take(_ byte: UInt8, into events: inout [Event]) {
        switch decoder.take(byte) {
        case .nothing: break
        case .byte(let byte): takeText(byte, into: &events)
        case .redraw: isRedrawn = true
        case .reset: events.append(.reset)
        case .screen(let isAlternate):
            endLine(redrawn: isRedrawn, into: &events)
            isFullScreen = isAlternate
        case .returnToStart: takeText(Byte.carriageReturn, into: &events)
        case .command(let command):
            if let progress = TerminalProgress(command: command) {
                events.append(.progress(progress))
            } else if let status = ProgramStatus(command: command) {
                events.append(.status(status))
            } else if command.starts(with: "133;A".utf8) {
                events.append(.prompt)
            }
        }
    }

    private mutating func takeText(_ byte: UInt8, into events: inout [Event]) {
        if byte == Byte.lineFeed {
            // A carriage return immediately before the line feed is part of the line end.
            endLine(redrawn: isRedrawn, byLineFeed: true, into: &events)
            isRedrawn = false
            hasReturned = false
            return
        }
        if hasReturned {
            endLine(redrawn: true, into: &events)
            isRedrawn = true
            hasReturned = false
        }
        switch byte {
        case Byte.carriageReturn:
            hasReturned = true
        case Byte.backspace:
            isRedrawn = true
            removeLastCharacter()
        case 0x20..., Byte.tab:
            if line.count < Self.maximumLineLength { line.append(byte) }
        case Byte.bell, 0x0B, 0x0C:
            break
        default:
            isBinary = true
        }
    }

    private mutating func endLine(redrawn: Bool, byLineFeed: Bool = false, into events: inout [Event]) {
        if !line.isEmpty, !isBinary, !isFullScreen,
            let line = OutputLine(decoding: line, isRedrawn: redrawn, isEnded: byLineFeed)
        {
            events.append(.line(line))
        }
        line.removeAll(keepingCapacity: true)
        isBinary = false
    }

    private mutating func removeLastCharacter() {
        while let last = line.popLast() {
            // Remove the UTF-8 continuation bytes together with their lead byte.
            if last & 0xC0 != 0x80 { break }
        }
    }
}
