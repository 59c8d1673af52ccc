// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Formats numbers for people, without a locale.
package enum Formatting {
    /// Returns a duration in at most two units, such as `4s`, `2m 05s`, `1h 07m` or `3d 02h`.
    static func duration(seconds: Double) -> String? {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return nil }
        if seconds < 1 { return "<1s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m \(twoDigits(whole % 60))s"
        case ..<86400: return "\(whole / 3600)h \(twoDigits(whole / 60 % 60))m"
        default: return "\(whole / 86400)d \(twoDigits(whole / 3600 % 24))h"
        }
    }

    /// Returns a rate, such as `12.4 rows/s` or `1.5 MB/s`; a rate below one unit a second is `3.0 files/min`.
    static func rate(_ perSecond: Double, unit: String?) -> String? {
        guard perSecond > 0, perSecond < 1e18 else { return nil }
        if isBytes(unit) { return "\(bytes(perSecond))/s" }
        let name = unit.map { " \($0)" } ?? ""
        if perSecond >= 1 { return "\(short(perSecond))\(name)/s" }
        if perSecond * 60 >= 1 { return "\(short(perSecond * 60))\(name)/min" }
        return "\(short(perSecond * 3600))\(name)/h"
    }

    /// Returns counts, such as `50/100 rows`, `1234 rows` or `1.2/3.4 MB`; `nil` if only a fraction is known.
    static func counts(_ counts: ProgressCounts) -> String? {
        if counts.completedCount == 0, counts.totalCount == nil, counts.fractionCompleted != nil { return nil }
        if isBytes(counts.unit) {
            let done = bytes(Double(counts.completedCount))
            return counts.totalCount.map { "\(done)/\(bytes(Double($0)))" } ?? done
        }
        let name = counts.unit.map { " \(SafeText.line($0))" } ?? ""
        let total = counts.totalCount.map { "/\($0)" } ?? ""
        return "\(counts.completedCount)\(total)\(name)"
    }

    /// Returns a summary of details, such as `file: a.csv, row: 7`, without nested arrays and objects.
    static func details(_ details: JSONValue) -> String {
        let members = details.objectValue?.prefix(8).compactMap { name, value in
            scalar(value).map { "\(SafeText.line(name)): \($0)" }
        }
        return members?.joined(separator: ", ") ?? scalar(details) ?? ""
    }

    private static func scalar(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): SafeText.line(text)
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .null, .array, .object: nil
        }
    }

    /// Returns a fraction as a whole percentage; only a fraction of 1 gives 100.
    static func percent(_ fraction: Double) -> Int {
        guard fraction.isFinite else { return 0 }
        return fraction >= 1 ? 100 : Int(max(0, min(99, (fraction * 100).rounded(.down))))
    }

    /// Returns a number of bytes in decimal units, such as `999 B` or `1.5 MB`.
    package static func bytes(_ count: Double) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = count
        var index = 0
        while value >= 999.95, index < units.count - 1 {
            value /= 1000
            index += 1
        }
        return index == 0 ? "\(Int(value)) B" : "\(oneDecimal(value)) \(units[index])"
    }

    /// Returns a number with one decimal below 100, and with `k`, `M` or `G` from ten thousand on.
    package static func short(_ value: Double) -> String {
        switch value {
        case ..<99.95: oneDecimal(value)
        case ..<9999.5: String(Int(value.rounded()))
        case ..<999_950: "\(oneDecimal(value / 1000))k"
        case ..<999_950_000: "\(oneDecimal(value / 1e6))M"
        default: "\(oneDecimal(min(value / 1e9, 1e9)))G"
        }
    }

    static func isBytes(_ unit: String?) -> Bool {
        switch unit?.lowercased() {
        case "bytes", "byte", "b": true
        default: false
        }
    }

    private static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func twoDigits(_ value: Int) -> String {
        value < 10 ? "0\(value)" : String(value)
    }
}
