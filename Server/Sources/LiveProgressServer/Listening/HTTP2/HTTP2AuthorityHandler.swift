// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHPACK
import NIOHTTP2

/// Sees to it that a request of HTTP/2 names one host, RFC 9113 section 8.3.1.
///
/// What decides by the host looks at `:authority`; a request that names it by `Host` alone, as one that a gateway made of
/// HTTP/1.1, must not get past that, nor one that says two things.
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

    /// The fields with the host in `:authority` alone; `nil` where they name several.
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
