// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import HTTPTypes
import LiveProgressGrammar

/// The proxies that the API trusts to report the client address, scheme and authority of a request.
///
/// The fields `Forwarded` (RFC 7239) and `X-Forwarded-For`, `-Proto` and `-Host` count only on a connection from a
/// trusted proxy, because any client can send them. The client's address is the rightmost listed address that is not a
/// trusted proxy's. The client itself may have written the addresses to the left of it.
public struct TrustedProxies: Sendable, Hashable {
    private let ranges: [AddressRange]

    /// Creates an empty list of proxies: the other end of each connection is the client.
    public init() {
        ranges = []
    }

    /// Creates the list of proxies whose addresses are in the given ranges.
    ///
    /// - Parameter ranges: Address ranges such as `10.0.0.0/8` and `2001:db8::/32` (RFC 4632), or single addresses.
    /// - Throws: ``InvalidRange`` for a text that is not an address range.
    public init(_ ranges: [String]) throws(InvalidRange) {
        var parsed: [AddressRange] = []
        for text in ranges {
            guard let range = AddressRange(text) else { throw InvalidRange(text: text) }
            parsed.append(range)
        }
        self.ranges = parsed
    }

    /// The error for a text that is not an address range.
    public struct InvalidRange: Error, Sendable, Hashable, CustomStringConvertible {
        /// The invalid text.
        package let text: String

        /// The error message.
        public var description: String {
            "\"\(text)\" is not an address range such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32."
        }
    }

    /// Whether the list is empty.
    @_spi(Server) public var isEmpty: Bool { ranges.isEmpty }

    /// Returns a request and its caller as they were before the first trusted proxy.
    ///
    /// If `Forwarded` and `X-Forwarded-For` name different clients, the client has sent one of the two fields through a
    /// proxy that does not know the field. Then neither field counts, and the proxy counts as the client.
    ///
    /// - Parameters:
    ///   - request: The request as received.
    ///   - caller: The other end of the request's connection.
    /// - Returns: The request with the scheme and the authority that the proxies report, and the caller with the
    ///   client's address. Without a trusted proxy both are unchanged.
    package func client(
        of request: HTTPRequest,
        from caller: ProgressCaller
    ) -> (request: HTTPRequest, caller: ProgressCaller) {
        guard !ranges.isEmpty, let peer = caller.address.flatMap({ IPAddress($0) }), isTrusted(peer) else {
            return (request, caller)
        }
        let fields = request.headerFields
        let told = [ForwardedHop.forwarded(fields), ForwardedHop.xForwarded(fields)].compactMap { $0 }
            .map { client(of: $0, behind: peer) }
        guard let first = told.first, told.allSatisfy({ $0.address == first.address }) else { return (request, caller) }
        var (request, caller) = (request, caller)
        caller.address = first.address?.description ?? caller.address
        caller.isForwarded = true
        if let scheme = told.lazy.compactMap(\.scheme).first {
            caller.isSecure = scheme == "https"
            request.scheme = scheme
        }
        request.authority = told.lazy.compactMap(\.authority).first ?? request.authority
        return (request, caller)
    }

    /// Returns whether an address, without a port, belongs to a trusted proxy.
    @_spi(Server) public func contains(address: String) -> Bool {
        !ranges.isEmpty && IPAddress(address).map(isTrusted) ?? false
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) }
    }

    /// Follows the hops from the nearest proxy outward, up to the first address that is not trusted.
    private func client(of hops: [ForwardedHop], behind peer: IPAddress) -> ForwardedHop {
        var client = ForwardedHop(address: peer)
        for hop in hops.reversed() {
            client.scheme = hop.scheme ?? client.scheme
            client.authority = hop.authority ?? client.authority
            // A proxy that reports no address hides the client, so the proxy's own address stands for the client.
            guard let address = hop.address else { break }
            client.address = address
            guard isTrusted(address) else { break }
        }
        return client
    }
}
