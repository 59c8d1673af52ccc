// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgressDeflate
internal import NIOHTTP1

@testable internal import LiveProgressWebSocket

/// Lines as the `Sec-WebSocket-Extensions` fields of a client and of a server (RFC 7692 sections 5.1 and 7.1).
struct Negotiation {
    private let fields: [String]
    private let codec = ZlibCodec()

    init(_ text: String) {
        fields = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    func check() {
        let entries = WebSocketExtension.list(fields)
        if let entries {
            expectEqual(WebSocketExtension.list(entries.map(\.text)), entries, "written a field each, and read")
            let line = entries.map(\.text).joined(separator: ", ")
            expectEqual(WebSocketExtension.list([line]), entries, "written in one field, and read")
        }
        for (server, window) in [
            (DeflateServer(codec: codec), codec.windowBits), (.shared(codec: codec), 15...15),
        ] {
            checkAnswer(of: server, window, to: entries ?? [])
            for client in clients { checkAgreement(of: client, with: server) }
        }
        for client in clients { checkTrust(of: client, in: entries) }
    }

    private var clients: [DeflateClient] {
        [false, true].flatMap { keeps in
            [false, true].map { DeflateClient(codec: codec, keepsContext: keeps, serverKeepsContext: $0) }
        }
    }

    private func head(_ fields: [String]) -> HTTPRequestHead {
        let headers = HTTPHeaders(fields.map { ("Sec-WebSocket-Extensions", $0) })
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: headers)
    }

    /// Checks that the first acceptable offer gets a response, and that the response contains only what the offer permits.
    private func checkAnswer(of server: DeflateServer, _ window: ClosedRange<Int>, to entries: [WebSocketExtension]) {
        let offer = entries.lazy.compactMap(DeflateEntry.init).first { ($0.serverBits ?? 15) >= window.lowerBound }
        let accepted = server.accept(head(fields))
        guard let offer, let accepted else {
            return expect(offer == nil && accepted == nil, "offers \(entries), answered \(accepted?.answer.text ?? "")")
        }
        expectEqual(WebSocketExtension.list([accepted.answer.text]), [accepted.answer], "the answer read and written")
        guard let answer = DeflateEntry(accepted.answer) else { fail("answers \(accepted.answer.text)") }
        let parameters = accepted.compression.parameters
        expect(codec.windowBits.contains(parameters.server.windowBits), "a window of \(parameters.server.windowBits)")
        expect((8...15).contains(parameters.client.windowBits), "a window of \(parameters.client.windowBits)")
        expectEqual(parameters.server.keepsContext, !answer.serverNoContext, "the server's context")
        expectEqual(parameters.client.keepsContext, !answer.clientNoContext, "the client's context")
        expect(answer.serverNoContext || !offer.serverNoContext, "keeps a context that it must not")
        if let bits = offer.serverBits { expect((answer.serverBits ?? 16) <= bits, "a window larger than \(bits)") }
        expectEqual(answer.serverBits ?? 15, parameters.server.windowBits, "the server's window, said and used")
        expect(answer.clientBits == nil || offer.clientBits != nil, "sets a window that the client cannot change")
    }

    /// Checks that the project's client and server derive the same parameters from a negotiation.
    private func checkAgreement(of client: DeflateClient, with server: DeflateServer) {
        guard let accepted = server.accept(head([client.offer.text])) else { fail("declines \(client.offer.text)") }
        do throws(WebSocketConnectError) {
            let agreed = try client.accept(answer: [accepted.answer.text])
            expectEqual(agreed?.parameters, accepted.compression.parameters, "what the ends agreed on")
        } catch {
            fail("the client refuses \(accepted.answer.text): \(error)")
        }
    }

    /// Checks that a client accepts only responses that match its offer.
    private func checkTrust(of client: DeflateClient, in entries: [WebSocketExtension]?) {
        do throws(WebSocketConnectError) {
            guard let parameters = try client.accept(answer: fields)?.parameters else {
                return expectEqual(entries, [], "took nothing")
            }
            guard let entries, entries.count == 1, let answer = DeflateEntry(entries[0]) else {
                fail("took \(fields)")
            }
            expectEqual(parameters.server.keepsContext, !answer.serverNoContext, "the server's context")
            expectEqual(
                parameters.client.keepsContext,
                client.keepsContext && !answer.clientNoContext,
                "the client's context"
            )
            expect(client.serverKeepsContext || !parameters.server.keepsContext, "a context that it did not want")
            expectEqual(parameters.server.windowBits, answer.serverBits ?? 15, "the server's window")
            expect((8...15).contains(parameters.client.windowBits), "a window of \(parameters.client.windowBits)")
        } catch {
            expect(entries?.isEmpty != true, "refuses an answer without extensions")
        }
    }
}
