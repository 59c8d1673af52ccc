// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import OrderedCollections

/// The members of a JSON object, in the order in which they were given.
///
/// Look-up by name takes constant time; names are the same when their code points are. Two objects are equal when they have the same members in the same order.
public struct JSONObject: Sendable, Hashable {
    private var members: OrderedDictionary<JSONName, JSONValue>

    /// An object without members.
    public init() {
        members = [:]
    }

    /// An object of these members; of members with the same name the last value counts, at the first one's place.
    public init(_ elements: some Sequence<(String, JSONValue)>) {
        members = OrderedDictionary(
            elements.lazy.map { (JSONName(text: $0), $1) },
            uniquingKeysWith: { _, last in last }
        )
    }

    /// The member of that name; assigning `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get { members[JSONName(text: name)] }
        set { members[JSONName(text: name)] = newValue }
    }

    /// The names of the members, in order.
    public var names: [String] {
        members.keys.map(\.text)
    }
}

extension JSONObject: RandomAccessCollection {
    /// A member: its name and its value.
    public typealias Element = (name: String, value: JSONValue)

    /// The first position.
    public var startIndex: Int { 0 }

    /// The position after the last member.
    public var endIndex: Int { members.count }

    /// The member at a position.
    public subscript(position: Int) -> Element {
        let (name, value) = members.elements[position]
        return (name.text, value)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object; of members with the same name the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}
