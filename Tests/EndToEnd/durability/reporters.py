# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Workers that report durably, and repeat each report until it is acknowledged, however often the server dies."""

from __future__ import annotations

import asyncio
import random
import uuid

from keepalive import BROKEN, Connection, Place, Reply
from ledger import Cursor, Ledger, Question, Run

BASE = "/api/v1/progress"
PAUSE = 0.02


class Reporter:
    """A worker that runs one operation after the other."""

    def __init__(self, number: int, ledger: Ledger, place: Place, seed: int):
        self.number, self.ledger, self.place = number, ledger, place
        self.random = random.Random(seed)
        self.connection = Connection(place)

    async def work(self) -> None:
        number = 0
        while not self.ledger.is_stopping:
            number += 1
            await self.run(self.ledger.begin(f"w{self.number}-{number}"))
        self.connection.close()

    async def run(self, run: Run) -> None:
        if not await self.create(run):
            return
        for _ in range(self.random.randint(3, 40)):
            step = self.ask if self.random.random() < 0.05 else self.report
            if self.ledger.is_stopping or not await step(run):
                return
        if self.random.random() < 0.1:
            run.cancel_sent = True
            await self.deliver(run, "POST", f"{run.path}/cancel", lambda _: None)
        if self.random.random() < 0.9:
            await self.end(run)
        if self.random.random() < 0.1:
            run.deletion = "sent"
            reply = await self.deliver(run, "DELETE", run.path, lambda _: None, gone=(404, 410))
            run.deletion = "acknowledged" if reply else "sent"

    def next_step(self, run: Run, units: int) -> dict:
        """Records a report before it is sent, and returns its details."""
        filler = self.random.choice((0, 10, 100, 1000))
        count = run.steps[-1][0] if run.steps else 0
        run.steps.append((count + units, filler))
        return {"seq": len(run.steps) - 1, "filler": "x" * filler}

    async def create(self, run: Run) -> bool:
        details = self.next_step(run, 0)
        body = {"state": "Step 0", "details": {**details, "try": 0}, "cancellable": True, "unit": "steps", "lease": 600}
        if self.random.random() < 0.5:
            return await self.acknowledge(run, "PUT", run.path, lambda _: body)
        key = uuid.uuid4().hex
        return await self.acknowledge(run, "POST", BASE, lambda _: {"id": run.id, **body}, Idempotency_Key=key)

    async def report(self, run: Run) -> bool:
        """Reports the next step. A report with a key is repeated as it is; another one tells which repetition it is."""
        has_key = self.random.random() < 0.3
        details = self.next_step(run, 1 if has_key else 0)
        body = {"state": f"Step {details['seq']}"}
        if has_key:
            body |= {"details": {**details, "try": 0}, "advance": 1}
            return await self.acknowledge(run, "PATCH", run.path, lambda _: body, Idempotency_Key=uuid.uuid4().hex)
        method = self.random.choice(("PATCH", "PATCH", "PUT"))
        return await self.acknowledge(run, method, run.path, lambda n: {**body, "details": {**details, "try": n}})

    async def ask(self, run: Run) -> bool:
        """Asks a person, who mostly answers."""
        details = self.next_step(run, 0)
        question = Question(f"Continue after {details['seq']}?", self.random.choice(("yes", "no")))
        run.questions.append(question)
        waiting = {"message": question.message, "choices": ["yes", "no"]}
        body = {"state": f"Step {details['seq']}", "waitingFor": waiting}
        if not await self.acknowledge(run, "PATCH", run.path, lambda n: {**body, "details": {**details, "try": n}}):
            return False
        if self.random.random() < 0.2:
            return True
        question.is_sent = True
        body = {"answer": question.answer}
        # An answer waits for a working store without a preference.
        reply = await self.deliver(run, "POST", f"{run.path}/answer", lambda _: body, gone=(409,), Prefer="return=minimal")
        # A repeated answer is refused if the first one has arrived, which may not be committed yet.
        question.is_acknowledged = bool(reply and reply.status < 300)
        self.ledger.counters.answers += question.is_acknowledged
        return reply is not None

    async def end(self, run: Run) -> None:
        details = self.next_step(run, 0)
        status = self.random.choice(("succeeded", "succeeded", "failed", "cancelled"))
        run.end = {"status": status}
        if status == "succeeded":
            run.end["result"] = {"steps": details["seq"]}
        elif status == "failed":
            run.end["error"] = f"stopped at {details['seq']}"
        body = {"state": f"End {details['seq']}", "details": {**details, "try": 0}, **run.end}
        fields = {"Idempotency_Key": uuid.uuid4().hex} if self.random.random() < 0.5 else {}
        before = self.ledger.counters.unavailable
        reply = await self.deliver(run, "PATCH", run.path, lambda _: body, gone=(409,), **fields)
        run.end_acknowledged = bool(reply and reply.status != 409)
        # Without a key, a repeated end is refused if the first one has arrived. It is committed if the server has started since.
        run.end_unsure = bool(reply and reply.status == 409 and self.ledger.counters.unavailable > before)
        if run.end_acknowledged or (reply and not run.end_unsure):
            run.acknowledged = details["seq"]
            run.end_acknowledged = True

    async def acknowledge(self, run: Run, method: str, path: str, body, **fields: str) -> bool:
        """Delivers the newest step; returns whether it is acknowledged, which is false only after a violation."""
        step = len(run.steps) - 1
        reply = await self.deliver(run, method, path, body, **fields)
        if reply is None:
            return False
        run.acknowledged = step
        if reply.body:
            snapshot = reply.json
            self.ledger.check_content(run, snapshot, f"the response to {method}")
            self.ledger.check(snapshot["details"]["seq"] == step, "wrong response", f"{run.id}: {snapshot} for step {step}")
        return True

    async def deliver(self, run: Run, method: str, path: str, body, gone: tuple = (), **fields: str) -> Reply | None:
        """Repeats a request until the server acknowledges it; `gone` are the refusals that tell that it was applied before."""
        minimal = self.random.random() < 0.5
        fields = {"Prefer": "durable, return=minimal" if minimal else "durable", **fields}
        attempt = 0
        while True:
            await self.place.opened.wait()
            try:
                reply = await self.connection.request(method, path, body(attempt), **fields)
            except BROKEN:
                await asyncio.sleep(PAUSE)
            else:
                if reply.status < 300:
                    return self.count(run, method, reply, is_durable="durable" in fields["Prefer"])
                if attempt and reply.status in gone:
                    return reply
                if not self.may_repeat(reply):
                    self.ledger.violation("refusal", f"{method} {path} {fields}: {reply.status} {reply.body[:300]!r}")
                    return None
                await asyncio.sleep(PAUSE * 2)
            attempt += 1
            self.ledger.counters.retried += 1

    def may_repeat(self, reply: Reply) -> bool:
        if reply.status == 503:
            self.ledger.counters.unavailable += 1
            return "shutting-down" in reply.body.decode() or (reply.is_store_problem and "retry-after" in reply.fields)
        return reply.status == 409 and b"idempotency-key-in-use" in reply.body

    def count(self, run: Run, method: str, reply: Reply, is_durable: bool) -> Reply:
        self.ledger.counters.acknowledged += 1
        self.ledger.check(not is_durable or "durable" in reply.preferences, "not durable", f"{method} {run.id}: {reply.fields}")
        if tag := reply.fields.get("etag"):
            cursor = Cursor.parse(tag.strip('"'))
            run.committed[cursor[:2]] = max(run.committed.get(cursor[:2], -1), cursor.revision)
        return reply
