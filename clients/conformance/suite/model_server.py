# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A server of the suite whose operations can be asked: the reports, answers and watches of the real server, in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

from aiohttp import WSMsgType, web

from . import messages
from .channels import VERSION
from .model import EPOCH, FINAL, Body, Operation, Refusal
from .pages import add_fields, allow_pages
from .scripted import BASE, asked_cursor

PERSON = "anna"


class ModelServer:
    """A server on a free loopback port."""

    admin: str | None = None

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.answers: dict[str, web.Response] = {}
        self.url = ""
        self._news = asyncio.Event()

    async def start(self) -> None:
        app = web.Application(middlewares=[allow_pages])
        app.router.add_route("*", BASE, self._collection)
        app.router.add_route("*", BASE + "/{id}", self._one)
        app.router.add_post(BASE + "/{id}/{action}", self._act)
        app.on_response_prepare.append(add_fields)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _collection(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            newest = [messages.snapshot(operation.newest) for operation in self.operations.values()]
            return web.json_response({"operations": newest[::-1]})
        return await self._once(request, self._create)

    async def _one(self, request: web.Request) -> web.StreamResponse:
        if request.method != "GET":
            return await self._once(request, self._report)
        operation = self.operations.get(request.match_info["id"])
        if operation is None:
            return refused(Refusal(404, "unknown", "There is no such operation."))
        accept = request.headers.get("Accept", "")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, operation)
        if "text/event-stream" in accept or "application/x-ndjson" in accept:
            return await self._stream(request, operation, "event-stream" in accept)
        return await self._plain(request, operation)

    async def _act(self, request: web.Request) -> web.Response:
        return await self._once(request, self._answer if request.match_info["action"] == "answer" else self._cancel)

    async def _once(self, request: web.Request, change: Any) -> web.Response:
        """Makes a change; a repeated request with the same key gets the first response."""
        key, body = request.headers.get("Idempotency-Key"), await request.read()
        kept = self.answers.get(f"{key} {request.path}") if key else None
        if kept is not None:
            return copied(kept)
        try:
            lines = [line for line in body.split(b"\n") if line] if "ndjson" in request.content_type else [body]
            response = change(request.match_info.get("id"), [json.loads(line) if line else {} for line in lines])
        except Refusal as refusal:
            return refused(refusal)
        self._tell()
        if key:
            self.answers[f"{key} {request.path}"] = response
        return copied(response)

    def _create(self, _: str | None, bodies: list[Body]) -> web.Response:
        operation = self.operations[bodies[0]["id"]] = Operation(bodies[0], stamp())
        return shown(operation, 201)

    def _report(self, name: str, bodies: list[Body]) -> web.Response:
        operation = self.operations.get(name) or self.operations.setdefault(name, Operation({"id": name}, stamp()))
        for index, body in enumerate(bodies):
            seconds = (body.get("waitingFor") or {}).get("timeout")
            try:
                operation.report(body, stamp(), stamp(seconds) if seconds else None)
            except Refusal as refusal:
                refusal.problem.update(line=index + 1, applied=index)
                raise
            if seconds:
                asyncio.get_running_loop().call_later(seconds, self._expire, operation, operation.number)
        return shown(operation, 200)

    def _answer(self, name: str, bodies: list[Body]) -> web.Response:
        operation = self.operations[name]
        operation.answer(bodies[0], stamp(), PERSON)
        return shown(operation, 200)

    def _cancel(self, name: str, bodies: list[Body]) -> web.Response:
        operation = self.operations[name]
        operation.cancel(stamp())
        return shown(operation, 202)

    def _expire(self, operation: Operation, number: int) -> None:
        operation.expire(number, stamp())
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _plain(self, request: web.Request, operation: Operation) -> web.Response:
        prefer = request.headers.get("Prefer", "")
        seconds = float(prefer.partition("wait=")[2].partition(",")[0] or 0)
        deadline = asyncio.get_running_loop().time() + seconds
        while request.headers.get("If-None-Match") == f'"{operation.newest["cursor"]}"':
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 or operation.is_over:
                return web.Response(status=304, headers={"ETag": f'"{operation.newest["cursor"]}"'})
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                pass
        return copied(shown(operation, 200))

    async def _follow(self, operation: Operation, cursor: str | None) -> AsyncIterator[Body]:
        """Yields the revisions after a cursor, or the newest one, and then each new one up to the end."""
        epoch, _, revision = (cursor or "").rpartition("-")
        resumed = epoch == EPOCH and revision.isdigit() and int(revision) < len(operation.journal)
        at = int(revision) + 1 if resumed else len(operation.journal) - 1
        first: Body = {"type": "snapshot", "resumed": resumed}
        while True:
            news = self._news
            while at < len(operation.journal):
                message = {"type": "update", **first, **operation.journal[at]}
                first = {}
                at += 1
                yield {**message, "type": "end"} if message["status"] in FINAL else message
            if operation.is_over:
                return
            await news.wait()

    async def _socket(self, request: web.Request, operation: Operation) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=(VERSION,), compress=False)
        await socket.prepare(request)

        async def write() -> None:
            async for message in self._follow(operation, asked_cursor(request)):
                await socket.send_json(message)
            await socket.close(code=1000)

        writer = asyncio.create_task(write())
        async for frame in socket:
            if frame.type == WSMsgType.TEXT and json.loads(frame.data).get("type") == "cancel":
                operation.cancel(stamp())
                self._tell()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def _stream(self, request: web.Request, operation: Operation, is_sse: bool) -> web.StreamResponse:
        mime = "text/event-stream" if is_sse else "application/x-ndjson"
        response = web.StreamResponse(headers={"Content-Type": mime, "Cache-Control": "no-store"})
        await response.prepare(request)
        async for message in self._follow(operation, asked_cursor(request)):
            text = json.dumps(message)
            head = f"id: {message['cursor']}\nevent: {message['type']}\ndata: " if is_sse else ""
            await response.write(f"{head}{text}\n{chr(10) if is_sse else ''}".encode())
        return response


def stamp(seconds: float = 0) -> str:
    """Returns the time in that many seconds, as on the wire."""
    time = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def shown(operation: Operation, status: int) -> web.Response:
    newest = operation.newest
    return web.json_response(messages.snapshot(newest), status=status, headers={"ETag": f'"{newest["cursor"]}"'})


def copied(response: web.Response) -> web.Response:
    """Returns the same response for another request, because each is sent once."""
    headers = {name: value for name, value in response.headers.items() if name == "ETag"}
    return web.Response(status=response.status, body=response.body, headers=headers, content_type="application/json")


def refused(refusal: Refusal) -> web.Response:
    return web.json_response(refusal.problem, status=refusal.status, content_type="application/problem+json")
