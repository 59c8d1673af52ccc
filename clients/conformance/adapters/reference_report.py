# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The worker of the reference client: each call adds a report to a queue, and one task sends the reports."""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp
from reference_ask import Question

KINDS = {401: "unauthenticated", 403: "forbidden", 404: "unknown", 410: "gone"}
PROBLEMS = {"not-waiting", "already-answered", "answer-not-accepted"}
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
BASE = "/api/v1/progress"
ROOM = 256


class Stopped(Exception):
    """The server refuses all further reports of this operation."""


class Reporter:
    """The worker's handle for an operation. No call waits or raises."""

    question_type = Question

    def __init__(self, command: dict[str, Any], told: Callable[[], None], refused: Callable[[str], None]):
        self.told, self.refused = told, refused
        self.queue: deque[dict[str, Any]] = deque()
        self.count = 0
        self.failures = 0
        self.is_told = False
        self.question: Question | None = None
        self.news = asyncio.Event()
        server = command.get("server")
        self.token = command.get("token") or os.environ.get("LIVE_PROGRESS_TOKEN")
        self.url = None if server else os.environ.get("LIVE_PROGRESS_URL")
        self.is_guest = bool(self.url) and os.environ.pop("LIVE_PROGRESS_OWNER", None) != "1"
        first = {"title": command.get("title"), "totalCount": command.get("total"), "unit": command.get("unit")}
        first = {name: value for name, value in first.items() if value is not None}
        if self.url:
            self.queue.append({name: value for name, value in first.items() if name != "title"})
            self.creation = None
        else:
            identifier = command.get("id") or str(uuid.uuid4())
            self.creation = (f"{server}{BASE}", {"id": identifier, "cancellable": True, **first})
        enabled = (server or self.url) and not os.environ.get("LIVE_PROGRESS_DISABLED")
        self.task = asyncio.create_task(self.send() if enabled else asyncio.sleep(0))

    def update(self, state: str, details: Any) -> None:
        self.push({"state": state, "details": details})

    def advance(self, by: int) -> None:
        self.count += by
        self.push({"completedCount": self.count})

    def end(self, end: dict[str, Any]) -> None:
        if self.question:
            self.question.end(None, "ended")
        if not self.is_guest:
            self.push(end)

    def push(self, report: dict[str, Any]) -> None:
        """Adds a report to the queue; a count replaces a waiting count, and a transition is separate."""
        if self.queue and "completedCount" in report and set(self.queue[-1]) <= {"completedCount"}:
            self.queue[-1] = report
        else:
            self.queue.append(report)
        if len(self.queue) > ROOM:
            self.queue.popleft()
        self.news.set()

    async def leave(self, seconds: float) -> None:
        """Waits for the queue, at most the given seconds."""
        if self.queue or self.creation:
            await asyncio.wait([self.task], timeout=seconds)

    async def send(self) -> None:
        fields = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with aiohttp.ClientSession(headers=fields, timeout=aiohttp.ClientTimeout(total=5)) as session:
            try:
                await self.create(session)
                while True:
                    await self.news.wait()
                    self.news.clear()
                    while self.queue:
                        report = self.queue.popleft()
                        await self.deliver(session, "PATCH", str(self.url), report)
                        if "status" in report:
                            return
                        if not self.queue or "completedCount" in report:
                            await asyncio.sleep(0.05)
            except Stopped:
                self.queue.clear()

    async def create(self, session: aiohttp.ClientSession) -> None:
        if not self.creation:
            self.news.set()
            return
        url, body = self.creation
        await self.deliver(session, "POST", url, body)
        self.url, self.creation = f"{url}/{body['id']}", None

    async def deliver(self, session: aiohttp.ClientSession, method: str, url: str, body: dict[str, Any]) -> None:
        """Repeats a request until the server answers; its idempotency key makes this safe."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            wait = 0.0
            try:
                async with session.request(method, url, json=body, headers=key) as answer:
                    if answer.status < 300:
                        self.failures = 0
                        self.hear(await answer.json(), body)
                        return
                    if answer.status not in TRANSIENT:
                        self.refused(KINDS.get(answer.status, "refused"))
                        if self.question:
                            self.question.end(None, KINDS.get(answer.status, "refused"))
                        raise Stopped
                    wait = float(answer.headers.get("Retry-After", 0))
            except (aiohttp.ClientError, asyncio.TimeoutError):
                pass
            self.failures += 1
            await asyncio.sleep(max(wait, random.uniform(0.1, min(10, 0.25 * 2**self.failures))))

    def hear(self, snapshot: dict[str, Any], body: dict[str, Any]) -> None:
        if self.question:
            if body.get("waitingFor") is self.question.report:
                self.question.is_sent.set()
            if self.question.is_sent.is_set():
                self.question.hear(snapshot)
        if snapshot["status"] == "cancelling" and not self.is_told:
            self.is_told = True
            self.told()


async def post(url: str, token: str | None, body: dict[str, Any] | None = None) -> str | None:
    """Sends the request of a watcher, to cancel or to answer; returns the kind of a refusal, or None."""
    fields = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=fields) as session, session.post(url, json=body) as answer:
        if answer.status < 300:
            return None
        kind = (await answer.json(content_type=None)).get("type", "").replace("/", ":").rpartition(":")[2]
        return kind if kind in PROBLEMS else KINDS.get(answer.status, "refused")
