# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The steps of a row: the actions of a client, and the expected responses and frames.

A step is an object with the method `perform`, which takes the conversation. A missing or wrong response raises `Unmet`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from dataclasses import dataclass, field

from conversation import PATIENCE, Conversation, Unmet, name_of, parsed
from rawsocket import CLOSE, PING, PONG, TEXT, frame

PROBLEM = "urn:live-progress:problem:"


# Actions of a client


@dataclass
class Send:
    """Sends bytes in one piece, or in pieces of a size with a pause between them."""

    data: bytes
    piece: int = 0
    pause: float = 0.0

    async def perform(self, talk: Conversation) -> None:
        if not self.piece:
            return await talk.send(self.data)
        await asyncio.to_thread(self.drip, talk)

    def drip(self, talk: Conversation) -> None:
        """Sends the pieces from a thread, because a busy event loop could make a head slower than its timeout of 10 s."""
        for start in range(0, len(self.data), self.piece):
            talk.send_now(self.data[start : start + self.piece])
            time.sleep(self.pause)


@dataclass
class Drip:
    """Sends a byte at intervals while the connection accepts bytes and the next step waits for the server."""

    data: bytes
    pause: float
    step: object

    async def perform(self, talk: Conversation) -> None:
        async def drip() -> None:
            for byte in self.data:
                await talk.send(bytes([byte]))
                await asyncio.sleep(self.pause)

        dripping = asyncio.ensure_future(drip())
        try:
            await self.step.perform(talk)
        finally:
            dripping.cancel()


class HalfClose:
    """Closes the connection for writing, and continues to read."""

    async def perform(self, talk: Conversation) -> None:
        talk.writer.get_extra_info("socket").shutdown(socket.SHUT_WR)


class Reset:
    """Closes the connection with an RST."""

    async def perform(self, talk: Conversation) -> None:
        talk.reset()


@dataclass
class Wait:
    """Waits without reading."""

    seconds: float

    async def perform(self, talk: Conversation) -> None:
        await asyncio.sleep(self.seconds)


# Expected responses and frames


@dataclass
class Answer:
    """An HTTP response; for a problem, the type must have the given ending."""

    status: int
    problem: str | None = None
    has: dict = field(default_factory=dict)
    """Header fields and their values; `None` for a field that must be absent."""
    closing: bool | None = None
    """Whether the response has `Connection: close`."""
    body: bytes | None = None
    to_head: bool = False
    within: float = PATIENCE

    async def perform(self, talk: Conversation) -> None:
        response = await talk.response(self.within, self.to_head)
        text = f"{response.status} {response.body[:300].decode(errors='replace')}".rstrip()
        if response.status != self.status:
            raise Unmet(f"expected {self.status} {self.problem or ''}, got {text}")
        for name, value in self.has.items():
            if response.value(name) != value:
                raise Unmet(f"expected {name}: {value}, got {response.value(name)}")
        closes = "close" in (response.value("connection") or "").lower()
        if self.closing is not None and self.closing != closes:
            raise Unmet(f"the answer {'has' if closes else 'does not have'} Connection: close: {text}")
        if self.body is not None and self.body not in response.body:
            raise Unmet(f"expected a body with {self.body!r}, got {text}")
        if self.problem is not None:
            self.check_problem(response, text)

    def check_problem(self, response, text: str) -> None:
        if response.value("content-type") != "application/problem+json":
            raise Unmet(f"a problem of type {response.value('content-type')}: {text}")
        if self.to_head:
            return
        problem = parsed(response.body)
        if problem.get("type", "about:blank").removeprefix(PROBLEM) != self.problem:
            raise Unmet(f"expected the problem {self.problem}, got {text}")
        if problem.get("status") != self.status or not problem.get("title"):
            raise Unmet(f"a problem without its status or title: {text}")


@dataclass
class Upgraded:
    """The 101 response to a handshake (RFC 6455 section 4.2.2) with the key of section 1.3."""

    protocol: str | None = None

    async def perform(self, talk: Conversation) -> None:
        await Answer(
            101,
            has={
                "Upgrade": "websocket",
                "Connection": "Upgrade",
                "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                "Sec-WebSocket-Protocol": self.protocol,
                "Sec-WebSocket-Extensions": None,
            },
        ).perform(talk)


@dataclass
class Message:
    """A text message of JSON with at least these members; `error` is the ending of the type of an error message."""

    members: dict = field(default_factory=dict)
    error: str | None = None

    async def perform(self, talk: Conversation) -> None:
        while True:
            one = await talk.frame_but((PING,))
            if one is None or one[0] != TEXT:
                raise Unmet(f"expected a message, got {name_of(one)}")
            message = parsed(one[1])
            # Updates of the operation may arrive before the reply to the client's message.
            if (
                self.error is None
                or message.get("type") == "error"
                or "type" not in message
                and "state" not in message
            ):
                break
        for name, value in self.members.items():
            if message.get(name) != value:
                raise Unmet(f"expected {name}: {value!r}, got {name_of(one)}")
        if self.error is None:
            return
        told = message.get("error", {}).get("type", "")
        if message.get("type") != "error" or told.removeprefix(PROBLEM) != self.error:
            raise Unmet(f"expected the error {self.error}, got {name_of(one)}")


@dataclass
class Pong:
    """A pong with this payload; updates may arrive before the pong."""

    payload: bytes

    async def perform(self, talk: Conversation) -> None:
        one = await talk.frame_but((TEXT, PING))
        if one != (PONG, self.payload):
            raise Unmet(f"expected a pong {self.payload[:40]!r}, got {name_of(one)}")


@dataclass
class Close:
    """A close frame with this code (`None`: without a code), then the end; messages may arrive before the close frame."""

    code: int | None
    within: float = PATIENCE
    answered: bool = True
    """Whether the client answers pings while it waits; some rows test a client that does not."""
    replied: bool = True
    """Whether the client answers the close frame, which RFC 6455 requires."""

    async def perform(self, talk: Conversation) -> None:
        skipped = (TEXT, PONG, PING) if self.answered else (TEXT, PONG)
        deadline = time.monotonic() + self.within
        one = await talk.frame_but(skipped, self.within)
        while not self.answered and one is not None and one[0] == PING:
            one = await talk.frame_but(skipped, max(0.01, deadline - time.monotonic()))
        code = struct.unpack(">H", one[1][:2])[0] if one and len(one[1]) >= 2 else None
        if one is None or one[0] != CLOSE or code != self.code:
            raise Unmet(f"expected a close {self.code}, got {name_of(one)}")
        if self.replied:
            await talk.send(frame(CLOSE, one[1][:2]))
        await Ended().perform(talk)


@dataclass
class Ended:
    """The end of the connection without data before it, at the latest after `within` and not before `earliest` seconds."""

    within: float = PATIENCE
    earliest: float = 0.0

    async def perform(self, talk: Conversation) -> None:
        started = time.monotonic()
        while await talk.read_some(max(0.01, started + self.within - time.monotonic())):
            pass
        if talk.buffer:
            raise Unmet(f"expected the end of the connection, got {bytes(talk.buffer[:200])!r}")
        took = time.monotonic() - started
        if took < self.earliest:
            raise Unmet(f"the connection ended too early, after {took:.1f} s")


@dataclass
class Gone:
    """The end of a connection whose client does not read; data in the buffers of the system is ignored."""

    within: float

    async def perform(self, talk: Conversation) -> None:
        deadline = time.monotonic() + self.within
        while talk.is_held_by_server():
            if time.monotonic() > deadline:
                raise Unmet(f"the server still holds the connection after {self.within:g} s")
            await asyncio.sleep(0.5)


class Alive:
    """An open WebSocket, which answers a ping."""

    async def perform(self, talk: Conversation) -> None:
        await talk.send(frame(PING, b"alive?"))
        await Pong(b"alive?").perform(talk)


class Served:
    """An open HTTP connection, which answers the next request."""

    async def perform(self, talk: Conversation) -> None:
        await talk.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await Answer(200, body=b"ok").perform(talk)
