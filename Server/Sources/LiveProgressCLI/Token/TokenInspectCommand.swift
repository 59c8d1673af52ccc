// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgressServer

/// `live-progress token inspect`: prints the claims of a token.
struct TokenInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the claims of a token and, with the file of keys, verify the token.",
        discussion: "Exit statuses: 0, or 65 if the token is not valid."
    )

    @Argument(help: "The token; - or no argument reads the token from standard input.")
    var token: String?

    @OptionGroup var secret: SecretOption

    func run() async throws {
        let text = token.flatMap { $0 == "-" ? nil : $0 } ?? readLine() ?? ""
        let inspection: TokenTool.Inspection
        do throws(ServerConfigurationError) {
            inspection = try TokenTool(secretFile: secret.value, creates: false).inspect(text)
        } catch {
            throw ValidationError(error.message)
        }
        if let claims = inspection.claims { Console.write("\(claims)\n") }
        guard let problem = inspection.problem else {
            if inspection.isVerified { Console.write("The token is valid.\n", to: .error) }
            return
        }
        Console.complain(problem)
        throw ExitCode(ExitStatus.invalidData)
    }
}
