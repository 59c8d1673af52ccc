# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A server that plays the scripts of a case, one per connection."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from . import messages
from .channels import SocketChannel, StreamChannel
from .failure import BadCase
from .pages import add_fields, allow_pages

BEARER = "live-progress.bearer."
BASE = "/api/v1/progress"


@dataclass
class Attempt:
    """An attempt of a client to watch."""

    at: float
    kind: str
    cursor: str | None
    token: str | None
    sent: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    refusal: int | str | None = None
    retry_after: float | None = None
    over: float | None = None
    fault: str | None = None


class ScriptedServer:
    """A server that plays the k-th script for the k-th attempt, and records the attempts."""

    def __init__(self, scripts: list[list[Any]]):
        self.scripts = scripts
        self.attempts: list[Attempt] = []
        self.plain: list[float] = []
        self.bugs: list[Exception] = []
        self.newest: dict[str, Any] | None = None
        self.gates: dict[str, asyncio.Event] = {}
        self.url = ""
        self._random = random.Random(7)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(middlewares=[allow_pages])
        app.router.add_get(BASE + "/{id}", self._get, allow_head=False)
        app.on_response_prepare.append(add_fields)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    def gate(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    async def _get(self, request: web.Request) -> web.StreamResponse:
        accept = request.headers.get("Accept", "")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._watch(request, "websocket")
        if "text/event-stream" in accept:
            return await self._watch(request, "sse")
        if "application/x-ndjson" in accept:
            return await self._watch(request, "ndjson")
        return self._plain(request)

    def _plain(self, request: web.Request) -> web.Response:
        """Returns the response to a plain GET: the last refusal, or the newest snapshot."""
        self.plain.append(time.monotonic())
        last = self.attempts[-1] if self.attempts else None
        if last and isinstance(last.refusal, int):
            return refusal(last.refusal, last.retry_after)
        newest = self.newest or self._first()
        etag = {"ETag": f'"{newest["cursor"]}"'}
        if request.headers.get("If-None-Match") == etag["ETag"]:
            return web.Response(status=304, headers=etag)
        return web.json_response(messages.snapshot(newest), headers=etag)

    def _first(self) -> dict[str, Any]:
        """Returns the first message of the scripts, which is the state until it is sent."""
        steps = [step for script in self.scripts for step in script if isinstance(step, dict)]
        unknown = {"send": {"rev": 0, "state": "Pending", "status": "pending"}}
        step = next((step for step in steps if "send" in step or "end" in step), unknown)
        return messages.event(step.get("send", step.get("end")), True, None, "end" in step)

    async def _watch(self, request: web.Request, kind: str) -> web.StreamResponse:
        attempt = Attempt(time.monotonic(), kind, asked_cursor(request), shown_token(request))
        self.attempts.append(attempt)
        number = len(self.attempts)
        script = self.scripts[number - 1] if number <= len(self.scripts) else [{"refuse": "drop"}]
        try:
            return await self._play(request, attempt, script)
        except (ConnectionError, asyncio.TimeoutError, RuntimeError) as error:
            attempt.fault = str(error) or type(error).__name__
            raise
        except Exception as error:
            self.bugs.append(error)
            raise
        finally:
            attempt.over = time.monotonic()

    async def _play(self, request: web.Request, attempt: Attempt, script: list[Any]) -> web.StreamResponse:
        if isinstance(script[0], dict) and "refuse" in script[0]:
            attempt.refusal = script[0]["refuse"]
            attempt.retry_after = script[0].get("retryAfter")
            if attempt.refusal == "drop":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return refusal(int(script[0]["refuse"]), attempt.retry_after)
        kind = attempt.kind
        channel = SocketChannel(request) if kind == "websocket" else StreamChannel(request, kind)
        await channel.open()
        jitter = (0.0, 0.0)
        for step in script:
            name, value = (step, None) if isinstance(step, str) else next(iter(step.items()))
            if name == "jitter":
                jitter = tuple(value)
            elif name in ("send", "end", "pieces"):
                await asyncio.sleep(self._random.uniform(*jitter))
                await self._send(channel, attempt, name, step)
            elif await self._step(channel, attempt, name, value):
                return await channel.finish()
        # The script has ended. The client decides when to disconnect.
        await channel.left.wait() if kind == "websocket" else await self._await_leave(request)
        return await channel.finish()

    async def _send(self, channel: Any, attempt: Attempt, name: str, step: dict[str, Any]) -> None:
        first = not attempt.sent
        message = messages.event(step.get("send", step.get("end")), first, attempt.cursor, "end" in step)
        attempt.sent.append(message)
        self.newest = message
        if name == "pieces":
            await channel.send_pieces(message, step["pieces"])
        else:
            await channel.send(message)
        if "end" in step:
            await channel.close(1000)

    async def _step(self, channel: Any, attempt: Attempt, name: str, value: Any) -> bool:
        """Plays one step; returns whether the connection has ended."""
        if name == "wait":
            await asyncio.sleep(value)
        elif name == "hold":
            await self.gate(value).wait()
        elif name == "ping":
            await channel.ping()
        elif name == "expire":
            await channel.send(messages.credentials_expired())
        elif name == "authenticate":
            attempt.tokens.append((await channel.message("authenticate"))["token"])
            await channel.send({"type": "authenticated", "expiresAt": None})
        elif name == "close":
            await channel.close(value)
            return True
        elif name == "drop":
            channel.drop()
            return True
        else:
            raise BadCase(f"no step {name!r}")
        return False

    @staticmethod
    async def _await_leave(request: web.Request) -> None:
        while request.transport and not request.transport.is_closing():
            await asyncio.sleep(0.05)


def refusal(status: int, retry_after: float | None) -> web.Response:
    headers = {"Content-Type": "application/problem+json"}
    if retry_after is not None:
        headers["Retry-After"] = str(int(retry_after))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = messages.problem(status)
    return web.json_response(body, status=status, headers=headers, content_type=None)


def asked_cursor(request: web.Request) -> str | None:
    return request.query.get("cursor") or request.headers.get("Last-Event-ID") or None


def shown_token(request: web.Request) -> str | None:
    """Returns the token of the Authorization header, or of a browser's subprotocol."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    for name in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if name.strip().startswith(BEARER):
            return name.strip()[len(BEARER) :]
    return request.query.get("access_token")
