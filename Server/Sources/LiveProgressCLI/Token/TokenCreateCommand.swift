// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import LiveProgressServer

/// `live-progress token create`: prints a new token to standard output.
struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a token.",
        discussion: """
            The token is for one operation (--id), for operations with given labels (--label), or by default for all \
            operations.

              live-progress token create --id import-7 --can watch --for 1h
              live-progress token create --label team=data --can create,report,cancel --for 30d
            """
    )

    @Option(
        name: .customLong("id"),
        help: ArgumentHelp("The token's only operation.", valueName: "id"),
        transform: ArgumentValues.id
    )
    var operation: ProgressID?

    @Option(help: ArgumentHelp("A label of the token's operations; may be repeated.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Option(
        help: ArgumentHelp(
            "The permissions: \(ProgressPermission.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "permissions"
        )
    )
    var can: PermissionList

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The lifetime of the token, such as 90, 10m, 2h or 30d.", valueName: "time")
    )
    var time: DurationArgument

    @Option(help: ArgumentHelp("The name of the bearer, for limits and logs of the server.", valueName: "name"))
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

/// The option for the file of the server's keys.
struct SecretOption: ParsableArguments {
    static let variable = "LIVE_PROGRESS_SECRET_FILE"

    @Option(
        help: ArgumentHelp(
            "The file of the server's keys.",
            discussion: "The default is the value of $\(Self.variable).",
            valueName: "file"
        )
    )
    var secretFile: String?

    /// The path from the option, else from the environment, or `nil`.
    var value: String? { secretFile ?? ProcessInfo.processInfo.environment[Self.variable] }

    func path() throws(ServerConfigurationError) -> String {
        guard let value, !value.isEmpty else {
            throw ServerConfigurationError("Name the file of the server's keys with --secret-file.")
        }
        return value
    }
}

/// An argument with permissions, separated by commas.
struct PermissionList: ExpressibleByArgument {
    let permissions: [ProgressPermission]

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        permissions = names.compactMap { ProgressPermission(rawValue: String($0)) }
        guard permissions.count == names.count else { return nil }
    }
}
