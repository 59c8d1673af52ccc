// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The service manager that has started this process, such as systemd.
package enum ServiceManager {
    /// Sends a message of the protocol `sd_notify(3)`, such as `READY=1`; without a service manager, or if it is busy, does nothing.
    ///
    /// - Returns: Whether the message was sent.
    @discardableResult
    package static func notify(
        _ message: String,
        socket path: String? = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]
    ) -> Bool {
        guard let path, var address = address(of: path) else { return false }
        #if canImport(Darwin)
            let kind = SOCK_DGRAM
        #else
            let kind = Int32(SOCK_DGRAM.rawValue)
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let length = length(of: path)
        let flags = Int32(MSG_DONTWAIT)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                sendto(descriptor, message, message.utf8.count, flags, pointer, length)
            }
        }
        return sent == message.utf8.count
    }

    /// Returns the length of the address; an abstract name ends with the address, not with a zero byte.
    static func length(of path: String) -> socklen_t {
        let rest = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        return socklen_t(rest + path.utf8.count)
    }

    /// Returns the address of a socket by its path; a path that begins with @ names an abstract socket of Linux.
    static func address(of path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.hasPrefix("/") || path.hasPrefix("@"), path.utf8.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: path.utf8)
            if path.hasPrefix("@") { bytes[0] = 0 }
        }
        return address
    }
}
