// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird
import NIOCore

/// The route `POST /api/v1/tickets`: exchanges a bearer token for a ticket, for requests that cannot set header fields.
struct TicketRoute {
    let api: ProgressAPI
    let authorizer: TokenAuthorizer

    func add(to router: Router<ServerRequestContext>) {
        router.post("/api/v1/tickets") { request, context in
            let caller = ProgressCaller(request, context)
            switch await api.admission(of: request.head, from: caller) {
            case .refused(let answer): return Response(answer)
            case .admitted(let principal):
                guard let principal, mayHaveTicket(request.head) else {
                    return Response(ProgressResponse(problem: .ticketWithoutToken))
                }
                let body = try await request.body.collect(upTo: api.configuration.limits.maximumBodySize)
                if let refusal = api.inputRefusal(of: request.head, body: Array(body.readableBytesView)) {
                    return Response(refusal)
                }
                return response(authorizer.ticket(for: principal))
            }
        }
    }

    /// Returns whether the request has a bearer token; a ticket, which is valid once, cannot get another ticket.
    private func mayHaveTicket(_ head: HTTPRequest) -> Bool {
        if case .bearer = ProgressAccessRequest(head: head).credential { true } else { false }
    }

    private func response(_ ticket: String) -> Response {
        let seconds = Tickets.lifetime.components.seconds
        return Response(
            #"{"ticket":"\#(ticket)","expiresIn":\#(seconds)}"#.utf8,
            type: "application/json",
            status: .created,
            fields: [.cacheControl: "no-store"]
        )
    }
}
