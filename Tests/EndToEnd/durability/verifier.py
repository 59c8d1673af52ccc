# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Compares the server's state with the ledger: during the rounds, right after a start, and at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from followers import Follower
from keepalive import BROKEN, Connection, Place
from ledger import ENDS, OPEN, Ledger, Run, content

AT_ONCE = 8
RECENT = 150


class Verifier:
    def __init__(self, ledger: Ledger, place: Place):
        self.ledger, self.place = ledger, place
        self.checked = 0

    def some(self) -> list[Run]:
        """Returns the newest operations, and a few older ones."""
        runs = list(self.ledger.runs.values())
        older = runs[:-RECENT]
        return runs[-RECENT:] + self.ledger.random.sample(older, min(len(older), 20))

    async def verify(self, runs: Iterable[Run], is_quiet: bool = False) -> None:
        """Reads operations and compares them. `is_quiet`: no worker has reported since the server started."""
        waiting = list(runs)

        async def read() -> None:
            connection = Connection(self.place)
            while waiting:
                try:
                    await self.verify_one(connection, waiting.pop(), is_quiet)
                except BROKEN:
                    break  # The server was killed in the middle.
            connection.close()

        await asyncio.gather(*(read() for _ in range(AT_ONCE)))

    async def verify_one(self, connection: Connection, run: Run, is_quiet: bool) -> None:
        # What is acknowledged before the request must be in the response; what is sent before the response may be in it.
        acknowledged, is_ended, is_deleted = run.acknowledged, run.end_acknowledged, run.deletion == "acknowledged"
        answered = run.answered
        reply = await connection.request("GET", run.path, Accept="application/json")
        self.checked += 1
        if reply.status in (404, 410):
            if acknowledged >= 0 and run.deletion == "none":
                self.ledger.counters.lost += acknowledged + 1
                self.ledger.violation("lost operation", f"{run.id}: {reply.status} {reply.body[:200]!r}")
            return
        if reply.status != 200:
            self.ledger.violation("no response", f"GET {run.path}: {reply.status} {reply.body[:300]!r}")
            return
        snapshot = reply.json
        text = f"{run.id}: {content(snapshot)}, acknowledged {acknowledged}"
        self.ledger.check(not is_deleted, "deletion undone", text)
        self.ledger.check_content(run, snapshot, "GET")
        step = snapshot["details"]["seq"]
        if step < acknowledged:
            self.ledger.counters.lost += acknowledged - step
            self.ledger.violation("lost report", text)
        asked = [question.message for question in run.questions]
        last = (snapshot.get("lastAnswer") or {}).get("message")
        self.ledger.check(answered < 0 or last in asked[answered:], "lost answer", f"{text}, {asked[answered:]}")
        self.ledger.check(not is_ended or snapshot["status"] in ENDS, "end undone", text)
        if is_quiet and snapshot["status"] in OPEN:
            wanted = ("stalled", "cancelling") if run.cancel_sent else ("stalled",)
            self.ledger.check(snapshot["status"] in wanted, "not stalled after a start", text)

    async def finish(self, followers: list[Follower]) -> None:
        """Compares everything at the end: each operation, each watcher's last state, and each continuation over a crash."""
        await self.verify(self.ledger.runs.values())
        connection = Connection(self.place)
        for run, seen in self.ledger.last_seen:
            reply = await connection.request("GET", run.path, Accept="application/json")
            if reply.status == 200:
                now = content(reply.json)
                self.ledger.check(now == seen, "a watcher's end differs", f"{run.id}: {seen}, now {now}")
        for follower in followers:
            await self.await_newest(connection, follower)
        connection.close()
        self.check_crossings()

    async def await_newest(self, connection: Connection, follower: Follower) -> None:
        """Waits until a watcher of an unfinished operation has the newest state."""
        for _ in range(100):
            chain = follower.chain
            if chain is None:
                return
            reply = await connection.request("GET", chain.run.path, Accept="application/json")
            if reply.status in (404, 410):
                return
            if chain.last and content(chain.last) == content(reply.json):
                return
            await asyncio.sleep(0.1)
        self.ledger.violation("a watcher is behind", f"{chain.run.id}: {chain.last}, now {reply.json}")

    def check_crossings(self) -> None:
        """A watcher may go on exactly into a new generation only from a revision before the generation's first one."""
        for run, before, after in self.ledger.crossings:
            for cursor in run.meanings:
                if cursor.epoch == after.epoch and before.generation < cursor.generation <= after.generation:
                    text = f"{run.id}: went on from {before} to {after}, but {cursor} exists"
                    self.ledger.check(cursor.revision > before.revision, "lost cursor resumed", text)
