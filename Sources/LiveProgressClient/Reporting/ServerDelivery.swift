// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The state machine that delivers the changes of one journal to a server, each once and in order.
///
/// The machine reads the journal only when nothing waits, so a slow server causes larger steps, not a longer queue. A
/// request whose response was lost is sent again with the same bytes and the same key, so the server applies it once.
/// The machine uses no socket and no clock.
struct ServerDelivery: Sendable {
    /// The next action of the caller.
    enum Step: Sendable, Hashable {
        /// Read the journal; then call ``take(_:)``.
        case read
        /// Send the request; then call ``accepted(_:now:)`` or ``refused(_:now:isOver:)``.
        case send(DeliveryRequest)
        /// Wait until the time, or until the journal changes or a caller waits.
        case wait(until: Duration)
        /// The end has arrived, or the server accepts no more reports.
        case finished
    }

    /// The times of a delivery.
    struct Times: Sendable {
        /// The shortest time between two requests, unless a caller waits.
        var interval: Duration
        /// The silence after which the lease is renewed, until the server says how long its lease is.
        var heartbeat: Duration
        /// The bounds of the delay before a request is sent again.
        var firstRetry: Duration
        var longestRetry: Duration
        /// The source of random numbers from 0 to 1 for the delays.
        var random: @Sendable () -> Double
    }

    let times: Times
    var lines: DeliveryLines
    var backoff: Backoff
    /// The request that creates the operation, until the server has accepted it.
    var creation: DeliveryRequest?
    var inFlight: DeliveryRequest?
    /// The operation in the server's last response; `nil` before the first one.
    var onServer: ProgressSnapshot?
    var relay = QuestionRelay()

    private var isChanged = false
    /// The number of readings of the journal; the first one is the creation.
    var readings: UInt64 = 1
    /// The reading that a caller waits for, so that it is sent without a pause.
    private var urgentReading: UInt64 = 0
    /// The reading that a caller wants to be durable.
    var wantedDurable: UInt64 = 0
    var resumesAt = Duration.zero
    /// The time of the next try, and whether the server has asked for that time.
    var retry: (at: Duration, isAsked: Bool)?
    /// Why the newest request failed that is sent again; `nil` after a success.
    var lastFailure: ProgressClientError?
    /// The number of failed tries since the worker has ended the operation.
    var triesOfEnd = 0
    var renewsAt: Duration
    var period: Duration

    /// The newest reading of which everything has arrived.
    var arrivedReading: UInt64
    /// The newest reading of which everything is durable on the server.
    var durableReading: UInt64 = 0
    /// Why the server could not make a reading durable.
    var durabilityRefusal: (reading: UInt64, error: ProgressError)?
    /// Why the server accepts no more reports.
    var failure: ProgressClientError?
    var hasEnded = false
    /// Why the server refused a report, until a caller has learned of it.
    var refusal: ProgressClientError?

    /// The largest number of tries after the worker has ended the operation; before, there is no limit.
    static let maximumTriesOfEnd = 40

    /// Creates a delivery.
    ///
    /// - Parameters:
    ///   - lines: The reports, of which there are none yet.
    ///   - creation: The body of the request that creates the operation; `nil` if the operation exists.
    ///   - onServer: The operation as the server has it, if the server was asked.
    ///   - times: The intervals and delays.
    ///   - now: The time at which the delivery begins.
    init(
        lines: DeliveryLines,
        creation: [UInt8]?,
        onServer: ProgressSnapshot?,
        times: Times,
        now: Duration
    ) {
        self.times = times
        self.onServer = onServer
        self.creation = creation.map { body in
            DeliveryRequest(kind: .creation, key: "\(lines.epoch)-creation", body: body, isDurable: true)
        }
        arrivedReading = creation == nil ? 1 : 0
        self.lines = lines
        backoff = Backoff(base: times.firstRetry, maximum: times.longestRetry)
        period = times.heartbeat
        renewsAt = now + times.heartbeat
    }

    /// Whether the operation is on the server.
    var isCreated: Bool { arrivedReading > 0 }

    // MARK: Input from the journal and from callers

    /// Notes that the journal has changed.
    mutating func noteChange() { isChanged = true }

    /// Asks for everything noted so far to be sent without a pause; returns the reading to wait for.
    mutating func hurry() -> UInt64 {
        let reading = isChanged ? readings + 1 : readings
        urgentReading = max(urgentReading, reading)
        // A caller that waits need not wait for a delay that only spares the server.
        if retry?.isAsked == false { retry = nil }
        return reading
    }

    /// Asks for everything noted so far to become durable; returns the reading to wait for.
    mutating func hurryDurably() -> UInt64 {
        let reading = hurry()
        wantedDurable = max(wantedDurable, reading)
        if !hasEnded { durabilityRefusal = nil }
        return reading
    }

    /// Adds the changes that the journal had; `nil` if it had none.
    mutating func take(_ change: StoredOperation?) {
        if let change { lines.append(change, reading: readings, onServer: onServer) }
        settle()
    }

    // MARK: Output

    /// Returns the next action at a time.
    mutating func next(now: Duration) -> Step {
        if failure != nil || hasEnded { return .finished }
        if let retry, now < retry.at { return .wait(until: retry.at) }
        retry = nil
        if inFlight == nil { inFlight = creation }
        if let inFlight { return .send(inFlight) }
        if !lines.isEmpty { return send(lines.request(isDurable: mustBeDurable)) }
        if isChanged {
            let isDue = now >= min(resumesAt, renewsAt) || urgentReading > arrivedReading
            guard isDue else { return .wait(until: min(resumesAt, renewsAt)) }
            isChanged = false
            readings += 1
            return .read
        }
        if mustBeDurable || now >= renewsAt || relay.isUncertain {
            return send(lines.emptyRequest(isDurable: mustBeDurable))
        }
        return .wait(until: renewsAt)
    }

    var mustBeDurable: Bool {
        wantedDurable > durableReading && durabilityRefusal.map { $0.reading < wantedDurable } ?? true
    }

    private mutating func send(_ request: DeliveryRequest) -> Step {
        inFlight = request
        return .send(request)
    }
}
