# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Runs the rows concurrently against one server, together with regular clients, and measures what the server keeps."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from company import Worker, follow, latencies, missed
from conversation import Conversation, Unmet
from harness import Operation, Server, request
from rows import EDGE, TOKENS, Row
from table_tokens import Mint, folder_for_secrets, knows_tokens

AT_ONCE = 48
"""The number of concurrent rows, without the rows that mostly wait."""
PACE = 0.02
"""Seconds between two reports to the operation that the control client watches."""
LARGE = "x" * 30_000
"""The filler text of the large messages of the loud operation."""


@dataclass
class Outcome:
    """The result of a row."""

    row: Row
    problem: str | None
    took: float


@dataclass
class Census:
    """The resources that a server uses."""

    resident: int
    descriptors: int
    connections: int
    websockets: int
    streams: int

    @classmethod
    def of(cls, server: Server) -> "Census":
        text = request("GET", f"{server.url}/metrics").body.decode()
        gauges = {name: int(value) for name, value in re.findall(r"^live_progress_(\w+) (\d+)$", text, re.MULTILINE)}
        descriptors = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        # The request for the metrics is also a connection.
        return cls(
            server.resident_bytes(), descriptors, gauges["connections"] - 1, gauges["websockets"], gauges["streams"]
        )

    @property
    def held(self) -> tuple:
        return self.connections, self.websockets, self.streams

    def __str__(self) -> str:
        mebibytes = self.resident / 2**20
        return (
            f"{mebibytes:.1f} MiB resident, {self.descriptors} descriptors, {self.connections} connections, "
            f"{self.websockets} WebSockets, {self.streams} streams"
        )


async def settled(server: Server, like: Census | None = None, seconds: float = 15) -> Census:
    """Returns the census when no client is connected and descriptors are back to their number, or at the time limit."""
    deadline = time.monotonic() + seconds
    while True:
        census = await asyncio.to_thread(Census.of, server)
        is_settled = census.held == (0, 0, 0) and (like is None or census.descriptors <= like.descriptors)
        if is_settled or time.monotonic() > deadline:
            return census
        await asyncio.sleep(0.1)


SETTINGS = {
    # Each row is a single client. The limits for many clients have their own tests, and would affect other rows here.
    "maximumTargetSize": 30_000,
    "maximumMessagesPerMinute": 100_000_000,
    "reportsPerSecond": 100_000_000,
    "reportBurst": 100_000_000,
    "maximumConnectionsPerAddress": 100_000,
    # Shortens the slow rows, which take a minute by default.
    "bodyTimeout": 20,
    "idleTimeout": 20,
}
"""The settings of the server."""


@contextlib.contextmanager
def served(binary: Path, *options: str):
    """Starts a server with these settings."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("".join(f"{name}: {value}\n" for name, value in SETTINGS.items()))
        file.flush()
        with Server(binary, "--config", file.name, *options) as server:
            yield server


@dataclass
class Kit:
    """One run of the rows."""

    server: Server
    outcomes: list[Outcome] = field(default_factory=list)
    before: Census | None = None
    after: Census | None = None
    company: list[str] = field(default_factory=list)
    """The problems of the control client and of the late watchers."""
    late_joiners: int = 0
    figures: str = ""
    untouched: bool = False
    """Whether the quiet operation is unchanged."""
    abilities: set = field(default_factory=set)
    """The abilities of the server that some rows need."""
    skipped: list[Row] = field(default_factory=list)

    def prepare(self) -> None:
        """Creates the operations of the rows, and finds the abilities of the server."""
        if request("LINK", f"{self.server.url}/healthz").status == 501:
            self.abilities.add(EDGE)
        for name, more in (
            ("quiet", {"lease": 86_400}),
            ("busy", {}),
            ("loud", {}),
            ("flooded", {}),
            ("ended", {"status": "cancelled"}),
        ):
            self.operation(name, **more)

    def operation(self, name: str, **report: object) -> None:
        operation = Operation(self.server, name)
        operation.put(**report)
        operation.connection.close()

    async def run(self, rows: list[Row]) -> None:
        """Runs the quick rows once as a warm-up, and then all rows with the regular clients."""
        self.skipped += [row for row in rows if row.needs and row.needs not in self.abilities]
        rows = [row for row in rows if row not in self.skipped]
        idle = await settled(self.server)
        await self.warm_up([row for row in rows if not row.seconds])
        self.before = await settled(self.server, idle)
        self.outcomes.clear()
        done = asyncio.Event()
        busy = Worker(self.server.port, "busy", PACE)
        loud = Worker(self.server.port, "loud", 0.05, filler=LARGE)
        control = await follow(self.server.port, "busy")
        tasks = [asyncio.create_task(one) for one in (busy.run(done), loud.run(done), self.come_late(done))]
        await self.play(rows)
        done.set()
        await asyncio.gather(*tasks)
        await asyncio.wait_for(control.finished, 30)
        self.judge(busy, control)
        self.after = await settled(self.server, self.before)

    async def warm_up(self, rows: list[Row]) -> None:
        """Runs the quick rows, and sends large reports with one watcher until the journal is full."""
        done = asyncio.Event()
        loud = Worker(self.server.port, "loud", 0.01, filler=LARGE, ends=False)
        reader = await follow(self.server.port, "loud")
        working = asyncio.create_task(loud.run(done))
        await asyncio.gather(self.play(rows), reader.until(150))
        done.set()
        await working
        reader.transport.close()
        await reader.finished

    def judge(self, busy: Worker, control) -> None:
        if problem := busy.problem or missed(control):
            self.company.append(f"the control client: {problem}")
        if len(control.messages) != len(busy.said) + 2:
            self.company.append(
                f"{len(busy.said)} reports gave {len(control.messages)} messages, including the first and the last"
            )
        times = latencies(busy, control)
        middle, late, last = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.99, 1))
        self.figures = (
            f"{len(times)} updates followed, {self.late_joiners} late joiners; report to message {middle:.1f} ms in the middle, {late:.1f} ms at 99 %, "
            f"{last:.1f} ms at most; the slowest report {1000 * busy.slowest:.1f} ms"
        )

    async def come_late(self, done: asyncio.Event) -> None:
        """Connects late watchers one after the other; each watches five messages, and must not miss any."""
        while not done.is_set():
            late = await follow(self.server.port, "busy")
            await late.until(5)
            late.transport.close()
            await late.finished
            if problem := missed(late, until_end=False):
                self.company.append(f"a late joiner: {problem}")
            self.late_joiners += 1
            await asyncio.sleep(0.5)

    async def play(self, rows: list[Row]) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, row: Row) -> None:
            started = time.monotonic()
            if row.seconds:
                problem = await self.perform(number, row)
            else:
                async with room:
                    started = time.monotonic()
                    problem = await self.perform(number, row)
            self.outcomes.append(Outcome(row, problem, time.monotonic() - started))

        ordered = sorted(rows, key=lambda row: -row.seconds)
        await asyncio.gather(*(one(number, row) for number, row in enumerate(ordered)))

    async def perform(self, number: int, row: Row) -> str | None:
        """Plays a row; returns None, or the failed step with the sent and received bytes."""
        # Hostile clients come from different addresses.
        talk = await Conversation.open(self.server.port, f"127.0.0.{2 + number % 100}", row.receive_buffer)
        at = 0
        try:
            for at, step in enumerate(row.steps, 1):
                await step.perform(talk)
            return None
        except Unmet as unmet:
            what = str(unmet)
        except Exception:
            what = traceback.format_exc()
        finally:
            talk.close()
        return f"step {at} of {len(row.steps)}: {what}\n  sent {shown(talk.sent)}\n  received {shown(talk.came)}"


def run_tokens(binary: Path) -> Kit | None:
    """Plays the rows about tokens with a server that requires tokens; returns None if the tool cannot create tokens."""
    if not knows_tokens(binary):
        return None
    with folder_for_secrets() as folder:
        mint = Mint(binary, Path(folder))
        # A server creates its secret at its start, so this server creates the secret of another server.
        with served(binary, "--secret-file", str(mint.other)):
            pass
        with served(binary, "--secret-file", str(mint.secret)) as server:
            kit = Kit(server, abilities={TOKENS})
            creator = mint.make("--id", "quiet", "--can", "create,report,watch", "--for", "1h")
            fields = {"Authorization": f"Bearer {creator}", "Content-Type": "application/json"}
            made = request("PUT", f"{server.url}/api/v1/progress/quiet", fields, b"{}")
            if made.status != 201:
                raise Unmet(f"the creation of an operation with a token got {made.status} {made.body[:300]!r}")
            asyncio.run(kit.play(mint.rows()))
            return kit


def shown(data: bytes, most: int = 600) -> str:
    text = repr(bytes(data[:most]))[1:]
    return text + (f" … and {len(data) - most} more bytes" if len(data) > most else "")
