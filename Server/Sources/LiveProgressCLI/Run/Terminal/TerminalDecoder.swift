// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Decodes a terminal's escape sequences byte by byte, without keeping the screen.
///
/// The states are those of ECMA-48: text, escape sequences, control sequences (`ESC [`), and strings (`ESC ]` and others).
struct TerminalDecoder: Sendable {
    /// The effect of one byte.
    enum Action: Sendable, Hashable {
        /// No effect: the byte belongs to a sequence.
        case nothing
        /// A byte of text or a control character.
        case byte(UInt8)
        /// The cursor was moved or text was erased, so the next text overwrites earlier text.
        case redraw
        /// The cursor returned to the first column.
        case returnToStart
        /// The terminal is reset (`ESC c`).
        case reset
        /// A full-screen program has switched to its own screen, or back.
        case screen(isAlternate: Bool)
        /// An operating system command (`ESC ]`) is complete, with this content.
        case command([UInt8])
    }

    private enum State: Sendable {
        case text
        case escape
        case intermediate
        case controlSequence
        case string(isCommand: Bool)
        case stringEscape(isCommand: Bool)
    }

    /// The length in bytes after which a control sequence is abandoned, and a string is no command.
    static let maximumStringLength = 4096
    private static let keptParameters = 64

    private var state = State.text
    private var kept: [UInt8] = []
    private var length = 0

    /// Whether the next byte is text, not part of a sequence.
    var isInText: Bool {
        if case .text = state { true } else { false }
    }

    /// Decodes one byte.
    mutating func take(_ byte: UInt8) -> Action {
        switch state {
        case .text:
            guard byte == Byte.escape else { return .byte(byte) }
            state = .escape
            return .nothing
        case .escape:
            return takeAfterEscape(byte)
        case .intermediate:
            // ESC, intermediates 0x20-0x2F, one final byte.
            if !(0x20...0x2F).contains(byte) { state = .text }
            return Self.isLineEnd(byte) ? .byte(byte) : .nothing
        case .controlSequence:
            return takeInControlSequence(byte)
        case .string(let isCommand):
            return takeInString(byte, isCommand: isCommand)
        case .stringEscape(let isCommand):
            state = .text
            if byte == UInt8(ascii: "\\") {
                return isCommand && length <= Self.maximumStringLength ? .command(kept) : .nothing
            }
            // Another escape sequence begins before the end of the string.
            return takeAfterEscape(byte)
        }
    }

    private mutating func takeAfterEscape(_ byte: UInt8) -> Action {
        kept.removeAll(keepingCapacity: true)
        length = 0
        switch byte {
        case UInt8(ascii: "["): state = .controlSequence
        case UInt8(ascii: "]"): state = .string(isCommand: true)
        case UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            state = .string(isCommand: false)
        case 0x20...0x2F: state = .intermediate
        case Byte.escape: state = .escape
        default:
            state = .text
            if byte == UInt8(ascii: "c") { return .reset }
            // ESC M moves the cursor up, ESC 8 restores the cursor position of ESC 7.
            if byte == UInt8(ascii: "M") || byte == UInt8(ascii: "8") { return .redraw }
            return Self.isLineEnd(byte) ? .byte(byte) : .nothing
        }
        return .nothing
    }

    private mutating func takeInControlSequence(_ byte: UInt8) -> Action {
        switch byte {
        case 0x20...0x3F:
            length += 1
            if kept.count < Self.keptParameters { kept.append(byte) }
            if length > Self.maximumStringLength { state = .text }
            return .nothing
        case 0x40...0x7E:
            state = .text
            return Self.meaning(of: byte, parameters: kept)
        case Byte.escape:
            state = .escape
            return .nothing
        default:
            state = .text
            return Self.isLineEnd(byte) ? .byte(byte) : .nothing
        }
    }

    private static let screenModes: [[UInt8]] = ["?1049", "?1047", "?47"].map { Array($0.utf8) }

    private static func meaning(of final: UInt8, parameters: [UInt8]) -> Action {
        switch final {
        case UInt8(ascii: "h") where screenModes.contains(parameters): .screen(isAlternate: true)
        case UInt8(ascii: "l") where screenModes.contains(parameters): .screen(isAlternate: false)
        case UInt8(ascii: "G"), UInt8(ascii: "`"):
            parameters.isEmpty || parameters == [UInt8(ascii: "1")] || parameters == [UInt8(ascii: "0")]
                ? .returnToStart : .redraw
        case UInt8(ascii: "E"), UInt8(ascii: "F"):
            .returnToStart
        case UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "D"), UInt8(ascii: "H"), UInt8(ascii: "f"),
            UInt8(ascii: "J"), UInt8(ascii: "K"), UInt8(ascii: "u"), UInt8(ascii: "d"):
            .redraw
        default:
            .nothing
        }
    }

    private mutating func takeInString(_ byte: UInt8, isCommand: Bool) -> Action {
        switch byte {
        case Byte.bell:
            state = .text
            return end(isCommand: isCommand)
        case Byte.escape:
            state = .stringEscape(isCommand: isCommand)
            return .nothing
        case Byte.lineFeed, Byte.carriageReturn, Byte.cancel, Byte.substitute:
            // A string does not cross a line end: this string was not terminated.
            state = .text
            return Self.isLineEnd(byte) ? .byte(byte) : .nothing
        default:
            // The rest of a longer string stays hidden, as in a terminal.
            length += 1
            if isCommand, length <= Self.maximumStringLength { kept.append(byte) }
            return .nothing
        }
    }

    private func end(isCommand: Bool) -> Action {
        isCommand && length <= Self.maximumStringLength ? .command(kept) : .nothing
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool {
        byte == Byte.lineFeed || byte == Byte.carriageReturn
    }
}

/// The control characters that the decoder and the scanner handle.
enum Byte {
    static let bell: UInt8 = 0x07
    static let backspace: UInt8 = 0x08
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let cancel: UInt8 = 0x18
    static let substitute: UInt8 = 0x1A
    static let escape: UInt8 = 0x1B
}
