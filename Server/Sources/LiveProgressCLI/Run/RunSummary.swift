// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What `run --ci` tells a workflow of GitHub Actions: the link as a notice, and a table in the summary of the step.
struct RunSummary: Sendable {
    /// The file of the summary; `nil` outside a workflow.
    let path: [UInt8]?
    let title: String
    let link: String?

    init(title: String, link: String?, environment: ProcessEnvironment) {
        path = environment["GITHUB_STEP_SUMMARY"].flatMap { $0.isEmpty ? nil : $0 }
        self.title = title
        self.link = link
    }

    /// The notice at the start, as a workflow command; `nil` if the operation is not published.
    var notice: String? {
        link.map { "::notice title=\(Self.property("Live progress: \(title)"))::\(Self.data($0))" }
    }

    /// Returns the rows of the table.
    func table(_ end: CommandEnd, isCancelled: Bool, duration: Duration) -> String {
        let outcome =
            switch end {
            case _ where isCancelled: "cancelled"
            case .exited(0): "succeeded"
            case .exited(let code): "failed, exit code \(code)"
            case .killed(let signal): "ended by signal \(signal)"
            case .notStarted: "not started"
            }
        let seconds = Double(duration.components.seconds)
        let time = Formatting.duration(seconds: seconds) ?? "\(Int(seconds)) s"
        let name = link.map { "[\(Self.cell(title))](\($0))" } ?? Self.cell(title)
        return "| Command | Outcome | Time |\n|---|---|---|\n| \(name) | \(outcome) | \(time) |\n\n"
    }

    /// Appends the table to the summary; returns whether it could, or there is no summary.
    func append(_ table: String) -> Bool {
        guard let path else { return true }
        let file = open(
            path.map { CChar(bitPattern: $0) } + [0],
            O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
            0o644
        )
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(table.utf8)
        return write(file, bytes, bytes.count) == bytes.count
    }

    /// Escapes the text of a workflow command.
    private static func data(_ text: String) -> String { escaped(text, ["%": "%25", "\r": "%0D", "\n": "%0A"]) }

    private static func property(_ text: String) -> String { escaped(data(text), [":": "%3A", ",": "%2C"]) }

    private static func cell(_ text: String) -> String {
        escaped(SafeText.line(text), ["\\": "\\\\", "|": "\\|", "[": "\\[", "]": "\\]", "<": "&lt;"])
    }

    /// Replaces Unicode scalars; a `Character` may join one with its neighbours.
    private static func escaped(_ text: String, _ replacements: [Unicode.Scalar: String]) -> String {
        text.unicodeScalars.reduce(into: "") { $0 += replacements[$1] ?? String($1) }
    }
}
