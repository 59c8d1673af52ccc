# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Many WebSocket watchers in one thread. Linux only."""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import struct
import time

IP_BIND_ADDRESS_NO_PORT = 24
ADDRESSES = 16
IN_FLIGHT = 128


class Watcher:
    """One WebSocket: reads frames, answers pings, and follows the revisions of its operation."""

    __slots__ = ("bytes", "is_open", "operation", "pings", "problem", "revision", "socket", "times")

    def __init__(self, operation: int, path: str, source: str, address: tuple[str, int]) -> None:
        self.operation, self.revision, self.pings = operation, -1, 0
        self.is_open, self.problem = False, ""
        self.bytes, self.times = b"", None
        self.socket = socket.socket()
        # The system chooses the port on connect, when it knows the peer, so that each source address can use all ports.
        self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((source, 0))
        self.socket.connect(address)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: live-progress.v1\r\n\r\n".encode()
        )
        self.socket.setblocking(False)

    def readable(self) -> None:
        try:
            received = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            received, self.problem = b"", str(error)
        if not received:
            self.problem = self.problem or "closed"
            return
        self.bytes += received
        if not self.is_open and not self.read_answer():
            return
        while self.read_frame():
            pass

    def read_answer(self) -> bool:
        head, mark, rest = self.bytes.partition(b"\r\n\r\n")
        if not mark:
            return False
        if not head.startswith(b"HTTP/1.1 101 "):
            self.problem = head.decode(errors="replace").splitlines()[0]
            return False
        self.is_open, self.bytes = True, rest
        return True

    def read_frame(self) -> bool:
        if len(self.bytes) < 2:
            return False
        kind, length, start = self.bytes[0], self.bytes[1], 2
        if length == 126:
            start = 4
            length = int.from_bytes(self.bytes[2:4], "big")
        if len(self.bytes) < start + length:
            return False
        payload, self.bytes = self.bytes[start : start + length], self.bytes[start + length :]
        if kind == 0x81:
            self.receive(json.loads(payload))
        elif kind == 0x89:
            self.pings += 1
            self.socket.send(struct.pack("!BBI", 0x8A, 0x80 | length, 0) + payload)
        else:
            self.problem = f"a frame {kind:#x}: {payload!r}"
        return True

    def receive(self, message: dict) -> None:
        if self.times is not None and isinstance(message["details"], dict):
            self.times.append(time.monotonic_ns() - message["details"]["t"])
        if message.get("skipped", 0) or self.revision not in (-1, message["revision"] - 1):
            self.problem = f"revision {message['revision']} after {self.revision}"
        self.revision = message["revision"]


class Crowd:
    """All watchers, driven by one thread."""

    def __init__(self) -> None:
        self.watchers: list[Watcher] = []
        self.poll = select.epoll()
        self.by_descriptor: dict[int, Watcher] = {}

    def add(self, watcher: Watcher) -> None:
        self.watchers.append(watcher)
        self.by_descriptor[watcher.socket.fileno()] = watcher
        self.poll.register(watcher.socket.fileno(), select.EPOLLIN)

    def turn(self, seconds: float) -> None:
        for descriptor, _ in self.poll.poll(seconds, 1024):
            watcher = self.by_descriptor[descriptor]
            watcher.readable()
            if watcher.problem:
                self.poll.unregister(descriptor)

    def run(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            self.turn(left)

    def wait(self, done, seconds: float) -> None:
        """Runs until `done` is true, but no longer than the given number of seconds."""
        deadline = time.monotonic() + seconds
        while not done() and time.monotonic() < deadline:
            self.turn(0.1)

    def connect(self, count: int, paths: list[str], address: tuple[str, int]) -> None:
        """Connects watchers to the paths in turn; returns when each has received its first message."""
        waiting: list[Watcher] = []
        for number in range(count):
            operation = number % len(paths)
            source = f"127.0.0.{2 + number % ADDRESSES}"
            self.add(Watcher(operation, paths[operation], source, address))
            waiting.append(self.watchers[-1])
            while len(waiting) >= IN_FLIGHT:
                self.turn(1)
                waiting = [w for w in waiting if w.revision < 0 and not w.problem]
        self.wait(lambda: all(w.revision >= 0 or w.problem for w in waiting), 30)
