// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the progress table of `curl`: twelve columns, with amounts in bytes.
///
/// ```text
///   % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
///                                  Dload  Upload   Total   Spent    Left  Speed
///  25 19.0M   25 4882k    0     0  3915k      0  0:00:04  0:00:01  0:00:03 3915k
/// ```
struct CurlMeterProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        guard line.isRedrawn || line.text.hasPrefix("%") || line.text.hasPrefix("Dload") else { return nil }
        let fields = line.text.split(separator: " ")
        if fields.starts(with: ["%", "Total", "%", "Received"]) || fields.starts(with: ["Dload", "Upload", "Total"]) {
            return LineReading(step: "Transferring")
        }
        // curl writes a time of more than four days as two words.
        guard line.isRedrawn, (12...15).contains(fields.count), fields.dropFirst(8).contains(where: Self.isTime) else {
            return nil
        }
        let amounts = fields.prefix(8).compactMap(Self.amount)
        guard amounts.count == 8, [0, 2, 4].allSatisfy({ amounts[$0] <= 100 }) else { return nil }
        let total = amounts[1]
        let (done, hasOverflowed) = amounts[3].addingReportingOverflow(amounts[5])
        guard !hasOverflowed else { return nil }
        // If the total is unknown, curl writes the received amount as the total, and 0 % for each part.
        guard total > 0, !(done == total && amounts[2] == 0 && amounts[4] == 0) else {
            return LineReading(completedCount: done, unit: "bytes")
        }
        return LineReading(
            percent: 100 * Double(min(done, total)) / Double(total),
            completedCount: min(done, total),
            totalCount: total,
            unit: "bytes"
        )
    }

    private static func isTime(_ field: Substring) -> Bool {
        field.contains(":") && field.allSatisfy { $0 == ":" || $0 == "-" || $0.isNumber }
    }

    /// Parses an amount such as `0`, `5120k`, `19.0M`.
    static func amount(_ field: Substring) -> Int64? {
        var number = field
        var factor: Double = 1
        if let suffix = field.last, let power = ["k", "M", "G", "T", "P"].firstIndex(of: suffix) {
            number = field.dropLast()
            for _ in 0...power { factor *= 1024 }
        }
        guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(number)
        else { return nil }
        return Int64(exactly: (value * factor).rounded())
    }
}
