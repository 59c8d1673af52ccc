// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHPACK
import NIOHTTP2

/// Ensures that an HTTP/2 request names one host, in `:authority` (RFC 9113 section 8.3.1).
///
/// The host check reads `:authority`. A request with `Host` alone, such as one converted from HTTP/1.1 by a gateway, gets
/// its `Host` as `:authority`. The handler resets the stream of a request that names different hosts.
final class HTTP2AuthorityHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private var isRequestRead = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRequestRead, case .headers(var request) = Self.unwrapInboundIn(data) else {
            return context.fireChannelRead(data)
        }
        isRequestRead = true
        guard let fields = Self.named(request.headers) else {
            return context.writeAndFlush(Self.wrapOutboundOut(.rstStream(.protocolError)), promise: nil)
        }
        request.headers = fields
        context.fireChannelRead(Self.wrapInboundOut(.headers(request)))
    }

    /// Returns the fields with the host in `:authority` only, or `nil` if the fields name different hosts.
    static func named(_ fields: HPACKHeaders) -> HPACKHeaders? {
        let named = fields[":authority"], hosts = fields["host"]
        guard let host = hosts.first else { return fields }
        let authority = named.first ?? host
        guard (named + hosts).allSatisfy({ $0.lowercased().utf8.elementsEqual(authority.lowercased().utf8) }) else {
            return nil
        }
        var settled = HPACKHeaders()
        if named.isEmpty { settled.add(name: ":authority", value: authority) }
        settled.add(contentsOf: fields)
        settled.remove(name: "host")
        return settled
    }
}
