# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""HTTP on a raw connection that stays open, for many reports a second, and the place of a server that comes and goes."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass

PATIENCE = 30.0
BROKEN = (OSError, EOFError, TimeoutError)
"""The errors after which it is unknown whether the server has received the request."""


@dataclass
class Reply:
    """A response; the names of the fields are in lower case."""

    status: int
    fields: dict[str, str]
    body: bytes
    seconds: float = 0
    """The time from the request to the response."""

    @property
    def json(self):
        return json.loads(self.body) if self.body else None

    @property
    def preferences(self) -> set[str]:
        """The members of `Preference-Applied`."""
        return {part.strip() for part in self.fields.get("preference-applied", "").split(",")}

    @property
    def is_store_problem(self) -> bool:
        return self.status == 503 and str(self.json.get("type", "")).endswith("store-unavailable")


class Place:
    """Where the server listens; closed while there is no server."""

    def __init__(self):
        self.port = 0
        self.opened = asyncio.Event()

    def open(self, port: int) -> None:
        self.port = port
        self.opened.set()

    def close(self) -> None:
        self.opened.clear()


class Connection:
    """A connection that opens itself, and opens itself again after it broke."""

    def __init__(self, place: Place):
        self.place = place
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.port = 0

    async def request(self, method: str, path: str, report: dict | None = None, **fields: str) -> Reply:
        """Sends a request and reads the response; the names of `fields` have `_` for `-`. Raises one of `BROKEN`."""
        body = json.dumps(report).encode() if report is not None else b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.place.port}", f"Content-Length: {len(body)}"]
        if body:
            lines.append("Content-Type: application/json")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        begun = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self.open()
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                reply = await self.read(reader)
                reply.seconds = time.monotonic() - begun
                return reply
        except BaseException:
            self.close()
            raise

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.streams and self.port != self.place.port:
            self.close()
        if not self.streams:
            self.port = self.place.port
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        return self.streams

    async def read(self, reader: asyncio.StreamReader) -> Reply:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(":")
            fields[name.strip().lower()] = value.strip()
        status = int(lines[0].split(" ")[1])
        length = int(fields.get("content-length", 0))
        reply = Reply(status, fields, await reader.readexactly(length) if length else b"")
        if fields.get("connection", "").lower() == "close":
            self.close()
        return reply

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
        self.streams = None
