// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Finds lines and progress in a command's output: bytes in, events out, however the bytes are cut into chunks.
///
/// What is kept is bounded: of a line that never ends, the first ``maximumLineLength`` bytes.
struct ProgressScanner: Sendable {
    /// What was found.
    enum Event: Sendable, Hashable {
        /// A line has ended.
        case line(OutputLine)
        /// The program told the terminal of its progress.
        case progress(TerminalProgress)
    }

    /// The bytes of a line that are looked at; the rest is read over.
    static let maximumLineLength = 4096

    private var decoder = TerminalDecoder()
    private var line: [UInt8] = []
    private var isRedrawn = false
    private var isBinary = false
    private var hasReturned = false

    /// Takes a chunk, and gives what it completed.
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

    /// Whether the byte ends nothing and begins nothing; most do, and are taken many at once.
    private func isPlain(_ byte: UInt8) -> Bool {
        if byte >= 0x20 { return true }
        guard isBinary else { return false }
        switch byte {
        case Byte.lineFeed, Byte.carriageReturn, Byte.escape, Byte.backspace: return false
        default: return true
        }
    }

    /// Says that no more will come, and gives the line that was begun.
    mutating func finish() -> [Event] {
        var events: [Event] = []
        endLine(redrawn: isRedrawn || hasReturned, into: &events)
        self = ProgressScanner()
        return events
    }

    /// The line that has been begun and not ended, as it stands now.
    ///
    /// Programs that go back before they draw (`curl` does) leave their newest figures here.
    var unfinishedLine: OutputLine? {
        guard !line.isEmpty, !isBinary else { return nil }
        return OutputLine(decoding: line, isRedrawn: isRedrawn || hasReturned)
    }

    private mutating func take(_ byte: UInt8, into events: inout [Event]) {
        switch decoder.take(byte) {
        case .nothing: break
        case .byte(let byte): takeText(byte, into: &events)
        case .redraw: isRedrawn = true
        case .returnToStart: takeText(Byte.carriageReturn, into: &events)
        case .command(let command):
            if let progress = TerminalProgress(command: command) { events.append(.progress(progress)) }
        }
    }

    private mutating func takeText(_ byte: UInt8, into events: inout [Event]) {
        if byte == Byte.lineFeed {
            // A carriage return just before is a part of the line's end.
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
        if !line.isEmpty, !isBinary,
            let line = OutputLine(decoding: line, isRedrawn: redrawn, isEnded: byLineFeed)
        {
            events.append(.line(line))
        }
        line.removeAll(keepingCapacity: true)
        isBinary = false
    }

    private mutating func removeLastCharacter() {
        while let last = line.popLast() {
            // Continuation bytes of UTF-8 go with the byte that leads them.
            if last & 0xC0 != 0x80 { break }
        }
    }
}
