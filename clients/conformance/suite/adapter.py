# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""An adapter process, which receives commands and writes events (ADAPTER.md)."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import time
from collections.abc import Callable
from typing import Any

from .failure import Failure, expect
from .patience import patient

READY_SECONDS = 20
LINE_BYTES = 4 * 1024 * 1024
EVENTS = {"ready", "snapshot", "end", "error", "cancelling", "refused", "answered", "done"}
Event = dict[str, Any]


class Adapter:
    """The adapter of a client, for one case."""

    def __init__(self, process: asyncio.subprocess.Process):
        self.process = process
        self.events: list[Event] = []
        self.sent: dict[int, dict[str, Any]] = {}
        self.stderr = b""
        self.fault: Failure | None = None
        self._news = asyncio.Condition()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._read_stderr())]
        self._over = False

    @classmethod
    async def start(cls, command: str, variables: dict[str, str] | None = None) -> Adapter:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LIVE_PROGRESS")}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *shlex.split(command), stdin=pipe, stdout=pipe, stderr=pipe, limit=LINE_BYTES,
            env={**kept, **(variables or {})}, start_new_session=True,
        )
        adapter = cls(process)
        try:
            await adapter.wait(lambda e: e["event"] == "ready", patient(READY_SECONDS), "ready")
        except BaseException:
            await adapter.kill()
            raise
        return adapter

    @property
    def ready(self) -> Event:
        return self.events[0]

    async def send(self, number: int, do: str, /, **members: Any) -> None:
        line = {"do": do, "n": number, **members}
        self.sent[number] = {**line, "at": time.monotonic()}
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(line).encode() + b"\n")
            await self.process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise Failure(f"the adapter ended before {do!r}") from None

    async def wait(self, matches: Callable[[Event], bool], seconds: float, what: str) -> Event:
        """Waits for the first matching event, including earlier events."""
        deadline = time.monotonic() + seconds
        async with self._news:
            while True:
                if self.fault:
                    raise self.fault
                for event in self.events:
                    if matches(event):
                        return event
                if self._over:
                    raise Failure(f"the adapter ended before {what}")
                left = deadline - time.monotonic()
                expect(left > 0, f"no {what} within {seconds:g} s")
                try:
                    await asyncio.wait_for(self._news.wait(), left)
                except asyncio.TimeoutError:
                    pass

    async def done(self, number: int, seconds: float) -> Event:
        what = f"done of {self.sent[number]['do']!r}"
        return await self.wait(lambda e: e["event"] == "done" and e["n"] == number, seconds, what)

    async def leave(self, seconds: float) -> None:
        """Ends the adapter by the end of its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            code = await asyncio.wait_for(self.process.wait(), seconds)
        except asyncio.TimeoutError:
            raise Failure(f"the program did not end within {seconds:g} s") from None
        await asyncio.gather(*self._tasks)
        if self.fault:
            raise self.fault
        expect(code == 0, f"the program ended with exit code {code}")

    async def kill(self) -> None:
        # The adapter has its own process group, so that a browser which it started ends as well.
        if self.process.returncode is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        await self.process.wait()
        # A grandchild with another session may still have the pipes open.
        _, left = await asyncio.wait(self._tasks, timeout=2)
        for task in left:
            task.cancel()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            async for line in self.process.stdout:
                await self._take(line)
        except ValueError:
            self.fault = Failure("the adapter wrote a line that is too long")
        async with self._news:
            self._over = True
            self._news.notify_all()

    async def _take(self, line: bytes) -> None:
        async with self._news:
            try:
                event = json.loads(line)
                self._check(event)
                self.events.append({**event, "at": time.monotonic()})
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self.fault = Failure(f"the adapter wrote {line[:200]!r}: {error}")
            except Failure as failure:
                self.fault = failure
            self._news.notify_all()

    def _check(self, event: Event) -> None:
        """Checks the form of an event; the content is checked later."""
        kind = event["event"]
        expect(kind in EVENTS, f"the adapter wrote an unknown event {kind!r}")
        expect((kind == "ready") == (not self.events), "ready must be the first event, and must occur once")
        if kind in ("snapshot", "end", "answered", "done") or (kind == "error" and "n" in event):
            number = event["n"]
            expect(number in self.sent, f"{kind} of a command that was not sent: {number!r}")
            over = any(e["event"] == "done" and e["n"] == number for e in self.events)
            expect(not over, f"{kind} of {self.sent[number]['do']!r} came after its done")

    async def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        while chunk := await self.process.stderr.read(65536):
            self.stderr = (self.stderr + chunk)[-8000:]
