// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the status line of `ffmpeg`; the total is the longest duration of an input.
///
/// ```text
///   Duration: 00:02:00.00, start: 0.000000, bitrate: 171 kb/s
/// frame=  302 fps= 95 q=28.0 size=     256kB time=00:00:11.92 bitrate= 175.9kbits/s speed=3.75x
/// ```
struct FFmpegProfile: OutputProfile {
    private var duration: Double?
    private var isUnknown = false

    mutating func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        if scanner.take("Duration: ") {
            guard let time = Self.time(&scanner) else {
                isUnknown = true
                return nil
            }
            duration = max(duration ?? 0, time)
            return nil
        }
        guard line.isRedrawn, scanner.take("frame=") || scanner.take("size=") else { return nil }
        let isFrames = line.text.hasPrefix("frame=")
        scanner.skipSpaces()
        let frames = isFrames ? scanner.integer() : nil
        guard let duration, !isUnknown, duration > 0, scanner.takeThrough("time="), let time = Self.time(&scanner)
        else {
            return LineReading(step: "Encoding", completedCount: frames, unit: frames == nil ? nil : "frames")
        }
        // The last frame may end a little after the stated duration.
        let done = min(time, duration)
        return .counted((Int64(done), Int64(duration.rounded(.up))), "seconds", step: "Encoding")
    }

    /// Takes a time such as `00:01:02.03`, in seconds.
    private static func time(_ scanner: inout TextScanner) -> Double? {
        guard let hours = scanner.integer(), scanner.take(":"), let minutes = scanner.integer(), scanner.take(":"),
            let seconds = scanner.decimal(), hours < 100_000
        else { return nil }
        return Double(hours) * 3600 + Double(minutes) * 60 + seconds
    }
}
