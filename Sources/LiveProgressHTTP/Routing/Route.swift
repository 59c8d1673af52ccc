// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

/// One of the three kinds of resources, with the methods that each takes.
enum Route: Equatable {
    /// `/api/v1/progress`, or where else the API is mounted: all operations.
    case collection
    /// `/api/v1/progress/{id}`: one operation; `nil` where the text can be no identifier.
    case operation(ProgressID?)
    /// `/api/v1/progress/{id}/cancel`: asking one operation to stop.
    case cancel(ProgressID?)

    /// The resource at a path, or `nil` where there is none.
    init?(path: some StringProtocol, under base: String = ProgressRoutes.base) {
        switch ProgressRoutes.route(ofPath: path, under: base) {
        case .collection: self = .collection
        case .operation(let id): self = .operation(id)
        case .cancellation(let id): self = .cancel(id)
        case nil:
            guard path.utf8.starts(with: "\(base)/".utf8) else { return nil }
            let rest = path.dropFirst(base.count + 1)
            let segments = rest.split(separator: "/", omittingEmptySubsequences: false)
            switch (segments.count, segments.last) {
            case (1, _): self = .operation(nil)
            case (2, "cancel") where !segments[0].isEmpty: self = .cancel(nil)
            default: return nil
            }
        }
    }

    /// The methods that the resource takes, in the order of `Allow`.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .collection: [.get, .head, .options, .post]
        case .operation: [.delete, .get, .head, .options, .patch, .put]
        case .cancel: [.options, .post]
        }
    }

    /// The value of the `Allow` field.
    var allow: String {
        methods.map(\.rawValue).joined(separator: ", ")
    }
}
