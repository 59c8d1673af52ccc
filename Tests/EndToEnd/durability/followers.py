# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Watchers that reconnect with their cursor, and check that what they are told to be exact is exact."""

from __future__ import annotations

import asyncio
import collections
import json
import random

from keepalive import Place
from ledger import Cursor, Ledger, Run, content, count_of
from rawsocket import TEXT, Watcher, handshake

FULL = "live-progress.v1"
MEMORY = 8
"""The number of messages that a watcher remembers."""
LEFT = -1
KEPT = 48
"""The number of revisions that the server keeps at least; it is 64 by default."""


class Chain:
    """The messages that a watcher received. A new chain begins where the server says that it does not go on exactly."""

    def __init__(self, run: Run, ledger: Ledger):
        self.run, self.ledger = run, ledger
        self.messages: collections.deque[dict] = collections.deque(maxlen=MEMORY)

    @property
    def last(self) -> dict | None:
        return self.messages[-1] if self.messages else None

    def forget(self, count: int) -> None:
        """Forgets the newest messages but one, as a watcher that comes back from an older state."""
        for _ in range(min(count, len(self.messages) - 1)):
            self.messages.pop()

    def first(self, message: dict, asked: str | None) -> None:
        """Receives the first message of a connection, for which the watcher asked with a cursor or without.

        A message without `resumed` follows an exact replay that was empty.
        """
        counters = self.ledger.counters
        if asked and message.get("resumed", True):
            counters.exact += 1
        else:
            if asked:
                counters.restarted += 1
                self.check_refusal(Cursor.parse(asked), message)
            else:
                self.ledger.check(not message.get("resumed"), "resumed without a cursor", f"{self.run.id}: {message}")
            self.messages.clear()
        self.next(message)

    def check_refusal(self, asked: Cursor, message: dict) -> None:
        """A committed revision that the server still keeps must be a good cursor."""
        is_kept = message["revision"] - asked.revision < KEPT
        text = f"{self.run.id}: {asked} was refused at {message['cursor']}; committed: {self.run.committed}"
        self.ledger.check(not (self.run.saw(asked) and is_kept), "committed cursor refused", text)

    def next(self, message: dict) -> None:
        ledger, last = self.ledger, self.last
        ledger.counters.messages += 1
        ledger.counters.skipped += message.get("skipped", 0)
        cursor = ledger.check_content(self.run, message, "a message")
        if last:
            before = Cursor.parse(last["cursor"])
            text = f"{self.run.id}: {content(last)} at {before}, then {content(message)} at {cursor}"
            expected = before.revision + 1 + message.get("skipped", 0)
            ledger.check(cursor.revision == expected and cursor.epoch == before.epoch, "not the next revision", text)
            ledger.check(cursor.generation >= before.generation, "an older generation", text)
            ledger.check(self.is_progress(last, message), "repeated report", text)
            if cursor.generation != before.generation:
                ledger.crossings.append((self.run, before, cursor))
        self.messages.append(message)

    @staticmethod
    def is_progress(last: dict, message: dict) -> bool:
        """Returns whether a revision can follow another: a new report, or a change of the status alone."""
        order = [(m["details"]["seq"], m["details"]["try"]) for m in (last, message)]
        if order[0] != order[1]:
            return order[0] < order[1]
        if count_of(last) != count_of(message):
            return False
        asked, last_answer = last.get("waitingFor") or {}, message.get("lastAnswer") or {}
        is_answered = "number" in asked and asked["number"] == last_answer.get("number")
        return is_answered or message["status"] in ("stalled", "cancelling") or last["status"] == "stalled"


class Listener(Watcher):
    """A connection of a follower: handles each message when it arrives."""

    handle = None

    def received(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.handle(json.loads(payload))
            payload = b""
        super().received(opcode, payload)


class Follower:
    """A watcher that follows one operation to its end, and then another."""

    def __init__(self, ledger: Ledger, place: Place, seed: int):
        self.ledger, self.place = ledger, place
        self.random = random.Random(seed)
        self.chain: Chain | None = None
        self.rests = 0

    async def follow(self) -> None:
        while not self.ledger.is_stopping:
            await asyncio.sleep(0.01)
            if self.ledger.newest:
                await self.watch(self.random.choice(self.ledger.newest))

    async def watch(self, run: Run) -> None:
        """Follows an operation to its end or removal, or until its worker has left it."""
        self.chain = Chain(run, self.ledger)
        connections = 0
        while True:
            await self.place.opened.wait()
            is_known = run.acknowledged >= 0
            outcome = await self.connect(run)
            if outcome == "unknown":
                text = f"a watcher of {run.id} got {self.status_line}"
                self.ledger.check(not is_known or run.deletion != "none", "lost operation", text)
                break
            if outcome == "left":
                break
            if outcome == "over":
                last = self.chain.last
                self.ledger.check(last and last["type"] == "end", "closed before the end", f"{run.id}: {last}")
                self.ledger.last_seen.append((run, content(last)))
                break
            connections += 1
            self.ledger.counters.reconnects += connections > 1
        self.chain = None

    async def connect(self, run: Run) -> str:
        """Watches over one connection; returns `over`, `unknown`, `left` or `again`."""
        if self.random.random() < 0.3:
            self.chain.forget(self.random.randint(1, MEMORY))
        asked = self.chain.last and self.chain.last["cursor"]
        query = f"?cursor={asked}" if asked else ""
        host, port, request = handshake(f"ws://127.0.0.1:{self.place.port}{run.path}{query}", FULL)
        listener = Listener(request)
        self.rests = 0
        leaves_after = self.random.choice((5, 20, 1000, 1000, 1000))

        def handle(message: dict) -> None:
            if "cursor" not in message:
                return
            self.chain.next(message) if self.rests else self.chain.first(message, asked)
            self.rests += 1
            if self.rests == leaves_after and message["type"] != "end":
                listener.transport.abort()

        listener.handle = handle
        try:
            await asyncio.get_running_loop().create_connection(lambda: listener, host, port)
            code = await self.finished(listener, run)
        except OSError:
            await asyncio.sleep(0.02)
            return "again"
        self.status_line = listener.status_line
        if " 404 " in self.status_line or " 410 " in self.status_line or code in (4504, 4510):
            return "unknown"
        return {1000: "over", LEFT: "left"}.get(code, "again")

    async def finished(self, listener: Listener, run: Run) -> int | None:
        """Waits for the end of a connection; leaves an operation that its worker has left. Returns the close code."""
        while not listener.finished.done():
            await asyncio.wait([listener.finished], timeout=0.5)
            if run not in self.ledger.newest and not self.ledger.is_stopping and not listener.finished.done():
                listener.transport.abort()
                return LEFT
        return listener.finished.result()
