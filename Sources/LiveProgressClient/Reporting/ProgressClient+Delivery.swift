// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import NIOHTTP1

extension ProgressClient {
    /// Sends a request of a delivery.
    ///
    /// - Returns: The response, and the tokens if the request has created the operation and the server issued tokens.
    /// - Throws: ``ProgressClientError``.
    func deliver(
        _ request: DeliveryRequest,
        to id: ProgressID
    ) async throws(ProgressClientError) -> (ServerDelivery.Answer, ProgressTokens?) {
        let isCreation = request.kind == .creation
        var headers = [(name: "Idempotency-Key", value: request.key)]
        if request.isDurable { headers.append(("Prefer", "durable")) }
        if request.lineCount > 1 { headers.append(("Content-Type", "application/x-ndjson")) }
        let response = try await send(
            HTTPCall(
                method: isCreation ? .POST : .PATCH,
                path: isCreation ? server.apiPath : ProgressRoutes.path(for: id, under: server.apiPath),
                headers: headers,
                body: request.body
            )
        )
        return try decode {
            let answer = ServerDelivery.Answer(
                snapshot: try ProgressMessage.decodeSnapshot(response.body),
                lease: try ProgressMessage.decodeLease(response.body),
                isDurable: response.headers["Preference-Applied"].contains { $0.contains("durable") }
            )
            return (answer, isCreation ? try ProgressMessage.decodeTokens(response.body) : nil)
        }
    }
}
