// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
import LiveProgress
import LiveProgressSQLite
import LiveProgressServer

/// `live-progress store`: the care of the file that keeps a server's operations.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Check, export, back up or compact the file that keeps a server's operations.",
        subcommands: [Check.self, Export.self, Backup.self, Compact.self]
    )
}

/// The option with the path of the file.
struct StoreOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("The SQLite file. (default: the file of serve)", valueName: "path")
    )
    var store: String?

    /// The file to use.
    func file() throws -> SQLiteStoreFile {
        let environment = ProcessInfo.processInfo.environment
        let place = (store ?? environment["LIVE_PROGRESS_STORE"]).map(StoreLocation.init) ?? .standard(environment)
        guard let path = place.path else {
            throw ValidationError("Operations in memory have no file; name one with --store.")
        }
        return SQLiteStoreFile(path: path)
    }

    /// Runs work on the file, and reports an error with the tool's exit status.
    func run(_ body: (SQLiteStoreFile) throws -> Void) throws {
        do {
            try body(file())
        } catch let error as ProgressStoreError {
            Console.complain(error.message)
            throw ExitCode(ExitStatus.invalidData)
        }
    }
}

extension StoreCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every page and every operation of the file; safe while a server uses it.",
            discussion: "Exit statuses: 0, or 65 if the file is damaged or not a store."
        )

        @OptionGroup var option: StoreOption

        func run() async throws {
            try option.run { file in
                let summary = try file.check()
                Console.write(
                    "\(file.path): sound. \(summary.operations) operations, \(summary.revisions) revisions, \(summary.bytes) bytes.\n"
                )
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write the newest snapshot of each operation, one line of JSON each; safe while a server uses the file."
        )

        @OptionGroup var option: StoreOption

        @Flag(help: "Write all kept revisions, not only the newest.")
        var history = false

        func run() async throws {
            try option.run { file in
                try file.export(history: history) { Console.write($0 + "\n") }
            }
        }
    }

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the file as it is at one moment; safe while a server uses it."
        )

        @OptionGroup var option: StoreOption

        @Argument(help: "The path of the copy; no file must exist there.")
        var target: String

        func run() async throws {
            try option.run { file in try file.backup(to: target) }
        }
    }

    struct Compact: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give the space of removed operations back to the file system; no server must use the file."
        )

        @OptionGroup var option: StoreOption

        func run() async throws {
            try option.run { file in try file.compact() }
        }
    }
}
