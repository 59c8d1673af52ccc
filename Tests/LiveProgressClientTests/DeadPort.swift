// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A port of 127.0.0.1 that refuses connections, because a ``DeadPort`` binds the port and never listens.
///
/// The binding keeps other tests from using the port during the life of the ``DeadPort``.
final class DeadPort {
    private let descriptor: CInt
    let url: String

    init() throws {
        #if canImport(Glibc)
            let type = CInt(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        descriptor = socket(AF_INET, type, 0)
        // Port 0: the kernel assigns a free port.
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        guard isBound else { throw CancellationError() }
    }

    deinit { close(descriptor) }

    /// Runs the body with the URL of a ``DeadPort``.
    static func with<Value>(_ body: (_ url: String) async throws -> Value) async throws -> Value {
        let port = try DeadPort()
        let value = try await body(port.url)
        withExtendedLifetime(port) {}
        return value
    }
}
