# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Faults of questions, one in each class, which the suite must detect."""

from __future__ import annotations

from typing import Any

from reference_ask import Question
from reference_watch import Watch

Snapshot = dict[str, Any]


class HidesTheQuestion(Watch):
    def take(self, message: Snapshot) -> Snapshot | None:
        snapshot = super().take(message)
        return {**snapshot, "waitingFor": None} if snapshot else None


class TakesAnyAnswer(Question):
    def hear(self, snapshot: Snapshot) -> None:
        self.number = (snapshot.get("lastAnswer") or {}).get("number")
        super().hear(snapshot)


class AnswersItself(Question):
    def hear(self, snapshot: Snapshot) -> None:
        self.end(self.report.get("default"), "unanswered")


class AsksOnAfterCancelling(Question):
    def hear(self, snapshot: Snapshot) -> None:
        if snapshot["status"] != "cancelling":
            super().hear(snapshot)


class WaitsForTheServer(Question):
    grace = 1000.0


class LeavesItsQuestion(Question):
    withdraws = "never"


class WithdrawsForOthers(Question):
    withdraws = "always"
