// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

extension ProgressAPI {
    /// Runs a change; with `Prefer: durable`, the response comes after the change is committed to the store.
    ///
    /// The answer of a person is committed in any case, if the store works: a crash must not open an answered question again.
    /// With other nodes, the answer is refused if it is not committed, because a node that takes over would not know it.
    ///
    /// A service without a store ignores the preference, as RFC 7240 allows: the response then lacks
    /// `Preference-Applied: durable`.
    func durably(
        _ call: APICall,
        _ change: (APICall) async throws(Refusal) -> ProgressResponse
    ) async throws(Refusal) -> ProgressResponse {
        let isWanted = call.preferences.isDurable
        let isRequired = isWanted || configuration.nodes != nil
        guard isWanted || call.route.isAnswer, let status = service.storeStatus else { return try await change(call) }
        if let failure = service.storeFailure(of: call.route.operation) {
            guard isRequired else { return try await change(call) }
            throw Refusal(Problems.storeFails(status.store, failure, isAvoidable: !call.route.isAnswer))
        }
        var response = try await change(call)
        do {
            try await service.committed(call.route.operation)
        } catch  where !isRequired {
            return response
        } catch let error as ProgressError {
            throw Refusal(error)
        } catch {
            throw Refusal(Problems.notCommitted)
        }
        guard isWanted else { return response }
        let applied = response.head.headerFields[.preferenceApplied]
        response.head.headerFields[.preferenceApplied] = [applied, "durable"].compactMap(\.self).joined(separator: ", ")
        return response
    }
}

extension Problems {
    /// The store fails, so a durable change was not made.
    static func storeFails(_ store: String, _ reason: String, isAvoidable: Bool) -> ProgressProblem {
        let advice = isAvoidable ? "Try again later, or without Prefer: durable." : "Try again later."
        return ProgressProblem(
            .storeUnavailable,
            "The store (\(store)) fails: \(reason). Nothing was changed. \(advice)"
        )
    }

    /// The request ended while its change was not committed yet.
    static let notCommitted = ProgressProblem(
        .storeUnavailable,
        "The change was made, but is not stored yet. It is stored when the store works again."
    )
}
