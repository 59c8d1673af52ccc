# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A raw connection to a server, with parsers for HTTP responses and WebSocket frames."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path

from rawsocket import CLOSE, PING, PONG, TEXT, frame

PATIENCE = 15.0
"""The time limit in seconds for a response without an expected delay; high, because the processors may be busy."""


class Unmet(Exception):
    """An expected response or frame did not arrive."""


@dataclass
class Response:
    """An HTTP/1.1 response; header names are in lower case."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known == name.lower()]

    def value(self, name: str) -> str | None:
        values = self.values(name)
        return ", ".join(values) if values else None


@dataclass
class Conversation:
    """A connection that records its bytes for the message of a failed row."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sent: bytearray = field(default_factory=bytearray)
    came: bytearray = field(default_factory=bytearray)
    buffer: bytearray = field(default_factory=bytearray)
    has_ended: bool = False
    names: tuple[int, int] = (0, 0)
    """The port of the client, and the port of the server."""

    @classmethod
    async def open(cls, port: int, address: str, receive_buffer: int | None = None) -> "Conversation":
        """Connects from the given loopback address."""
        plug = socket.socket()
        plug.setblocking(False)
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plug.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", port))
        # The limit is small, so that unread bytes stay in the buffers of the system.
        reader, writer = await asyncio.open_connection(sock=plug, limit=16 * 1024)
        return cls(reader, writer, names=(plug.getsockname()[1], port))

    async def send(self, data: bytes) -> None:
        """Sends bytes; ignores a closed connection, because the response shows the reason."""
        self.sent += data[: max(0, 4096 - len(self.sent))]
        with contextlib.suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    def send_now(self, data: bytes) -> None:
        """Sends a few bytes directly, without the event loop."""
        self.sent += data[: max(0, 4096 - len(self.sent))]
        with contextlib.suppress(OSError):
            os.write(self.writer.get_extra_info("socket").fileno(), data)

    def close(self) -> None:
        with contextlib.suppress(ConnectionError):
            self.writer.close()

    def reset(self) -> None:
        """Closes the connection with an RST instead of a FIN."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    def is_held_by_server(self) -> bool:
        """Returns whether the server still has a descriptor for the connection; the system may still have bytes to send."""
        here, there = self.names
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            local, remote, inode = (line.split()[n] for n in (1, 2, 9))
            if local.endswith(f":{there:04X}") and remote.endswith(f":{here:04X}"):
                return inode != "0"
        return False

    async def read_some(self, seconds: float) -> bool:
        """Waits for more bytes; returns False after the end of the connection."""
        if self.has_ended:
            return False
        try:
            data = await asyncio.wait_for(self.reader.read(65536), seconds)
        except ConnectionError:
            data = b""
        except asyncio.TimeoutError:
            raise Unmet(f"nothing arrived within {seconds:g} s") from None
        self.came += data[: max(0, 4096 - len(self.came))]
        self.buffer += data
        self.has_ended = not data
        return not self.has_ended

    async def need(self, count: int, seconds: float) -> None:
        while len(self.buffer) < count:
            if not await self.read_some(seconds):
                raise Unmet(f"the connection ended, {count - len(self.buffer)} bytes before the end of the data")

    def take(self, count: int) -> bytes:
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    # HTTP

    async def line(self, seconds: float) -> bytes:
        while (end := self.buffer.find(b"\r\n")) < 0:
            if not await self.read_some(seconds):
                raise Unmet("the connection ended without an answer" if not self.buffer else "an answer was cut off")
        return self.take(end + 2)[:-2]

    async def response(self, seconds: float = PATIENCE, to_head: bool = False) -> Response:
        """Returns the next response with its body."""
        version, _, rest = (await self.line(seconds)).partition(b" ")
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not rest[:3].isdigit():
            raise Unmet("the received bytes are not an HTTP/1.1 response")
        response = Response(int(rest[:3]), [])
        while line := await self.line(seconds):
            name, _, value = line.decode("latin-1").partition(":")
            response.fields.append((name.lower(), value.strip()))
        if not to_head and response.status >= 200 and response.status not in (204, 304):
            response.body = await self.body(response, seconds)
        return response

    async def body(self, response: Response, seconds: float) -> bytes:
        if "chunked" in (response.value("transfer-encoding") or ""):
            body = b""
            while size := int(await self.line(seconds), 16):
                await self.need(size + 2, seconds)
                body += self.take(size)
                self.take(2)
            await self.line(seconds)
            return body
        length = response.value("content-length")
        if length is not None:
            await self.need(int(length), seconds)
            return self.take(int(length))
        while await self.read_some(seconds):
            pass
        return self.take(len(self.buffer))

    # WebSocket

    async def frame(self, seconds: float = PATIENCE) -> tuple[int, bytes] | None:
        """Returns the next frame, or `None` at the end; the server does not fragment messages."""
        try:
            await self.need(2, seconds)
        except Unmet:
            if self.has_ended and not self.buffer:
                return None
            raise
        first, second = self.buffer[0], self.buffer[1]
        if first & 0x70 or not first & 0x80 or second & 0x80:
            raise Unmet(f"the server's frame begins with {first:#04x} {second:#04x}")
        length, start = second & 0x7F, 2
        if length > 125:
            start = 4 if length == 126 else 10
            await self.need(start, seconds)
            length = int.from_bytes(self.buffer[2:start], "big")
        await self.need(start + length, seconds)
        return first & 0x0F, self.take(start + length)[start:]

    async def frame_but(self, skipped: tuple, seconds: float = PATIENCE) -> tuple[int, bytes] | None:
        """Returns the next frame whose kind is not in `skipped`; answers skipped pings."""
        while (one := await self.frame(seconds)) is not None:
            if one[0] not in skipped:
                return one
            if one[0] == PING:
                await self.send(frame(PONG, one[1]))
        return None


def name_of(one: tuple[int, bytes] | None) -> str:
    """Returns a description of a frame."""
    if one is None:
        return "the end of the connection"
    opcode, payload = one
    if opcode == CLOSE:
        code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else "without a code"
        return f"a close {code} {payload[2:].decode(errors='replace')!r}"
    kind = {TEXT: "a text", 2: "bytes", PING: "a ping", PONG: "a pong"}.get(opcode, f"opcode {opcode}")
    return f"{kind} {payload[:200]!r}"


def parsed(body: bytes) -> dict:
    try:
        value = json.loads(body)
    except ValueError:
        raise Unmet(f"the body is not JSON: {body[:200]!r}") from None
    if not isinstance(value, dict):
        raise Unmet(f"the body is not a JSON object: {body[:200]!r}")
    return value
