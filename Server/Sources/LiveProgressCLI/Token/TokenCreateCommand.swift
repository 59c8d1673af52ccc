// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
import LiveProgress
import LiveProgressHTTP
import LiveProgressServer

/// `live-progress token create`: a token, on standard output.
struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token.",
        discussion: """
            It is for one operation (--id), for those with labels (--label), or without either for all of them.

              live-progress token create --id import-7 --can watch --for 1h
              live-progress token create --label team=data --can create,report,cancel --for 30d
            """
    )

    @Option(
        name: .customLong("id"),
        help: ArgumentHelp("The one operation that it is for.", valueName: "id"),
        transform: ArgumentValues.id
    )
    var operation: ProgressID?

    @Option(help: ArgumentHelp("A label of the operations that it is for; may be repeated.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Option(
        help: ArgumentHelp(
            "What it allows: \(ProgressPermission.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "permissions"
        )
    )
    var can: PermissionList

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long it is valid, such as 90, 10m, 2h or 30d.", valueName: "time")
    )
    var time: DurationArgument

    @Option(help: ArgumentHelp("Who bears it, for the server's eyes.", valueName: "name"))
    var subject: String?

    @OptionGroup var secret: SecretOption

    func validate() throws {
        guard operation == nil || label.isEmpty else {
            throw ValidationError("A token is for one operation (--id) or for labels (--label), not for both.")
        }
        guard time.duration >= .seconds(1) else { throw ValidationError("--for must be a second or more.") }
    }

    func run() async throws {
        let scope: ProgressScope =
            if let operation { .operation(operation) } else if !label.isEmpty {
                .labels(LabelArgument.dictionary(label))
            } else { .everything }
        do throws(ServerConfigurationError) {
            let tool = try TokenTool(secretFile: secret.path(), creates: false)
            let token = try tool.create(
                subject: subject,
                permissions: can.permissions,
                scope: scope,
                for: time.duration
            )
            Console.write("\(token)\n")
        } catch {
            throw ValidationError(error.message)
        }
    }
}

/// Which file holds the keys.
struct SecretOption: ParsableArguments {
    static let variable = "LIVE_PROGRESS_SECRET_FILE"

    @Option(
        help: ArgumentHelp(
            "The file of the server's keys.",
            discussion: "Without it, $\(Self.variable) counts.",
            valueName: "file"
        )
    )
    var secretFile: String?

    /// The option before the environment; `nil` where neither names a file.
    var value: String? { secretFile ?? ProcessInfo.processInfo.environment[Self.variable] }

    func path() throws(ServerConfigurationError) -> String {
        guard let value, !value.isEmpty else {
            throw ServerConfigurationError("Say which file holds the server's keys, with --secret-file.")
        }
        return value
    }
}

/// Permissions as an argument, joined by commas.
struct PermissionList: ExpressibleByArgument {
    let permissions: [ProgressPermission]

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        permissions = names.compactMap { ProgressPermission(rawValue: String($0)) }
        guard permissions.count == names.count else { return nil }
    }
}
