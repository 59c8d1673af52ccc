// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One request of a ``ServerDelivery``; a repeat has the same key and the same body.
struct DeliveryRequest: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case creation, reports, renewal }

    var kind: Kind
    /// The `Idempotency-Key`.
    var key: String
    /// The body: JSON, or one line of JSON for each report.
    var body: [UInt8]
    /// The number of reports in the body.
    var lineCount = 0
    /// Whether the last report ends the operation.
    var hasEnd = false
    /// The number of the question that is open after the reports in the worker's journal; `nil` if none is.
    var question: Int?
    /// Whether the response should come after the change is durable.
    var isDurable = false
}
