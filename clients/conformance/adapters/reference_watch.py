# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The watch of the reference client, based on `websockets`."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import websockets

FINAL = {"succeeded", "failed", "cancelled"}
KINDS = {401: "unauthenticated", 403: "forbidden", 404: "unknown", 410: "gone"}
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
FATAL_CLOSES = {1002, 1003, 1007, 1008, 1009, 1010}
MEMBERS = ("cursor", "revision", "status", "state", "details", "progress", "skipped", "result", "error", "waitingFor", "lastAnswer")


class Refused(Exception):
    """The server has refused the watch."""

    def __init__(self, kind: str, text: str):
        super().__init__(text)
        self.kind = kind


class Watch:
    """A watch of an operation over several connections."""

    def __init__(self, url: str, token: Callable[[], str | None], cursor: str | None = None):
        self.url, self.token, self.cursor = url, token, cursor
        self.ended: str | None = None
        self.failures = 0

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            wait = 0.0
            try:
                async with self.connect() as socket:
                    async for text in socket:
                        if snapshot := await self.message(socket, json.loads(text)):
                            yield snapshot
                        if self.ended:
                            return
                if not self.may_go_on(socket.close_code or 1006):
                    return
            except websockets.InvalidStatus as error:
                wait = self.refusal(error.response)
            except websockets.ConnectionClosed as closed:
                if not self.may_go_on(closed.rcvd.code if closed.rcvd else 1006):
                    return
            except (OSError, websockets.InvalidMessage, websockets.InvalidHandshake, EOFError):
                pass
            await asyncio.sleep(max(wait, self.backoff()))

    def connect(self) -> websockets.connect:
        url = self.url.replace("http", "ws", 1) + (f"?cursor={self.cursor}" if self.cursor else "")
        token = self.token()
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        subprotocols = [websockets.Subprotocol("live-progress.v1")]
        # Disables the library's redirects and retries, because this class reconnects.
        return websockets.connect(
            url, subprotocols=subprotocols, additional_headers=fields, max_size=2**24, close_timeout=1, open_timeout=5
        )

    async def message(self, socket: Any, message: dict[str, Any]) -> dict[str, Any] | None:
        if message["type"] == "error" and "unauthenticated" in message["error"].get("type", ""):
            await socket.send(json.dumps({"type": "authenticate", "token": self.token()}))
        if "cursor" not in message:
            return None
        self.failures = 0
        return self.take(message)

    def take(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Returns the snapshot, or None if it was returned before."""
        epoch, revision = message["cursor"].rsplit("-", 1)
        if message["status"] in FINAL:
            self.ended = message["status"]
        skipped = message["skipped"]
        if self.cursor and self.cursor.rsplit("-", 1)[0] == epoch:
            last = int(self.cursor.rsplit("-", 1)[1])
            if int(revision) <= last:
                return None
            skipped = int(revision) - last - 1
        self.cursor = message["cursor"]
        return {**{name: message.get(name) for name in MEMBERS}, "skipped": skipped}

    def may_go_on(self, code: int) -> bool:
        """Returns whether to reconnect after a close code; raises after a refusal."""
        if code == 1000:
            return False
        if code in FATAL_CLOSES or 4500 <= code <= 4999:
            raise Refused({4510: "gone", 4504: "unknown"}.get(code, KINDS.get(code - 4100, "refused")), f"closed with {code}")
        return True

    def refusal(self, response: Any) -> float:
        """Returns the seconds to wait after a refusal; raises after a final refusal."""
        if response.status_code not in TRANSIENT:
            raise Refused(KINDS.get(response.status_code, "refused"), f"refused with {response.status_code}")
        return float(response.headers.get("Retry-After", 0))

    def backoff(self) -> float:
        self.failures += 1
        return random.uniform(0.1, min(10, 0.25 * 2 ** (self.failures - 1)))
