// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("The state machine of a connection")
struct WebSocketConnectionTests {
    /// A state machine, and texts that describe its actions, with written frames decoded.
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

    @Test("The server answers a client's close with the same code, and closes its output first")
    func peerCloses() {
        var driver = Driver()
        let told = driver.after { $0.received(clientClose(3001)) }
        #expect(told == ["stopSending", "write close 3001", "closed 3001", "closeOutput", "timer 5"])
        #expect(driver.after { $0.inputClosed() } == ["stopTimer", "closeChannel"])
        #expect(driver.after { $0.channelClosed() } == [])
    }

    @Test("A client waits for the server to close the channel, until a timeout")
    func serverCloses() {
        var driver = Driver(role: .client)
        let close = FrameEncoder(role: .server).encode(.close, WebSocketCloseReason(code: 1000).payload)
        #expect(
            driver.after { $0.received(close) } == ["stopSending", "write close 1000", "closed 1000", "timer 5"]
        )
        #expect(driver.after { $0.timerFired() } == ["stopTimer", "closeChannel"])
    }

    @Test("The machine sends its close once, waits for the answer, and then closes the channel")
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

    @Test("The machine does not write a close frame again after the caller has written it")
    func closeIsWritten() {
        var driver = Driver()
        #expect(driver.after { $0.close(.init(code: 1000), isWritten: true) } == ["stopSending", "timer 5"])
    }

    @Test("A peer that does not answer the close is disconnected after the timeout")
    func closeTimeout() {
        var driver = Driver()
        _ = driver.after { $0.close(.init(code: 1000)) }
        #expect(driver.after { $0.timerFired() } == ["stopTimer", "closed 1006", "closeChannel"])
    }

    @Test("Invariant 5: a slow peer gets more time to read data before the close, up to a limit")
    func closeTimeoutWhileSlow() {
        var driver = Driver()
        _ = driver.after { $0.writabilityChanged(false) }
        _ = driver.after { $0.close(.init(code: 1000), isWritten: true) }
        for _ in 0..<6 { #expect(driver.after { $0.timerFired() } == ["timer 5"]) }
        #expect(driver.after { $0.timerFired() } == ["stopTimer", "closed 1006", "closeChannel"])
    }

    @Test("Invariant 11: after a violation, the machine sends the close code and reads nothing more")
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

    @Test("A violation during the close does not cause a second close frame")
    func violationWhileClosing() {
        var driver = Driver()
        _ = driver.after { $0.close(.init(code: 1000)) }
        #expect(driver.after { $0.received(.hex("c1")) } == ["closed 1002", "closeOutput", "timer 5"])
    }

    @Test("Frames after a close frame are ignored")
    func behindClose() {
        var driver = Driver()
        let told = driver.after { machine in
            machine.received(clientClose(1000))
            machine.received(.hex("ff ff ff"))
        }
        #expect(told == ["stopSending", "write close 1000", "closed 1000", "closeOutput", "timer 5"])
    }

    @Test("Pings between fragments are answered with their payload")
    func pings() {
        var driver = Driver()
        let told = driver.after { machine in
            machine.received(clientFrame(.text, "a", isFinal: false))
            machine.received(clientFrame(.ping, "four"))
            machine.received(clientFrame(.continuation, "b"))
        }
        #expect(told == ["write pong 4", "deliver ab"])
    }

    @Test("Invariant 10: while the peer does not read, the machine remembers only the latest ping")
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

    @Test("The heartbeat sends a ping, waits for the pong, and starts again")
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

    @Test("A ping without its pong closes the connection; other pongs do not help")
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

    @Test("A peer that does not read receives no ping and gets one more interval")
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

    @Test("A peer that closes its half without a close frame ends the connection as broken")
    func halfClose() {
        var driver = Driver()
        #expect(
            driver.after { $0.inputClosed() }
                == ["stopSending", "write close 1002", "stopTimer", "closed 1006", "closeChannel"]
        )
    }

    @Test("The end of the channel is reported once")
    func channelClosed() {
        var driver = Driver()
        #expect(driver.after { $0.channelClosed() } == ["stopSending", "stopTimer", "closed 1006"])
        #expect(driver.after { $0.channelClosed() } == [])
    }

    @Test(
        "With random frames and events, nothing is delivered after the close, and the end is reported once",
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
