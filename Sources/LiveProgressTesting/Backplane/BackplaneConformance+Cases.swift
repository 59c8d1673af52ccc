// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension BackplaneConformance {
    static let records = [
        BackplaneConformance("one of several writers wins", 1, 5) { bench in
            var last: UInt64 = 0
            for round in 0..<30 {
                let outcomes = await withTaskGroup(of: (String, BackplaneError.Code?).self) { [last] group in
                    for node in bench.nodes {
                        group.addTask {
                            let code = await bench.code { () async throws(BackplaneError) in
                                _ = try await node.backplane.write(
                                    .sample(round, by: node.name),
                                    of: "x",
                                    expecting: last
                                )
                            }
                            return (node.name, code)
                        }
                    }
                    return await group.reduce(into: [(String, BackplaneError.Code?)]()) { $0.append($1) }
                }
                let winners = outcomes.filter { $0.1 == nil }.map(\.0)
                try bench.expect(winners.count, 1, "the number of winners in round \(round)")
                try bench.expect(outcomes.compactMap(\.1), [.conflict, .conflict], "the errors of the other writers")
                guard let record = try await bench.first.read("x") else {
                    throw bench.violation("the record is missing")
                }
                try bench.expect([record.owner], winners, "the owner of the record")
                last = record.sequence
            }
        },
        BackplaneConformance("every node reads an acknowledged write", 2) { bench in
            var last: UInt64 = 0
            for round in 0..<100 {
                last = try await bench.nodes[round % 3].backplane.write(.sample(round), of: "x", expecting: last)
                let read = try await bench.nodes[(round + 1) % 3].backplane.read("x")
                try bench.expect(read?.sequence, last, "the sequence in round \(round)")
                try bench.expect(read.map { text($0.payload) }, "\(round)", "the record in round \(round)")
            }
            try bench.expect(try await bench.first.read("y"), nil, "the record of an unknown operation")
        },
        BackplaneConformance("the history has no gap", 3, 6) { bench in
            try bench.expect(try await bench.first.history(of: "x"), [], "the history of an unknown operation")
            var written: [UInt64] = []
            for round in 0..<10 {
                written.append(try await bench.first.write(.sample(round), of: "x", expecting: written.last ?? 0))
                _ = try await bench.first.write(
                    .sample(round),
                    of: ProgressID("other-\(round)") ?? ProgressID(),
                    expecting: 0
                )
            }
            try bench.expect(written, Array(Set(written)).sorted(), "the sequences")
            let history = try await bench.second.history(of: "x")
            try bench.expect(history.map(\.sequence), Array(written.suffix(history.count)), "the kept sequences")
            guard history.count > 1 else { throw bench.violation("only the newest record is kept") }
            try bench.expect(
                history.dropFirst().map(\.previous),
                history.dropLast().map(\.sequence),
                "the records before"
            )
        },
        BackplaneConformance("a scan finds each operation once", 7) { bench in
            for number in 0..<50 {
                guard let id = ProgressID("op-\(number)") else { continue }
                let sequence = try await bench.first.write(.sample(0, by: "a"), of: id, expecting: 0)
                if number % 2 == 0 {
                    _ = try await bench.second.write(.sample(1, by: "b"), of: id, expecting: sequence)
                }
            }
            let found = try await bench.second.scan()
            let expected = (0..<50).map { "op-\($0) \($0 % 2 == 0 ? "b" : "a")" }
            try bench.expect(found.map { "\($0.id) \($0.owner)" }.sorted(), expected.sorted(), "the operations")
            try bench.expect(found.allSatisfy(\.payload.isEmpty), true, "whether there are no payloads")
        },
        BackplaneConformance("a record with a lifetime is forgotten", 8) { bench in
            var last: UInt64 = 0
            for round in 0..<3 { last = try await bench.first.write(.sample(round), of: "x", expecting: last) }
            _ = try await bench.first.write(.sample(3, for: .seconds(1)), of: "x", expecting: last)
            try bench.expect(try await bench.second.read("x").map { text($0.payload) }, "3", "the last record")
            try await bench.medium.pass(.seconds(2))
            for node in bench.nodes {
                try bench.expect(try await node.backplane.read("x"), nil, "the record after its lifetime")
            }
            try bench.expect(try await bench.second.history(of: "x"), [], "the history after the lifetime")
            try bench.expect(try await bench.second.scan(), [], "the scan after the lifetime")
            _ = try await bench.first.write(.sample(4), of: "x", expecting: 0)
        },
    ]

    static let subscriptions = [
        BackplaneConformance("a subscriber receives every later record", 3, 4) { bench in
            var last = try await bench.first.write(.sample(0), of: "x", expecting: 0)
            let received = Collected<BackplaneRecord>()
            let subscription = try await bench.second.subscribe(to: "x", receive: received.append)
            var sequences: [UInt64] = []
            let before = last
            for round in 1...50 {
                last = try await bench.nodes[round % 3].backplane.write(.sample(round), of: "x", expecting: last)
                sequences.append(last)
            }
            let records = await received.wait(for: 50)
            try bench.expect(records.map(\.sequence), sequences, "the sequences")
            try bench.expect(records.map(\.previous), [before] + sequences.dropLast(), "the sequences before")
            try bench.expect(records.map { text($0.payload) }, (1...50).map { "\($0)" }, "the records")
            bench.second.unsubscribe(subscription)
        },
        BackplaneConformance("a subscriber receives no other operation", 4) { bench in
            let (wanted, all) = (Collected<String>(), Collected<String>())
            let one = try await bench.second.subscribe(to: "x") { wanted.append("\($0.id)") }
            let other = try await bench.second.subscribe(to: "y.z") { all.append("\($0.id)") }
            for id in ["y.z", "z", "x.y", "x"] as [ProgressID] {
                _ = try await bench.first.write(.sample(0), of: id, expecting: 0)
            }
            _ = await all.wait(for: 1)
            try bench.expect(await wanted.wait(for: 1), ["x"], "the received operations")
            try bench.expect(all.all, ["y.z"], "the operations of the other subscriber")
            for subscription in [one, other] { bench.second.unsubscribe(subscription) }
        },
        BackplaneConformance("an ended subscription receives nothing", 4) { bench in
            let (ended, open) = (Collected<UInt64>(), Collected<UInt64>())
            let first = try await bench.second.subscribe(to: "x") { ended.append($0.sequence) }
            let second = try await bench.second.subscribe(to: "x") { open.append($0.sequence) }
            let sequence = try await bench.first.write(.sample(0), of: "x", expecting: 0)
            _ = await (ended.wait(for: 1), open.wait(for: 1))
            bench.second.unsubscribe(first)
            _ = try await bench.first.write(.sample(1), of: "x", expecting: sequence)
            _ = await open.wait(for: 2)
            try bench.expect(ended.all, [sequence], "the records of the ended subscription")
            bench.second.unsubscribe(second)
        },
    ]

    static let messages = [
        BackplaneConformance("a request reaches its node and no other", 9) { bench in
            for round in 0..<20 {
                for node in bench.nodes {
                    let answer = try await bench.first.request(
                        Array("\(round)".utf8),
                        to: node.name,
                        within: .seconds(60)
                    )
                    try bench.expect(text(answer), "\(node.name): \(round)", "the response")
                }
            }
            let clock = ContinuousClock()
            let code = await bench.code { () async throws(BackplaneError) in
                _ = try await bench.first.request([], to: "d", within: .seconds(600))
            }
            try bench.expect(code, .noNode, "the error for an unknown node")
            await bench.nodes[2].backplane.leave()
            let begin = clock.now
            var later: BackplaneError.Code?
            repeat {
                // The servers of a backplane tell each other of the node's end; a request before that is lost.
                later = await bench.code { () async throws(BackplaneError) in
                    _ = try await bench.first.request([], to: "c", within: .seconds(1))
                }
            } while later == .unknownOutcome && clock.now - begin < .seconds(60)
            try bench.expect(later, .noNode, "the error for a node that has left")
            try bench.expect(clock.now - begin < .seconds(300), true, "whether the request failed without waiting")
        },
        BackplaneConformance("a node that leaves responds to what it has received", 9) { bench in
            let node = bench.nodes[2]
            let message = Array(BackplaneBench.Node.held.utf8)
            async let answer = bench.first.request(message, to: node.name, within: .seconds(60))
            _ = await node.received.wait(for: 1)
            async let left: Void = node.backplane.leave()
            try await bench.medium.pass(.milliseconds(300))
            node.release.append(true)
            do {
                try bench.expect(text(try await answer), "c: held", "the response")
            } catch let error as BackplaneError {
                throw bench.violation("the response was lost: \(error)")
            }
            await left
        },
        BackplaneConformance("an announcement reaches all other nodes", 10) { bench in
            for round in 0..<20 { bench.nodes[round % 3].backplane.announce(Array("\(round)".utf8)) }
            for (index, node) in bench.nodes.enumerated() {
                let expected = (0..<20).filter { $0 % 3 != index }.map { "\($0)" }
                let heard = await node.heard.wait(for: expected.count)
                try bench.expect(heard.sorted(), expected.sorted(), "what \(node.name) heard")
            }
        },
    ]
}
