# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A relay to the real server that drops, delays and refuses the requests that a case selects, and records all requests."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from .pages import page_fields
from .scripted import BASE, refusal, shown_token

END = re.compile(rb'status"?\s*[:=]\s*"?(succeeded|failed|cancelled)')
HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "host", "content-length", "content-encoding"}
Upstream = Any


@dataclass
class Call:
    """A request and its result."""

    at: float
    method: str
    path: str
    kind: str
    body: bytes
    token: str | None
    status: int | None = None
    fault: dict[str, Any] | None = None
    answer: Any = None
    over: float | None = None


@dataclass
class Relay:
    """A relay between the client and the real server."""

    upstream: Upstream
    faults: list[dict[str, Any]]
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    paused: bool = False
    created: bool = False
    bugs: list[Exception] = field(default_factory=list)

    async def start(self) -> None:
        self._random = random.Random(11)
        self._seen = [0] * len(self.faults)
        self._open: dict[int, web.Request] = {}
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/{rest:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    def cut(self) -> None:
        """Drops all requests and connections, and all further ones until the relay is resumed."""
        self.paused = True
        for request in self._open.values():
            self._drop(request)

    def kind(self, request: web.Request, body: bytes) -> str:
        """Returns the kind of a request: create, report, end, cancel, answer, watch or preflight."""
        if request.method == "OPTIONS":
            return "preflight"
        if request.method == "GET":
            return "watch"
        if request.method == "POST":
            return "create" if request.path.rstrip("/") == BASE else request.path.rpartition("/")[2]
        if request.method == "PUT" and not self.created:
            return "create"
        return "end" if END.search(body) else "report"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = Call(time.monotonic(), request.method, request.path, self.kind(request, body), body, shown_token(request))
        self.calls.append(call)
        fault = call.fault = self._fault(call.kind)
        self._open[id(request)] = request
        try:
            if self.paused or fault.get("drop") == "before":
                return self._drop(request)
            if fault.get("hang"):
                await asyncio.sleep(3600)
            if delay := fault.get("delay"):
                await asyncio.sleep(delay + self._random.uniform(0, fault.get("jitter", 0)))
            if status := fault.get("answer"):
                call.status = status
                answer = refusal(status, fault.get("retryAfter"))
                answer.headers.update(page_fields(request))
                return answer
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._socket(request, call)
            return await self._forward(request, call, body, fault.get("drop") == "after")
        except (aiohttp.ClientError, ConnectionError):
            return self._drop(request)
        except Exception as error:
            self.bugs.append(error)
            raise
        finally:
            del self._open[id(request)]
            call.over = time.monotonic()

    def _fault(self, kind: str) -> dict[str, Any]:
        """Returns the first fault that selects this request; each fault counts its requests from 1."""
        met: dict[str, Any] = {}
        for index, fault in enumerate(self.faults):
            kinds = {"change": ("create", "report", "end"), "any": (kind,)}.get(fault["of"], (fault["of"],))
            if kind in kinds:
                self._seen[index] += 1
                if not met and within(fault.get("nth", "1-"), self._seen[index]):
                    met = fault
        return met

    @staticmethod
    def _drop(request: web.Request) -> web.Response:
        if request.transport:
            request.transport.abort()
        return web.Response()

    async def _forward(self, request: web.Request, call: Call, body: bytes, lose: bool) -> web.StreamResponse:
        fields = {k: v for k, v in request.headers.items() if k.lower() not in HOP}
        url = self.upstream.url + request.path_qs
        forever = aiohttp.ClientTimeout(None)
        async with self._session.request(request.method, url, data=body, headers=fields, timeout=forever) as answer:
            call.status = answer.status
            if call.kind == "create" and answer.status in (200, 201):
                self.created = True
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP}
            if call.kind != "watch":
                content = await answer.read()
                call.answer = parsed(content)
                return self._drop(request) if lose else web.Response(status=answer.status, body=content, headers=kept)
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    async def _socket(self, request: web.Request, call: Call) -> web.StreamResponse:
        fields = {k: v for k, v in request.headers.items() if k.lower() == "authorization"}
        offered = [p.strip() for p in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if p.strip()]
        url = self.upstream.url + request.path_qs
        try:
            origin = request.headers.get("Origin")
            upstream = await self._session.ws_connect(url, protocols=offered, headers=fields, origin=origin)
        except aiohttp.WSServerHandshakeError as error:
            call.status = error.status
            return refusal(error.status, None)
        call.status = 101
        near = web.WebSocketResponse(protocols=[upstream.protocol] if upstream.protocol else (), compress=False)
        await near.prepare(request)
        ways = [asyncio.create_task(pump(near, upstream)), asyncio.create_task(pump(upstream, near))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            # A task that still reads would disturb the closing handshake.
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            if not near.closed:
                # The code 1006 is not sent; it means that the connection broke, so the relay breaks the other connection.
                code = upstream.close_code
                self._drop(request) if code in (None, 1006) else await near.close(code=code)
        finally:
            for way in ways:
                way.cancel()
            await upstream.close()
        return near


async def pump(source: Any, sink: Any) -> None:
    """Forwards text messages until the source closes."""
    async for frame in source:
        if frame.type == WSMsgType.TEXT:
            await sink.send_str(frame.data)


def within(numbers: Any, number: int) -> bool:
    """Returns whether a number is in a range such as `3`, `1-3` or `2-`."""
    first, dash, last = str(numbers).partition("-")
    return int(first) <= number <= (int(last) if last else number if dash else int(first))


def parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
