// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
@_spi(Server) import LiveProgressWire

/// Dates in the format of HTTP (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    /// The days of the week; the first is the day of 1 January 1970.
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// Returns the text of a date, without fractions of a second; a date before 1970 gives the text of 1 January 1970.
    static func text(_ date: Date) -> String {
        let seconds = max(0, date.timeIntervalSince1970.rounded(.down))
        let day = days[Int(seconds / 86_400) % 7]
        // 2026-01-02T03:04:05.000Z
        let parts = ProgressTimestamp.format(Date(timeIntervalSince1970: seconds)).split { "-T.".contains($0) }
        let month = months[(Int(parts[1]) ?? 1) - 1]
        return "\(day), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
    }
}
