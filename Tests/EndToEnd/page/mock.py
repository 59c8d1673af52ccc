# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A mock server with the real wire format that can also send errors and invalid messages."""

import asyncio
import json
from datetime import datetime, timedelta, timezone

from aiohttp import web

from pages import BASE

PREFIXES = ("/lp", "/api/v1/progress/x/progress")
ENDS = {"succeeded", "failed", "cancelled"}


def stamp(moment):
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Operation:
    """An operation with its newest message and its earlier messages."""

    def __init__(self, mock, identity, age=0, **members):
        self.mock, self.history, self.epoch = mock, [], "k3f9"
        self.created = datetime.now(timezone.utc) - timedelta(seconds=age)
        self.message = {
            "id": identity, "revision": -1, "attempt": 1, "status": "pending", "state": "Pending", "details": None,
            "labels": {}, "cancellable": False, "skipped": 0, "createdAt": stamp(self.created),
        }
        self.publish(**members)

    def publish(self, later=0, **members):
        """Creates a revision and sends it to all watchers; removes members with the value None."""
        message = {**self.message, **members, "revision": self.message["revision"] + 1}
        message = {key: value for key, value in message.items() if value is not None or key == "details"}
        message["cursor"] = f"{self.epoch}-{message['revision']}"
        message["updatedAt"] = stamp(datetime.now(timezone.utc) + timedelta(seconds=later))
        message["type"] = "end" if message["status"] in ENDS else "update"
        self.message = message
        self.history.append(message)
        self.mock.send(message["id"], message)

    def first(self, cursor):
        """Returns the messages for a new watcher: the snapshot, or the revisions after the cursor."""
        if cursor is not None:
            epoch, _, revision = cursor.rpartition("-")
            if epoch == self.epoch:
                return [message for message in self.history if message["revision"] > int(revision)]
        kind = self.message["type"] if self.message["type"] == "end" else "snapshot"
        return [{**self.message, "type": kind, "resumed": False}]


class Mock:
    """The mock server; its attributes select the errors."""

    def __init__(self, pages):
        self.pages = pages
        self.operations = {}
        self.removed = {}
        self.refusal = None  # the title, the detail and maybe the status with which cancel requests and answers are refused
        self.websockets = True  # False: upgrades get an HTTP response, as from a proxy without WebSocket support
        self.failing = None  # a status code for all responses except the pages
        self.open = []  # (id or None for the feed, send, close)
        self.joined = asyncio.Queue()  # (id or None, "websocket" or "lines" or "list", cursor)
        self.received = asyncio.Queue()  # (id, "cancel") for each cancel request, (id, body) for each answer
        self.tokens = []  # the Authorization fields of the streams of lines
        self.first_message = lambda operation, cursor: operation.first(cursor)

    async def __aenter__(self):
        app = web.Application()
        # Also serves below prefixes, as behind a proxy that removes them; one prefix looks like a path of the server.
        for prefix in ("", *PREFIXES):
            app.router.add_get(prefix + "/", self.root)
            app.router.add_get(prefix + "/live-progress.js", self.module)
            app.router.add_get(prefix + "/host.html", self.host)
            app.router.add_get(prefix + BASE + "{slash:/?}", self.list)
            app.router.add_get(prefix + BASE + "/{id:[^/]+}{slash:/?}", self.one)
            app.router.add_post(prefix + BASE + "/{id}/{action:cancel|answer}", self.act)
        app.router.add_get(PREFIXES[0], self.root)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.host_name = "127.0.0.1:%d" % site._server.sockets[0].getsockname()[1]
        self.url = f"http://{self.host_name}"
        return self

    async def __aexit__(self, *_):
        await self.drop()
        await self.runner.cleanup()

    def add(self, identity, **members):
        operation = self.operations[identity] = Operation(self, identity, **members)
        return operation

    def remove(self, identity):
        del self.operations[identity]
        self.send(identity, {"type": "removed", "id": identity})

    def link(self, identity, prefix=""):
        return f"{self.url}{prefix}{BASE}/{identity}"

    def send(self, identity, message):
        """Sends to the watchers of the operation and of the feed; a removal is only sent to streams of lines and to feeds."""
        for topic, send, _ in list(self.open):
            if topic is None or topic == identity and (message["type"] != "removed" or not self.websockets):
                send(message)

    async def drop(self, code=None, identity=...):
        """Closes all connections: with a close frame if there is a code, and otherwise without one."""
        for topic, _, close in list(self.open):
            if identity is ... or topic == identity:
                await close(code)

    async def root(self, _):
        return self.page(self.pages.list)

    def page(self, text):
        headers = {"Content-Security-Policy": self.pages.policy}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def module(self, _):
        return web.Response(text=self.pages.module, content_type="text/javascript")

    async def host(self, request):
        """Returns a page that uses the element and has its own strict policy."""
        identity = request.query["id"]
        text = (
            "<!doctype html><html lang=en><meta charset=utf-8><title>Host</title><link rel=icon href='data:,'>"
            f"<script type=module src='live-progress.js'></script><live-progress src='{BASE[1:]}/{identity}'></live-progress>"
        )
        policy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:"
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=text, content_type="text/html", headers=headers)

    @staticmethod
    def problem(status, title, **members):
        body = json.dumps({"type": "about:blank", "title": title, "status": status, **members})
        return web.Response(status=status, body=body, content_type="application/problem+json")

    async def one(self, request):
        identity = request.match_info["id"]
        operation = self.operations.get(identity)
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        if "text/html" in request.headers.get("Accept", "") and not upgrade:
            return self.page(self.pages.operation)
        if self.failing:
            return self.problem(self.failing, "Out of order")
        if set(request.query) - {"cursor", "ticket", "access_token"}:
            return self.problem(400, "Invalid query")
        if operation is None:
            status = self.removed.get(identity, 404)
            return self.problem(status, "Gone" if status == 410 else "Unknown operation")
        cursor = request.query.get("cursor")
        if upgrade:
            if not self.websockets:
                return self.problem(400, "No WebSocket here")
            return await self.serve_websocket(request, identity, self.first_message(operation, cursor), cursor)
        if "application/x-ndjson" in request.headers.get("Accept", ""):
            return await self.serve_lines(request, identity, operation.first(cursor), cursor)
        body = {key: value for key, value in operation.message.items() if key not in ("type", "skipped")}
        return web.json_response(body)

    async def list(self, request):
        messages = [operation.message for operation in self.operations.values()]
        if request.headers.get("Upgrade", "").lower() == "websocket":
            if not self.websockets or self.failing:
                return self.problem(self.failing or 400, "No WebSocket here")
            return await self.serve_websocket(request, None, messages, None)
        if "text/html" in request.headers.get("Accept", ""):
            return self.page(self.pages.list)
        if self.failing:
            return self.problem(self.failing, "Out of order")
        if "application/x-ndjson" in request.headers.get("Accept", ""):
            return await self.serve_lines(request, None, messages, None)
        self.joined.put_nowait((None, "list", None))
        start = int(request.query.get("pageToken", "0"))
        newest = messages[::-1]
        body = {"operations": newest[start : start + 100]}
        if start + 100 < len(newest):
            body["nextPageToken"] = str(start + 100)
        return web.json_response(body)

    async def serve_websocket(self, request, topic, first, cursor):
        socket = web.WebSocketResponse(protocols=["live-progress.v1"])
        await socket.prepare(request)
        queue = asyncio.Queue()

        async def close(code):
            if entry not in self.open:
                return
            self.open.remove(entry)
            queue.put_nowait(None)
            # The client may disconnect at the same time, which cancels the writer.
            await asyncio.wait([writer])
            if code is None:
                # None if the client has already disconnected.
                if request.transport is not None:
                    request.transport.abort()
            else:
                await socket.close(code=code)

        async def write():
            while (message := await queue.get()) is not None:
                await socket.send_str(json.dumps(message))
                if message.get("type") == "end" and topic is not None:
                    if entry in self.open:
                        self.open.remove(entry)
                    await socket.close(code=1000)
                    return

        entry = (topic, queue.put_nowait, close)
        self.open.append(entry)
        for message in first:
            queue.put_nowait(message)
        writer = asyncio.create_task(write())
        self.joined.put_nowait((topic, "websocket", cursor))
        try:
            async for _ in socket:
                pass
        finally:
            if entry in self.open:
                self.open.remove(entry)
            writer.cancel()
        return socket

    async def serve_lines(self, request, topic, first, cursor):
        self.tokens.append(request.headers.get("Authorization"))
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        await response.prepare(request)
        queue = asyncio.Queue()

        async def close(_):
            if entry in self.open:
                self.open.remove(entry)
            # None if the client has already disconnected.
            if request.transport is not None:
                request.transport.abort()

        entry = (topic, queue.put_nowait, close)
        self.open.append(entry)
        for message in first:
            queue.put_nowait(message)
        self.joined.put_nowait((topic, "lines", cursor))
        try:
            while True:
                message = await queue.get()
                await response.write(json.dumps(message).encode() + b"\n")
                if message["type"] in ("end", "removed") and topic is not None:
                    return response
        except ConnectionError:
            return response
        finally:
            if entry in self.open:
                self.open.remove(entry)

    async def act(self, request):
        if set(request.query) - {"access_token"}:
            return self.problem(400, "Invalid query")
        action = request.match_info["action"]
        self.received.put_nowait((request.match_info["id"], action if action == "cancel" else await request.json()))
        if self.refusal:
            title, detail, status = (*self.refusal, 409)[:3]
            return self.problem(status, title, detail=detail)
        return web.json_response({}, status=202)
