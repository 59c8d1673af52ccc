// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import LiveProgressGrammar
package import NIOHTTP1

extension HTTPHeaders {
    /// Returns whether a field with this name lists the element; both must be lowercase.
    package func lists(_ option: StaticString, in name: StaticString) -> Bool {
        contains { $0.name.matches(name) && FieldList.lists(option, in: $0.value) }
    }
}
