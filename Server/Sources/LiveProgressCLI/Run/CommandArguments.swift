// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A command and its arguments as bytes, because file names need not be UTF-8.
struct CommandArguments: Sendable, Hashable {
    /// The bytes of each word, the command first; never empty.
    let words: [[UInt8]]

    /// Takes the command's words from the end of this process's command line, or `nil` without words.
    ///
    /// - Parameters:
    ///   - parsed: The words from the argument parser; used instead if the end of the command line differs.
    ///   - raw: The whole command line.
    init?(parsed: [String], raw: [[UInt8]]) {
        guard !parsed.isEmpty else { return nil }
        let tail = raw.suffix(parsed.count)
        let isSame =
            tail.count == parsed.count && zip(tail, parsed).allSatisfy { String(decoding: $0, as: UTF8.self) == $1 }
        words = isSame ? Array(tail) : parsed.map { Array($0.utf8) }
    }

    /// The command line of this process as bytes.
    static var ofProcess: [[UInt8]] {
        (0..<Int(CommandLine.argc)).compactMap { index in
            CommandLine.unsafeArgv[index].map { Array(UnsafeRawBufferPointer(cString: $0)) }
        }
    }

    /// The command's name, without its folder.
    var name: String { Self.text(words[0].split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? words[0]) }

    /// The command's file as it was given.
    var file: String { Self.text(words[0]) }

    private static func text(_ word: [UInt8]) -> String {
        OutputLine(decoding: word, isRedrawn: false)?.text.shortened(to: 60) ?? "command"
    }

    /// The default title of the operation: the command's name and the plain words after the name.
    ///
    /// The title ends before the first argument that is not a plain word. Watchers can see the title, and an option, an
    /// address or an assignment may contain a secret.
    var title: String {
        let plain = words.dropFirst().prefix { word in
            word.first.map { $0 != UInt8(ascii: "-") } == true && word.count <= 40 && word.allSatisfy(Self.isPlain)
        }
        return ([name] + plain.map { String(decoding: $0, as: UTF8.self) }).joined(separator: " ").shortened(to: 80)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_./+".utf8.contains(byte)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Creates a view of a C string, without the terminating zero.
    fileprivate init(cString: UnsafePointer<CChar>) {
        var count = 0
        while cString[count] != 0 { count += 1 }
        self.init(start: cString, count: count)
    }
}
