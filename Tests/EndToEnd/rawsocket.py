# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A WebSocket client on plain sockets, for tests that no library allows: 1,000 connections, no reads, no close."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
import sys
import urllib.parse

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def handshake(url: str, subprotocol: str | None = None, fields: dict | None = None) -> tuple[str, int, bytes]:
    """Returns the host, the port and the bytes of the upgrade request."""
    parts = urllib.parse.urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {parts.hostname}:{parts.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
    ]
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    lines += [f"{name}: {value}" for name, value in (fields or {}).items()]
    return parts.hostname, parts.port, ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(opcode: int, payload: bytes) -> bytes:
    """Returns a masked frame of a client."""
    mask = os.urandom(4)
    length = len(payload)
    head = bytes([0x80 | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", length)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


class FrameReader:
    """Parses bytes into messages and control frames."""

    def __init__(self):
        self.buffer = bytearray()
        self.message = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        self.buffer += data
        frames = []
        while (one := self._next()) is not None:
            final, opcode, payload = one
            if opcode >= 8:
                frames.append((opcode, payload))
                continue
            self.message += payload
            if final:
                frames.append((TEXT, bytes(self.message)))
                self.message.clear()
        return frames

    def _next(self):
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = struct.unpack_from(">H", buffer, 2)[0], 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            length, start = struct.unpack_from(">Q", buffer, 2)[0], 10
        if len(buffer) < start + length:
            return None
        one = (bool(buffer[0] & 0x80), buffer[0] & 0x0F, bytes(buffer[start : start + length]))
        del buffer[: start + length]
        return one


class Watcher(asyncio.Protocol):
    """A watcher on the event loop that stores its messages and its close code."""

    def __init__(self, request: bytes, answers_close: bool = True):
        loop = asyncio.get_running_loop()
        self.request, self.answers_close = request, answers_close
        self.reader, self.head = FrameReader(), bytearray()
        self.upgraded = False
        self.status_line = ""
        self.messages: list[bytes] = []
        self.close_code: int | None = None
        self.first_message = loop.create_future()
        self.finished = loop.create_future()
        self.wanted: tuple[int, asyncio.Future] | None = None

    async def until(self, count: int) -> None:
        """Waits until `count` messages have arrived or the connection has ended."""
        if len(self.messages) < count and not self.finished.done():
            self.wanted = (count, asyncio.get_running_loop().create_future())
            await self.wanted[1]

    def tell(self, force: bool = False) -> None:
        if self.wanted and not self.wanted[1].done() and (force or len(self.messages) >= self.wanted[0]):
            self.wanted[1].set_result(None)

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes):
        if not self.upgraded:
            self.head += data
            head, separator, data = bytes(self.head).partition(b"\r\n\r\n")
            if not separator:
                return
            self.status_line = head.split(b"\r\n")[0].decode()
            self.upgraded = True
            if " 101 " not in self.status_line:
                self.transport.close()
                return
        for opcode, payload in self.reader.feed(data):
            self.received(opcode, payload)

    def received(self, opcode: int, payload: bytes):
        if opcode == TEXT:
            self.messages.append(payload)
            if not self.first_message.done():
                self.first_message.set_result(payload)
            self.tell()
        elif opcode == PING:
            self.transport.write(frame(PONG, payload))
        elif opcode == CLOSE:
            self.close_code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
            if self.answers_close:
                self.transport.write(frame(CLOSE, payload[:2]))

    def connection_lost(self, error):
        if not self.first_message.done():
            self.first_message.set_exception(ConnectionError(f"closed before a message: {self.status_line!r}"))
            self.first_message.exception()
        if not self.finished.done():
            self.finished.set_result(self.close_code)
        self.tell(force=True)

    @property
    def objects(self) -> list[dict]:
        return [json.loads(m) for m in self.messages]


async def connect(url: str, subprotocol: str | None = None) -> Watcher:
    """Connects a watcher; returns before the response to the upgrade request."""
    host, port, request = handshake(url, subprotocol)
    _, watcher = await asyncio.get_running_loop().create_connection(lambda: Watcher(request), host, port)
    return watcher


async def connect_many(count: int, url: str, subprotocol: str | None = None) -> list[Watcher]:
    """Connects many watchers in groups of 100, and waits for the first message of each."""
    watchers: list[Watcher] = []
    for start in range(0, count, 100):
        group = [connect(url, subprotocol) for _ in range(min(100, count - start))]
        watchers += await asyncio.gather(*group)
    await asyncio.gather(*(w.first_message for w in watchers))
    return watchers


class BlockingSocket:
    """A watcher that reads only when a test calls it."""

    def __init__(
        self, url: str, subprotocol: str | None = None, receive_buffer: int | None = None, fields: dict | None = None
    ):
        host, port, request = handshake(url, subprotocol, fields)
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect((host, port))
        self.socket.sendall(request)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                break
            head += byte
        self.head = head.decode(errors="replace")
        self.reader = FrameReader()
        self.waiting: list[tuple[int, bytes]] = []
        self.close_code: int | None = None

    def next(self) -> dict | None:
        """Returns the next message, or None after the end of the connection."""
        while True:
            while self.waiting:
                opcode, payload = self.waiting.pop(0)
                if opcode == TEXT:
                    return json.loads(payload)
                if opcode == PING:
                    self.socket.sendall(frame(PONG, payload))
                elif opcode == CLOSE:
                    self.close_code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
                    self.socket.sendall(frame(CLOSE, payload[:2]))
            data = self.socket.recv(65536)
            if not data:
                return None
            self.waiting += self.reader.feed(data)

    def rest(self) -> list[dict]:
        messages = []
        while (message := self.next()) is not None:
            messages.append(message)
        return messages

    def send_text(self, text: str) -> None:
        self.socket.sendall(frame(TEXT, text.encode()))

    def vanish(self) -> None:
        """Closes the socket without a close frame, and on Linux also without a TCP packet."""
        linux_tcp_repair = 19
        try:
            if sys.platform != "linux":
                raise OSError("no repair mode")
            self.socket.setsockopt(socket.IPPROTO_TCP, linux_tcp_repair, 1)
        except OSError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
