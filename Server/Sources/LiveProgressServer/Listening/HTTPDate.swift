// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgressWire

/// Dates as HTTP writes them (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    /// The days of the week from the one that 1970 began with.
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// The text of a date from 1970 on; the fraction of its second is left out.
    static func text(_ date: Date) -> String {
        let seconds = max(0, date.timeIntervalSince1970.rounded(.down))
        let day = days[Int(seconds / 86_400) % 7]
        // 2026-01-02T03:04:05.000Z
        let parts = ProgressTimestamp.format(Date(timeIntervalSince1970: seconds)).split { "-T.".contains($0) }
        let month = months[(Int(parts[1]) ?? 1) - 1]
        return "\(day), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
    }
}
