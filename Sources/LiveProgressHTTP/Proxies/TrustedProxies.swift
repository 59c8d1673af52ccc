// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgressGrammar

/// The proxies whose word counts about who a request comes from, and how it was made.
///
/// `Forwarded` (RFC 7239) and `X-Forwarded-For`, `-Proto` and `-Host` are read where the connection comes from one of
/// them, and ignored from anyone else: everybody can write them. Of the addresses that they list, the rightmost that is
/// not itself a trusted proxy's is the client's, because what stands left of it may be the client's own invention.
public struct TrustedProxies: Sendable, Hashable {
    private let ranges: [AddressRange]

    /// No proxies: whoever is at the other end of the connection is the client.
    public init() {
        ranges = []
    }

    /// The proxies with addresses in the given ranges.
    ///
    /// - Parameter ranges: Such as `10.0.0.0/8`, `2001:db8::/32` (RFC 4632), or single addresses.
    /// - Throws: ``InvalidRange`` for a text that is none.
    public init(_ ranges: [String]) throws(InvalidRange) {
        var parsed: [AddressRange] = []
        for text in ranges {
            guard let range = AddressRange(text) else { throw InvalidRange(text: text) }
            parsed.append(range)
        }
        self.ranges = parsed
    }

    /// A text that is no range of addresses.
    public struct InvalidRange: Error, Sendable, Hashable, CustomStringConvertible {
        /// The text.
        public let text: String

        /// What is wrong with it.
        public var description: String {
            "\"\(text)\" is no range of addresses such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32."
        }
    }

    /// Whether there are none.
    public var isEmpty: Bool { ranges.isEmpty }

    /// A request as its client made it, and the client.
    ///
    /// Where both kinds of fields are there and name different clients, one of them has come from the client through a
    /// proxy that does not know it: then neither counts, and the client is taken for the proxy.
    ///
    /// - Parameters:
    ///   - request: The request as it came.
    ///   - caller: The other end of its connection.
    /// - Returns: The request with the scheme and the authority that the proxies tell, and the client's address, without
    ///   a proxy just what was given.
    public func origin(
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

    /// Whether an address, without a port, is that of one of them.
    public func contains(address: String) -> Bool {
        !ranges.isEmpty && IPAddress(address).map(isTrusted) ?? false
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) }
    }

    /// Goes from the proxy next to us outwards, for as long as who speaks is trusted.
    private func client(of hops: [ForwardedHop], behind peer: IPAddress) -> ForwardedHop {
        var client = ForwardedHop(address: peer)
        for hop in hops.reversed() {
            client.scheme = hop.scheme ?? client.scheme
            client.authority = hop.authority ?? client.authority
            // Who is not named is not known: the address of the proxy that kept it to itself stands for it.
            guard let address = hop.address else { break }
            client.address = address
            guard isTrusted(address) else { break }
        }
        return client
    }
}
