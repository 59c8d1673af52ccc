# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The regular clients among hostile clients: a worker with a steady rate, and watchers that must not miss a report."""

from __future__ import annotations

import asyncio
import json
import time

from harness import BASE
from rawsocket import Watcher, handshake

FULL = "live-progress.v1"


class Worker:
    """A worker that sends reports over one connection at a rate, and records each report and its time."""

    def __init__(self, port: int, name: str, pause: float, filler: str = "", ends: bool = True):
        self.port, self.name, self.pause, self.filler, self.ends = port, name, pause, filler, ends
        self.said: dict[int, float] = {}
        self.problem: str | None = None
        self.slowest = 0.0

    async def run(self, done: asyncio.Event) -> None:
        """Reports until `done` is set, and then reports the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        step = 0
        while not done.is_set():
            step += 1
            self.said[step] = time.monotonic()
            await self.report(reader, writer, {"state": f"Step {step}", "details": {"filler": self.filler}})
            self.slowest = max(self.slowest, time.monotonic() - self.said[step])
            await asyncio.sleep(self.pause)
        if self.ends:
            await self.report(reader, writer, {"state": "Done", "status": "succeeded"})
        writer.close()

    async def report(self, reader, writer, report: dict) -> None:
        body = json.dumps(report).encode()
        head = f"PATCH {BASE}/{self.name} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nPrefer: return=minimal\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        if not answer.startswith(b"HTTP/1.1 204 "):
            self.problem = self.problem or f"the answer to a report was {answer[:200]!r}"


class TimedWatcher(Watcher):
    """A watcher that records the time of each message."""

    def received(self, opcode: int, payload: bytes) -> None:
        if opcode == 1:
            self.times.append(time.monotonic())
        super().received(opcode, payload)

    times: list


async def follow(port: int, name: str) -> TimedWatcher:
    """Connects a watcher, and waits for its first message."""
    host, _, request = handshake(f"ws://127.0.0.1:{port}{BASE}/{name}", FULL)

    def make() -> TimedWatcher:
        watcher = TimedWatcher(request)
        watcher.times = []
        return watcher

    _, watcher = await asyncio.get_running_loop().create_connection(make, host, port)
    await asyncio.wait_for(watcher.first_message, 30)
    return watcher


def missed(watcher: TimedWatcher, until_end: bool = True) -> str | None:
    """Returns the first problem in the messages of a watcher, or `None`."""
    messages = watcher.objects
    first = messages[0]["revision"]
    revisions = [m["revision"] for m in messages]
    if revisions != list(range(first, first + len(revisions))):
        gap = next(n for n, r in enumerate(revisions) if r != first + n)
        return f"revision {first + gap} is missing: {revisions[max(0, gap - 3) : gap + 3]}"
    if any(m.get("skipped") for m in messages):
        return "a message has skipped revisions"
    if until_end and (messages[-1]["type"], watcher.close_code) != ("end", 1000):
        return f"the last message is {messages[-1]['type']}, the close code {watcher.close_code}"
    return None


def latencies(worker: Worker, watcher: TimedWatcher) -> list[float]:
    """Returns the sorted delays in seconds from the sending of each report to its message."""
    times = []
    for message, came in zip(watcher.objects, watcher.times):
        step = message["state"].removeprefix("Step ")
        if step.isdigit() and int(step) in worker.said:
            times.append(came - worker.said[int(step)])
    return sorted(times)
