# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What the workers have sent and what the server has acknowledged, and the checks of a snapshot against both."""

from __future__ import annotations

import collections
import random
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from harness import Failure

ENDS = ("succeeded", "failed", "cancelled")
OPEN = ("pending", "running", "waiting", "stalled", "cancelling")


class Cursor(NamedTuple):
    """A cursor, `EPOCH-REVISION`, or `EPOCH.GENERATION-REVISION` after an unclean restart."""

    epoch: str
    generation: int
    revision: int

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        match = re.fullmatch(r"([A-Za-z0-9]+)(?:\.([A-Za-z0-9]+))?-(\d+)", text)
        if not match:
            raise Failure(f"{text!r} is not a cursor")
        return cls(match[1], int(match[2], 36) if match[2] else 0, int(match[3]))


@dataclass
class Question:
    """A question that was asked, and the only answer that a person gives to it."""

    message: str
    answer: str
    is_sent: bool = False
    is_acknowledged: bool = False


@dataclass(eq=False)
class Run:
    """One operation. `steps` are the reports that were sent, the creation first: for each the count after it and its filler."""

    id: str
    steps: list[tuple[int, int]] = field(default_factory=list)
    acknowledged: int = -1
    end: dict | None = None
    end_acknowledged: bool = False
    end_unsure: bool = False
    cancel_sent: bool = False
    deletion: str = "none"
    """`none`, `sent` or `acknowledged`."""
    questions: list[Question] = field(default_factory=list)
    committed: dict = field(default_factory=dict)
    """For each epoch and generation, the newest acknowledged revision."""
    meanings: dict = field(default_factory=dict)
    """For each cursor that anyone saw, the content that came with it."""

    @property
    def answered(self) -> int:
        """The number of the newest question whose answer is acknowledged, or -1."""
        return max((n for n, question in enumerate(self.questions) if question.is_acknowledged), default=-1)

    @property
    def path(self) -> str:
        return f"/api/v1/progress/{self.id}"

    def saw(self, cursor: Cursor) -> bool:
        """Returns whether a revision is known to be committed."""
        return self.committed.get(cursor[:2], -1) >= cursor.revision


@dataclass
class Counters:
    acknowledged: int = 0
    retried: int = 0
    unavailable: int = 0
    answers: int = 0
    lost: int = 0
    duplicates: int = 0
    messages: int = 0
    reconnects: int = 0
    exact: int = 0
    restarted: int = 0
    skipped: int = 0


def count_of(snapshot: dict) -> int:
    return (snapshot.get("progress") or {}).get("completedCount", 0)


def content(snapshot: dict) -> tuple:
    """Returns all that a worker reported; without times and rates."""
    details, error = snapshot["details"] or {}, snapshot.get("error") or {}
    report = (details.get("seq"), details.get("try"), len(details.get("filler", "")), count_of(snapshot))
    asked = (snapshot.get("waitingFor") or {}).get("message"), (snapshot.get("lastAnswer") or {}).get("message")
    return snapshot["status"], snapshot["state"], *report, repr(snapshot.get("result")), error.get("detail"), *asked


class Ledger:
    """All operations of all workers, and each violation that was found."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.runs: dict[str, Run] = {}
        self.newest: collections.deque[Run] = collections.deque(maxlen=32)
        self.counters = Counters()
        self.violations: collections.Counter[str] = collections.Counter()
        self.examples: list[str] = []
        self.last_seen: list[tuple[Run, tuple]] = []
        """The last content that a watcher saw of an operation that ended."""
        self.crossings: list[tuple[Run, Cursor, Cursor]] = []
        """Where a watcher was told to go on exactly, from one generation to another."""
        self.is_stopping = False

    def begin(self, name: str) -> Run:
        run = self.runs[name] = Run(name)
        self.newest.append(run)
        return run

    def violation(self, kind: str, text: str) -> None:
        self.violations[kind] += 1
        if self.violations[kind] <= 5:
            self.examples.append(f"{kind}: {text}")

    def check(self, condition: object, kind: str, text: str) -> None:
        if not condition:
            self.violation(kind, text)

    def check_content(self, run: Run, snapshot: dict, where: str) -> Cursor:
        """Checks that a snapshot is of reports that were sent, each applied once, and that its cursor has one meaning."""
        cursor = Cursor.parse(snapshot["cursor"])
        now, text = content(snapshot), f"{where} of {run.id} at {snapshot['cursor']}: {content(snapshot)}"
        self.check(cursor.revision == snapshot["revision"], "cursor", text)
        known = run.meanings.setdefault(cursor, now)
        self.check(known == now, "cursor with two meanings", f"{text}, before {known}")
        step = now[2]
        if not isinstance(step, int) or not 0 <= step < len(run.steps):
            self.violation("unsent report", text)
            return cursor
        count, filler = run.steps[step]
        self.check(now[4] == filler, "mixed report", f"{text}, the filler has {filler}")
        if now[5] != count:
            self.counters.duplicates += max(0, now[5] - count)
            self.violation("duplicate" if now[5] > count else "lost count", f"{text}, the count is {count}")
        self.check_answer(run, snapshot, text)
        if now[0] in ENDS:
            self.check_end(run, snapshot, text)
        else:
            self.check(now[1] == f"Step {step}", "mixed report", text)
        return cursor

    def check_answer(self, run: Run, snapshot: dict, text: str) -> None:
        """Checks that the last answer is one that a person sent, and that an answered question is not open."""
        last, open_question = snapshot.get("lastAnswer"), (snapshot.get("waitingFor") or {}).get("message")
        sent = [(question.message, question.answer) for question in run.questions if question.is_sent]
        self.check(not last or (last["message"], last["answer"]) in sent, "unsent answer", f"{text}, {last}")
        self.check(not last or last["message"] != open_question, "answered question is open", text)

    def check_end(self, run: Run, snapshot: dict, text: str) -> None:
        wanted = run.end
        if not wanted or wanted["status"] != snapshot["status"]:
            self.violation("wrong end", f"{text}, sent {wanted}")
            return
        self.check(snapshot["details"]["seq"] == len(run.steps) - 1, "wrong end", text)
        self.check(snapshot.get("result") == wanted.get("result"), "wrong end", text)
        detail = (snapshot.get("error") or {}).get("detail")
        self.check(detail == wanted.get("error"), "wrong end", text)
