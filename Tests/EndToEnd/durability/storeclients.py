# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The clients of a server whose store fails: workers that need durability, and a worker and a watcher that do not."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field

from followers import FULL, Listener
from harness import expect, expect_equal
from keepalive import Connection, Place
from rawsocket import handshake

BASE = "/api/v1/progress"


class DurableWorker:
    """A worker that reports durably, one report after the other, and records how each is answered."""

    def __init__(self, place: Place, name: str):
        self.connection, self.path = Connection(place), f"{BASE}/{name}"
        self.step = -1
        self.acknowledged = -1
        self.accepted = self.refused = 0
        self.slowest = 0.0
        self.problems: list[str] = []

    async def report(self) -> bool:
        """Sends the next report; returns whether it is acknowledged. A report that is refused is not repeated."""
        self.step += 1
        started = time.monotonic()
        body = {"state": f"Step {self.step}", "details": {"seq": self.step}}
        reply = await self.connection.request("PUT", self.path, body, Prefer="durable")
        self.slowest = max(self.slowest, time.monotonic() - started)
        if reply.status < 300:
            if "durable" not in reply.preferences:
                self.problems.append(f"acknowledged without Preference-Applied: {reply.fields}")
            self.acknowledged = self.step
            self.accepted += 1
            return True
        self.refused += 1
        if not reply.is_store_problem or not reply.fields.get("retry-after", "").isdigit():
            self.problems.append(f"refused with {reply.status} {reply.fields} {reply.body[:300]!r}")
        return False

    async def work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.report()
            await asyncio.sleep(0.02)

    def reset(self) -> None:
        self.accepted = self.refused = 0
        self.slowest = 0.0


@dataclass
class Delays:
    """Seconds from the sending of a report to its response, and to its arrival at the watcher."""

    responses: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    def medians(self) -> tuple[float, float]:
        return statistics.median(self.responses), statistics.median(self.arrivals)


class PlainPair:
    """A worker that does not ask for durability, and its watcher."""

    def __init__(self, place: Place, name: str):
        self.place, self.path = place, f"{BASE}/{name}"
        self.connection = Connection(place)
        self.step = -1
        self.arrived: dict[int, float] = {}
        self.listener: Listener | None = None

    async def begin(self) -> None:
        await self.send(Delays())
        host, port, request = handshake(f"ws://127.0.0.1:{self.place.port}{self.path}", FULL)
        self.listener = Listener(request)
        self.listener.handle = self.receive
        await asyncio.get_running_loop().create_connection(lambda: self.listener, host, port)
        await asyncio.wait_for(self.listener.first_message, 10)

    def receive(self, message: dict) -> None:
        self.arrived[message["details"]["seq"]] = time.monotonic()

    async def send(self, delays: Delays) -> float:
        self.step += 1
        body = {"state": f"Step {self.step}", "details": {"seq": self.step}}
        sent = time.monotonic()
        reply = await self.connection.request("PUT", self.path, body)
        delays.responses.append(time.monotonic() - sent)
        expect(reply.status < 300, f"a report without durability: {reply.status} {reply.body[:300]!r}")
        expect("preference-applied" not in reply.fields, f"a preference that was not sent: {reply.fields}")
        return sent

    async def measure(self, delays: Delays, count: int) -> None:
        """Sends reports, and adds their delays."""
        sent = {}
        for _ in range(count):
            moment = await self.send(delays)
            sent[self.step] = moment
            await asyncio.sleep(0.004)
        deadline = time.monotonic() + 10
        while not sent.keys() <= self.arrived.keys():
            expect(time.monotonic() < deadline, f"the watcher lacks {len(sent.keys() - self.arrived.keys())} of {count} reports")
            await asyncio.sleep(0.02)
        delays.arrivals += [self.arrived[step] - moment for step, moment in sent.items()]


async def step_of(connection: Connection, path: str) -> int:
    """Returns the step of the server's newest snapshot; -1 for an unknown operation."""
    reply = await connection.request("GET", path, Accept="application/json")
    if reply.status == 404:
        return -1
    expect_equal(reply.status, 200, f"GET {path}: {reply.body[:300]!r}")
    return reply.json["details"]["seq"]
