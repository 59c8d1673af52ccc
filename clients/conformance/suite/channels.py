# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The connection of a watcher to the scripted server, with one interface for WebSocket, SSE and NDJSON."""

from __future__ import annotations

import asyncio
import json
import os
import struct
from typing import Any

from aiohttp import WSMsgType, web

VERSION = "live-progress.v1"
CLOSE_SECONDS = 2


class SocketChannel:
    """A WebSocket of the full format; it can write unusual frames that aiohttp cannot send."""

    def __init__(self, request: web.Request):
        self.request = request
        self.socket = web.WebSocketResponse(protocols=(VERSION,), autoping=False, autoclose=False, compress=False)
        self.received: list[dict[str, Any]] = []
        self.pongs: list[bytes] = []
        self.left = asyncio.Event()
        self.news = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self.socket.prepare(self.request)
        self._reader = asyncio.create_task(self._read())

    async def send(self, message: dict[str, Any]) -> None:
        await self.socket.send_str(json.dumps(message, ensure_ascii=False))

    async def send_pieces(self, message: dict[str, Any], pieces: int) -> None:
        """Sends a message in several frames, which split characters, with a ping after each frame."""
        payload = json.dumps(message, ensure_ascii=False).encode()
        size = max(1, -(-len(payload) // pieces))
        parts = [payload[at : at + size] for at in range(0, len(payload), size)]
        for index, part in enumerate(parts):
            self._frame(0x1 if index == 0 else 0x0, part, index == len(parts) - 1)
            if index < len(parts) - 1:
                self._frame(0x9, b"between", True)

    async def ping(self) -> None:
        """Sends a ping, and waits for the pong."""
        payload = os.urandom(8)
        self._frame(0x9, payload, True)
        await self._wait(lambda: payload in self.pongs, "pong")

    async def message(self, kind: str) -> dict[str, Any]:
        """Waits for the client's next message of a type."""
        def matching() -> list[dict[str, Any]]:
            return [m for m in self.received if m.get("type") == kind]

        await self._wait(lambda: bool(matching()), kind)
        found = matching()[0]
        self.received.remove(found)
        return found

    async def close(self, code: int | None) -> None:
        """Runs the closing handshake; without a code, sends an empty close frame.

        The method does not use `socket.close()`, which drops the connection immediately if another task reads from it. A
        client that still writes would then lose unread data.
        """
        self._frame(0x8, b"" if code is None else struct.pack("!H", code) + b"scripted", True)
        await asyncio.wait([asyncio.ensure_future(self.left.wait())], timeout=CLOSE_SECONDS)
        self.drop()

    def drop(self) -> None:
        if self.request.transport:
            self.request.transport.abort()

    async def finish(self) -> web.StreamResponse:
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        return self.socket

    def _frame(self, opcode: int, payload: bytes, final: bool) -> None:
        head = bytes([(0x80 if final else 0) | opcode])
        if len(payload) < 126:
            head += bytes([len(payload)])
        elif len(payload) < 65536:
            head += bytes([126]) + struct.pack("!H", len(payload))
        else:
            head += bytes([127]) + struct.pack("!Q", len(payload))
        if self.request.transport:
            self.request.transport.write(head + payload)

    async def _wait(self, holds: Any, what: str) -> None:
        async with self.news:
            waiting = self.news.wait_for(lambda: holds() or self.left.is_set())
            await asyncio.wait_for(waiting, 10)
        if not holds():
            raise ConnectionError(f"the client disconnected before its {what}")

    async def _read(self) -> None:
        try:
            while True:
                frame = await self.socket.receive()
                if frame.type == WSMsgType.PING:
                    await self.socket.pong(frame.data)
                elif frame.type not in (WSMsgType.TEXT, WSMsgType.PONG):
                    break
                async with self.news:
                    if frame.type == WSMsgType.PONG:
                        self.pongs.append(bytes(frame.data))
                    elif frame.type == WSMsgType.TEXT:
                        self.received.append(json.loads(frame.data))
                    self.news.notify_all()
        except (RuntimeError, ConnectionError, ValueError):
            pass
        finally:
            self.left.set()
            async with self.news:
                self.news.notify_all()


class StreamChannel:
    """An event stream over HTTP."""

    def __init__(self, request: web.Request, kind: str):
        self.request, self.kind = request, kind
        mime = "text/event-stream" if kind == "sse" else "application/x-ndjson"
        self.response = web.StreamResponse(headers={"Content-Type": mime, "Cache-Control": "no-store"})
        self.left = asyncio.Event()

    async def open(self) -> None:
        await self.response.prepare(self.request)

    async def send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message, ensure_ascii=False)
        if self.kind == "sse":
            place = f"id: {message['cursor']}\n" if "cursor" in message else ""
            text = f"{place}event: {message['type']}\ndata: {text}\n"
        await self._write(f"{text}\n".encode())

    async def send_pieces(self, message: dict[str, Any], pieces: int) -> None:
        await self.send(message)

    async def ping(self) -> None:
        """Sends a keep-alive comment or empty line."""
        await self._write(b":\n\n" if self.kind == "sse" else b"\n")

    async def message(self, kind: str) -> dict[str, Any]:
        raise ConnectionError(f"a stream cannot receive {kind}")

    async def close(self, code: int | None) -> None:
        if code == 4510:
            await self.send({"type": "removed", "id": self.request.match_info["id"]})
        await self.response.write_eof()

    def drop(self) -> None:
        self.left.set()
        if self.request.transport:
            self.request.transport.abort()

    async def finish(self) -> web.StreamResponse:
        return self.response

    async def _write(self, data: bytes) -> None:
        try:
            await self.response.write(data)
        except ConnectionError:
            self.left.set()
            raise
