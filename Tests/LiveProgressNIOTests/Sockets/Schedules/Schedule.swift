// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

@_spi(Server) @testable import LiveProgressNIO
@testable import LiveProgressTesting

/// A random schedule of what workers and watchers do to a server; the seed alone decides the order.
///
/// One thread performs all steps, while the server's event loops run freely. No step waits for a time: a stalled client
/// skips a number of steps, and a waiting client waits for expected bytes.
struct Schedule {
    private static let maximumClients = 4
    private static let largestDetails = ScheduleOperation.largestDetails

    let settings: ScheduleSettings
    private(set) var tally = ScheduleTally()
    private var random: SeededGenerator
    private let server: ScheduleServer
    private let makeCodec: () throws -> any ScheduleCodec
    private(set) var operations: [ScheduleOperation] = []
    private var clients: [ScheduleClient] = []

    /// Creates a schedule with its settings and the rest of its random numbers, for the server that was set up for it.
    init(
        settings: ScheduleSettings,
        random: SeededGenerator,
        server: ScheduleServer,
        makeCodec: @escaping () throws -> any ScheduleCodec
    ) {
        self.settings = settings
        self.random = random
        self.server = server
        self.makeCodec = makeCodec
    }

    /// Runs until all connections have ended; throws the first fault.
    mutating func run() throws {
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            operations.append(try ScheduleOperation(service: server.service, settings: settings))
        }
        for _ in 0..<Int.random(in: 1...3, using: &random) { try open() }
        for _ in 0..<Int.random(in: 10...40, using: &random) {
            try step()
            for client in clients where client.stalledSteps > 0 { client.stalledSteps -= 1 }
        }
        try finish()
    }

    /// Opens and closes connections while all operations report without a pause, so that watchers of other operations
    /// immediately reuse the descriptors.
    mutating func runComingAndGoing() throws {
        for _ in 0..<4 { operations.append(try ScheduleOperation(service: server.service, settings: settings)) }
        for _ in 0..<150 {
            for _ in 0..<number(1...3) {
                for operation in operations { try operation.report(size: number(1...2000), using: &random) }
            }
            try readPieces()
            if clients.count == Self.maximumClients, let client = clients.randomElement(using: &random) {
                if number(0...2) == 0 {
                    try client.close(3000)
                    try client.drain()
                } else {
                    client.vanish()
                }
                retire(client)
            }
            try open()
        }
        try finish()
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &random) }
}

// MARK: Steps

extension Schedule {
    private mutating func step() throws {
        let client = clients.randomElement(using: &random)
        let open = client.flatMap { $0.isOpen ? $0 : nil }
        switch number(0...99) {
        case ..<17: try burst()
        case ..<24: try surprise()
        case ..<32: operations.randomElement(using: &random)?.advance(by: Int64(number(1...9)))
        case ..<56: try readPieces()
        case ..<64: for _ in 0..<number(1...5) where open?.isOpen == true { try open?.ping() }
        case ..<69: try open?.requestCancel()
        case ..<71: for _ in 0..<number(1...2) where open?.isOpen == true { try open?.talkNonsense() }
        case ..<77: client?.stalledSteps = number(3...20)
        case ..<81: try open?.settle()
        case ..<85: try open?.catchUp()
        case ..<91: try self.open()
        default: if let open { try leave(open) }
        }
    }

    private mutating func open(_ former: ScheduleClient? = nil) throws {
        guard clients.count < Self.maximumClients,
            let operation = former?.operation ?? operations.randomElement(using: &random)
        else { return }
        let client = try ScheduleClient(
            server: server,
            operation: operation,
            cursor: former?.ledger.lastCursor,
            isFull: former?.isFull ?? (number(0...3) > 0),
            settings: settings,
            codec: makeCodec(),
            random: SeededGenerator(seed: random.next())
        )
        clients.append(client)
    }

    /// Reports without a pause, in one batch or one by one; some reports exceed every buffer.
    private mutating func burst() throws {
        guard let operation = operations.randomElement(using: &random) else { return }
        let isOneByOne = number(0...1) == 0
        let (count, largest) = [(25, 300), (12, 300), (8, 3000), (4, 20_000), (2, Self.largestDetails)][number(0...4)]
        for _ in 0..<number(1...count) {
            try operation.report(size: number(1...largest), using: &random)
            tally.reports += 1
            if isOneByOne { try server.turn() }
        }
    }

    /// Fills the sockets, requests responses that may not fit, then frees space and reports at the same time.
    private mutating func surprise() throws {
        guard let operation = operations.randomElement(using: &random) else { return }
        for _ in 0..<number(0...12) {
            try operation.report(size: number(1...300), using: &random)
            try server.turn()
        }
        let talkative = clients.filter(\.isOpen)
        let isPinging = number(0...2) == 0
        for _ in 0..<number(1...16) {
            for client in talkative where client.isOpen {
                if isPinging { try client.ping() } else { try client.requestCancel() }
            }
        }
        try server.turn()
        let limit = number(1...20_000)
        try server.holdingLoops {
            for client in talkative { try client.receive(upTo: limit) }
            try operation.report(size: number(1...300), using: &random)
        }
    }

    private mutating func readPieces() throws {
        for client in clients where client.stalledSteps == 0 {
            let largest = [7, 100, 3000, 70_000][number(0...3)]
            for _ in 0..<number(1...4) { try client.receive(upTo: number(1...largest)) }
        }
    }

    /// Leaves in a random way; some clients reconnect immediately with their cursor.
    private mutating func leave(_ client: ScheduleClient) throws {
        switch number(0...3) {
        case 0: client.closeHalf()
        case 1: try client.close(UInt16(number(3000...4999)))
        default:
            client.vanish()
            retire(client)
            if number(0...1) == 0 { try open(client) }
        }
    }

    private mutating func retire(_ client: ScheduleClient) {
        clients.removeAll { $0 === client }
        tally.add(client)
    }
}

// MARK: The end

extension Schedule {
    /// Ends all operations in one way, lets every client read to the end, and checks the close codes.
    private mutating func finish() throws {
        let code: UInt16
        switch number(0...3) {
        case 0:
            code = 4510
            for operation in operations { try server.service.deleteProgress(operation.id) }
        case 1:
            code = 1001
            server.hosting.registry.quiesce()
        default:
            code = 1000
            for operation in operations {
                let outcome = [ProgressOutcome.succeeded(result: 7), .failed(ProgressProblem(title: "No")), .cancelled]
                try operation.report(size: number(1...5000), outcome: outcome[number(0...2)], using: &random)
            }
            // A late watcher must receive the end too.
            try open()
        }
        while let client = clients.randomElement(using: &random) {
            try client.drain()
            try check(client, told: code)
            retire(client)
        }
    }

    private func check(_ client: ScheduleClient, told code: UInt16) throws {
        let ledger = client.ledger
        var allowed: Set<UInt16> = [code]
        // At most 16 answers may wait for a client that does not read.
        if ledger.nonsense > 1 || ledger.nonsense + ledger.cancels > 16 { allowed.insert(1008) }
        switch client.leaving {
        case .no, .vanished: break
        case .halfClosed: return
        case .closed(let own): allowed.insert(own)
        }
        guard let told = ledger.closeCode, allowed.contains(told) else {
            throw ScheduleFailure("closed with \(ledger.closeCode as Any), not with one of \(allowed)")
        }
        guard told != 1000 || !client.isFull || ledger.hasEnd else { throw ScheduleFailure("closed without the end") }
        guard told != 1000 || ledger.isCaughtUp else { throw ScheduleFailure("closed without the last report") }
    }
}

/// Counts of what happened in schedules, so that tests can check that each case occurred.
struct ScheduleTally: Sendable {
    var reports = 0
    var clients = 0
    var events = 0
    var jumps = 0
    var pongs = 0
    var errors = 0
    var closeCodes: [UInt16: Int] = [:]

    mutating func add(_ client: ScheduleClient) {
        clients += 1
        events += client.ledger.events
        jumps += client.ledger.jumps
        pongs += client.ledger.pongs
        errors += client.ledger.errors
        if let code = client.ledger.closeCode { closeCodes[code < 3000 || code == 4510 ? code : 3000, default: 0] += 1 }
    }

    static func += (tally: inout ScheduleTally, other: ScheduleTally) {
        tally.reports += other.reports
        tally.clients += other.clients
        tally.events += other.events
        tally.jumps += other.jumps
        tally.pongs += other.pongs
        tally.errors += other.errors
        tally.closeCodes.merge(other.closeCodes, uniquingKeysWith: +)
    }
}
