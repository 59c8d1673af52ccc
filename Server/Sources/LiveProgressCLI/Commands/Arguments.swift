// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress

/// An argument with a label: `NAME=VALUE`.
struct LabelArgument: ExpressibleByArgument, Hashable {
    let name: String
    let value: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else { return nil }
        name = String(argument[..<sign])
        value = String(argument[argument.index(after: sign)...])
    }

    /// Returns the labels by name; of several labels with one name, the last wins.
    static func dictionary(_ labels: [LabelArgument]) -> [String: String] {
        labels.reduce(into: [:]) { $0[$1.name] = $1.value }
    }
}

/// An argument with a JSON text.
struct JSONArgument: ExpressibleByArgument, Hashable {
    let value: JSONValue

    init?(argument: String) {
        guard let value = try? JSONValue(parsing: argument) else { return nil }
        self.value = value
    }
}

/// An argument with a duration: `90`, `1.5s`, `10m`, `2h`, `250ms`; a number without a unit is in seconds.
struct DurationArgument: ExpressibleByArgument, Hashable {
    let duration: Duration

    init?(argument: String) {
        let units: [(suffix: String, seconds: Double)] = [
            ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400), ("", 1),
        ]
        guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }) else { return nil }
        let digits = argument.dropLast(unit.suffix.count)
        guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let number = Double(digits),
            number * unit.seconds <= 1e9
        else { return nil }
        duration = .seconds(number * unit.seconds)
    }
}

/// An argument with a total: a number, or `unknown`.
struct TotalArgument: ExpressibleByArgument, Hashable {
    let total: ProgressTotal

    init?(argument: String) {
        if argument == "unknown" {
            total = .unknown
        } else if let number = Int64(argument), number >= 0 {
            total = .count(number)
        } else {
            return nil
        }
    }
}

/// The parsers of arguments with values of the library; their errors name the allowed values.
enum ArgumentValues {
    static func status(_ text: String) throws -> ProgressStatus {
        guard let status = ProgressStatus(rawValue: text) else {
            let names = ProgressStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("A status is one of \(names).")
        }
        return status
    }

    static func id(_ text: String) throws -> ProgressID {
        guard let id = ProgressID(text) else {
            throw ValidationError("An identifier has 1 to 128 characters of A-Z a-z 0-9 - . _ ~ : @.")
        }
        return id
    }

    static func cursor(_ text: String) throws -> ProgressCursor {
        guard let cursor = ProgressCursor(text) else {
            throw ValidationError("A cursor looks like k3f9-42, as in the member \"cursor\" of a message.")
        }
        return cursor
    }
}
