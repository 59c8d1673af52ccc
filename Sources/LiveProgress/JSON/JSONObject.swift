// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The members of a JSON object, in their original order.
///
/// A look-up by name takes constant time; names are equal if their code points are. Two objects are equal if they have
/// the same members in the same order.
public struct JSONObject: Sendable {
    /// The largest number of members without an index: details have few members, and are made for each report.
    private static let mostWithoutIndex = 8

    /// The members; each name occurs once.
    private var members: [(String, JSONValue)]
    /// The position of each name, or `nil` for few members.
    private var index: [JSONName: Int]?

    /// Creates an object without members.
    public init() {
        members = []
    }

    /// Creates an object; if a name repeats, the last value counts, at the position of the first.
    public init(_ elements: some Sequence<(String, JSONValue)>) {
        self.init(members: Array(elements))
    }

    /// Creates an object; uses the array directly if it has few members and no repeated name.
    init(members elements: [(String, JSONValue)]) {
        if elements.count <= Self.mostWithoutIndex, !Self.hasTwins(elements) {
            members = elements
        } else {
            members = []
            members.reserveCapacity(elements.count)
            for (name, value) in elements { self[name] = value }
        }
    }

    /// The value of the member with a name; assigning `nil` removes the member.
    public subscript(name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].1 } }
        set {
            switch (position(of: name), newValue) {
            case (let position?, let value?): members[position].1 = value
            case (let position?, nil):
                members.remove(at: position)
                if index != nil { makeIndex() }
            case (nil, let value?): append(name, value)
            case (nil, nil): break
            }
        }
    }

    /// The names of the members, in order.
    public var names: [String] {
        members.map(\.0)
    }

    private mutating func append(_ name: String, _ value: JSONValue) {
        members.append((name, value))
        if index != nil {
            index?[JSONName(text: name)] = members.count - 1
        } else if members.count > Self.mostWithoutIndex {
            makeIndex()
        }
    }

    private mutating func makeIndex() {
        guard members.count > Self.mostWithoutIndex else {
            index = nil
            return
        }
        let names = members.enumerated().map { (JSONName(text: $1.0), $0) }
        index = Dictionary(uniqueKeysWithValues: names)
    }

    private func position(of name: String) -> Int? {
        let name = JSONName(text: name)
        if let index { return index[name] }
        return members.firstIndex { JSONName(text: $0.0) == name }
    }

    private static func hasTwins(_ members: [(String, JSONValue)]) -> Bool {
        for later in members.indices.dropFirst() {
            let name = JSONName(text: members[later].0)
            for earlier in 0..<later where JSONName(text: members[earlier].0) == name { return true }
        }
        return false
    }
}

extension JSONObject: Hashable {
    /// Returns whether both objects have the same members in the same order.
    public static func == (one: JSONObject, other: JSONObject) -> Bool {
        one.members.elementsEqual(other.members) { JSONName(text: $0.0) == JSONName(text: $1.0) && $0.1 == $1.1 }
    }

    /// Feeds the members to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(members.count)
        for (name, value) in members {
            hasher.combine(JSONName(text: name))
            hasher.combine(value)
        }
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
        let (name, value) = members[position]
        return (name, value)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Creates an object; if a name repeats, the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(members: elements)
    }
}
