// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("The connection as a state machine")
struct WebSocketConnectionTests {
    /// A machine and what it asked for, written frames decoded.
    struct Driver {
        var machine: WebSocketConnection
        let reader: WebSocketRole

        init(role: WebSocketRole = .server, configuration: WebSocketConfiguration = WebSocketConfiguration()) {
            machine = WebSocketConnection(role: role, configuration: configuration)
            reader = role == .server ? .client : .server
        }

        mutating func after(_ event: (inout WebSocketConnection) -> Void) -> [String] {
            event(&machine)
            var told: [String] = []
            while let action = machine.next() { told.append(describe(action)) }
            return told
        }

        private func describe(_ action: WebSocketConnection.Action) -> String {
            switch action {
            case .write(let bytes):
                decode([bytes], as: reader).frames.map { frame in
                    closeCode(frame).map { "write close \($0)" } ?? "write \(frame.opcode) \(frame.payload.utf8.count)"
                }.joined(separator: ", ")
            case .deliver(let message): "deliver \(message.payload.text)"
            case .stopSending: "stopSending"
            case .startTimer(let time): "timer \(time.components.seconds)"
            case .stopTimer: "stopTimer"
            case .closeOutput: "closeOutput"
            case .closeChannel: "closeChannel"
            case .closed(let reason): "closed \(reason.code)"
            }
        }
    }

    @Test("A client's close is answered with its code, and the server ends the channel first")
    func peerCloses() {
        var driver = Driver()
        let told = driver.after { $0.received(clientClose(3001)) }
        #expect(told == ["stopSending", "write close 3001", "closed 3001", "closeOutput", "timer 5"])
        #expect(driver.after { $0.inputClosed() } == ["stopTimer", "closeChannel"])
        #expect(driver.after { $0.channelClosed() } == [])
    }

    @Test("A client leaves it to the server to end the channel, for so long")
    func serverCloses() {
        var driver = Driver(role: .client)
        let close = FrameEncoder(role: .server).encode(.close, WebSocketCloseReason(code: 1000).payload)
        #expect(
            driver.after { $0.received(close) } == ["stopSending", "write close 1000", "closed 1000", "timer 5"]
        )
        #expect(driver.after { $0.timerFired() } == ["stopTimer", "closeChannel"])
    }

    @Test("Our close is sent once, waits for the answer, and then ends the channel")
    func weClose() {
        var driver = Driver()
        #expect(
            driver.after { $0.close(.init(code: 1001)) } == ["stopSending", "write close 1001", "timer 5"]
        )
        #expect(driver.after { $0.close(.init(code: 1000)) } == [])
        #expect(driver.after { $0.received(clientFrame(.text, "late")) } == [])
        #expect(driver.after { $0.received(clientFrame(.ping, "late")) } == [])
        #expect(driver.after { $0.received(clientClose(1001)) } == ["closed 1001", "closeOutput", "timer 5"])
    }

    @Test("A close frame that was written behind the last message is not written again")
    func closeIsWritten() {
        var driver = Driver()
        #expect(driver.after { $0.close(.init(code: 1000), isWritten: true) } == ["stopSending", "timer 5"])
    }

    @Test("A peer that does not answer our close is cut off after the timeout")
    func closeTimeout() {
        var driver = Driver()
        _ = driver.after { $0.close(.init(code: 1000)) }
        #expect(driver.after { $0.timerFired() } == ["stopTimer", "closed 1006", "closeChannel"])
    }

    @Test("Invariant 5: a slow peer gets more time to read what stands before the close, but not for ever")
    func closeTimeoutWhileSlow() {
        var driver = Driver()
        _ = driver.after { $0.writabilityChanged(false) }
        _ = driver.after { $0.close(.init(code: 1000), isWritten: true) }
        for _ in 0..<6 { #expect(driver.after { $0.timerFired() } == ["timer 5"]) }
        #expect(driver.after { $0.timerFired() } == ["stopTimer", "closed 1006", "closeChannel"])
    }

    @Test("Invariant 11: after a violation the close frame says why and nothing more is read")
    func violation() {
        var driver = Driver()
        let told = driver.after { machine in
            machine.received(clientFrame(.text, "good"))
            machine.received(.hex("c1 80 00000000"))
            machine.received(clientFrame(.text, "unseen"))
        }
        #expect(
            told == ["deliver good", "stopSending", "write close 1002", "closed 1002", "closeOutput", "timer 5"]
        )
        #expect(driver.after { $0.received(clientFrame(.text, "unseen")) } == [])
        #expect(driver.after { $0.timerFired() } == ["stopTimer", "closeChannel"])
    }

    @Test("A violation while closing is not answered by a second close frame")
    func violationWhileClosing() {
        var driver = Driver()
        _ = driver.after { $0.close(.init(code: 1000)) }
        #expect(driver.after { $0.received(.hex("c1")) } == ["closed 1002", "closeOutput", "timer 5"])
    }

    @Test("Frames behind a close frame are not looked at")
    func behindClose() {
        var driver = Driver()
        let told = driver.after { machine in
            machine.received(clientClose(1000))
            machine.received(.hex("ff ff ff"))
        }
        #expect(told == ["stopSending", "write close 1000", "closed 1000", "closeOutput", "timer 5"])
    }

    @Test("Pings are answered between fragments, with their payload")
    func pings() {
        var driver = Driver()
        let told = driver.after { machine in
            machine.received(clientFrame(.text, "a", isFinal: false))
            machine.received(clientFrame(.ping, "four"))
            machine.received(clientFrame(.continuation, "b"))
        }
        #expect(told == ["write pong 4", "deliver ab"])
    }

    @Test("Invariant 10: while the peer does not read, only its latest ping is remembered")
    func owedPong() {
        var driver = Driver()
        let told = driver.after { machine in
            machine.writabilityChanged(false)
            for length in 1...100 { machine.received(clientFrame(.ping, String(repeating: "p", count: length))) }
        }
        #expect(told == [])
        #expect(driver.after { $0.writabilityChanged(true) } == ["write pong 100"])
        #expect(driver.after { $0.writabilityChanged(true) } == [])
    }

    @Test("The heartbeat pings, waits, and begins again")
    func heartbeat() {
        var driver = Driver()
        #expect(driver.after { $0.opened() } == ["timer 25"])
        for _ in 0..<3 {
            #expect(driver.after { $0.timerFired() } == ["write ping 8", "timer 10"])
            let pong = FrameEncoder(role: .client).encode(.pong, ByteBuffer(integer: driver.machine.pingCount))
            #expect(driver.after { $0.received(pong) } == [])
            #expect(driver.after { $0.timerFired() } == ["timer 15"])
        }
    }

    @Test("A ping without an answer closes, whatever other pongs came")
    func missedPong() {
        var driver = Driver()
        _ = driver.after { $0.opened() }
        _ = driver.after { $0.timerFired() }
        _ = driver.after { $0.received(clientFrame(.pong, "other")) }
        #expect(
            driver.after { $0.timerFired() }
                == ["stopSending", "write close 1011", "closed 1011", "closeOutput", "timer 5"]
        )
    }

    @Test("A peer that does not read is not pinged; it has one interval more")
    func heartbeatWhileSlow() {
        var driver = Driver()
        _ = driver.after { $0.writabilityChanged(false) }
        #expect(driver.after { $0.timerFired() } == ["timer 25"])
        _ = driver.after { $0.writabilityChanged(true) }
        #expect(driver.after { $0.timerFired() } == ["write ping 8", "timer 10"])
        _ = driver.after { $0.writabilityChanged(false) }
        #expect(driver.after { $0.timerFired() } == ["timer 25"])
        #expect(driver.after { $0.timerFired() }.contains("closed 1011"))
    }

    @Test("Half-closing without a close frame ends the connection as broken")
    func halfClose() {
        var driver = Driver()
        #expect(
            driver.after { $0.inputClosed() }
                == ["stopSending", "write close 1002", "stopTimer", "closed 1006", "closeChannel"]
        )
    }

    @Test("A channel that breaks is told once")
    func channelClosed() {
        var driver = Driver()
        #expect(driver.after { $0.channelClosed() } == ["stopSending", "stopTimer", "closed 1006"])
        #expect(driver.after { $0.channelClosed() } == [])
    }

    @Test(
        "Random frames and events never deliver after the close, and tell the end once",
        arguments: 0..<200 as Range<UInt64>
    )
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var driver = Driver()
        var told = driver.after { $0.opened() }
        for _ in 0..<60 {
            let choice = Int.random(in: 0..<12, using: &generator)
            told += driver.after { machine in
                switch choice {
                case 0: machine.timerFired()
                case 1: machine.writabilityChanged(Bool.random(using: &generator))
                case 2 where Int.random(in: 0..<10, using: &generator) == 0: machine.close(.init(code: 1000))
                case 3 where Int.random(in: 0..<20, using: &generator) == 0: machine.inputClosed()
                case 4:
                    machine.received(
                        ByteBuffer(bytes: (0..<8).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
                    )
                default:
                    var bytes = clientFrame(.text, "m")
                    while let piece = bytes.readSlice(length: min(2, bytes.readableBytes)), piece.readableBytes > 0 {
                        machine.received(piece)
                    }
                }
            }
        }
        told += driver.after { $0.channelClosed() }
        #expect(told.filter { $0.hasPrefix("closed") }.count == 1)
        #expect(told.filter { $0 == "stopSending" }.count == 1)
        #expect(told.filter { $0.hasPrefix("write close") }.count <= 1)
        let end = told.firstIndex(of: "stopSending") ?? told.endIndex
        #expect(!told[end...].contains { $0.hasPrefix("deliver") || $0.hasPrefix("write text") })
    }
}
