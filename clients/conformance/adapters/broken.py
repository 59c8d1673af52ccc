# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Variants of the reference client with one fault each, which the suite must detect; broken_ask.py has further ones."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any

import broken_ask  # noqa: F401 (its classes are faults)
from reference import Adapter
from reference_ask import Question
from reference_report import Reporter
from reference_watch import Refused, Watch

Report = dict[str, Any]
Snapshot = dict[str, Any]


# Faults of a watch.


class LosesATransition(Watch):
    def take(self, message: Report) -> Snapshot | None:
        snapshot = super().take(message)
        return None if snapshot and snapshot["revision"] == 2 else snapshot


class TakesFullForTheEnd(Watch):
    def take(self, message: Report) -> Snapshot | None:
        snapshot = super().take(message)
        if snapshot and (snapshot["progress"] or {}).get("fractionCompleted") == 1:
            self.ended = "succeeded"
        return snapshot


class TakesACloseForTheEnd(Watch):
    def may_go_on(self, code: int) -> bool:
        if code == 1000:
            self.ended = "succeeded"
        return super().may_go_on(code)


class ShowsADuplicate(Watch):
    def take(self, message: Report) -> Snapshot | None:
        if message["cursor"] == self.cursor:
            self.cursor = None
        return super().take(message)


class NeverReconnects(Watch):
    def backoff(self) -> float:
        raise Refused("unreachable", "The connection is lost.")


class IgnoresRetryAfter(Watch):
    def refusal(self, response: Any) -> float:
        return super().refusal(response) * 0


class ForgetsItsCursor(Watch):
    def connect(self) -> Any:
        kept, self.cursor = self.cursor, None
        try:
            return super().connect()
        finally:
            self.cursor = kept


class HidesWhatItMissed(Watch):
    def take(self, message: Report) -> Snapshot | None:
        snapshot = super().take(message)
        return {**snapshot, "skipped": 0} if snapshot else None


class StaysWithTheOldEpoch(Watch):
    def take(self, message: Report) -> Snapshot | None:
        old = self.cursor.rsplit("-", 1) if self.cursor else ["", "-1"]
        return super().take(message) if message["revision"] > int(old[1]) else None


class Hammers(Watch):
    def backoff(self) -> float:
        return 0.0


class ReconnectsForEver(Watch):
    def may_go_on(self, code: int) -> bool:
        return code != 1000


class TriesAgainAfter404(Watch):
    def refusal(self, response: Any) -> float:
        return 0.0 if response.status_code == 404 else super().refusal(response)


class KeepsItsFirstToken(Watch):
    def __init__(self, url: str, token: Any, cursor: str | None = None):
        first = token()
        super().__init__(url, lambda: first, cursor)


class DropsDetailsOfNull(Watch):
    def take(self, message: Report) -> Snapshot | None:
        snapshot = super().take(message)
        return {**snapshot, "details": snapshot["details"] or {}} if snapshot else None


class CannotBeLeft(Watch):
    async def __aiter__(self) -> Any:
        async for snapshot in super().__aiter__():
            yield snapshot
            if snapshot["revision"] == 1:
                time.sleep(6)


# Faults of a worker.


class FoldsTransitions(Reporter):
    def push(self, report: Report) -> None:
        if self.queue and "state" in report and "state" in self.queue[-1]:
            self.queue.pop()
        super().push(report)


class CountsTwice(Reporter):
    """Sends increments instead of the count, with a new key for each attempt."""

    def advance(self, by: int) -> None:
        self.push({"advance": by})

    async def deliver(self, session: Any, method: str, url: str, body: Report) -> None:
        if "advance" in body:
            for _ in range(20):
                try:
                    async with session.request(method, url, json=body) as answer:
                        if answer.status < 300:
                            return
                except Exception:
                    await asyncio.sleep(0.1)
        await super().deliver(session, method, url, body)


class CreatesAgain(Reporter):
    """Uses a new identifier for each attempt."""

    async def deliver(self, session: Any, method: str, url: str, body: Report) -> None:
        for number in range(10 if method == "POST" else 0):
            body["id"] = f"try-{number}"
            try:
                async with session.request(method, url, json=body) as answer:
                    if answer.status < 300:
                        return
            except Exception:
                await asyncio.sleep(0.1)
        await super().deliver(session, method, url, body)


class ForgetsTheEnd(Reporter):
    """Sends the end only once."""

    async def deliver(self, session: Any, method: str, url: str, body: Report) -> None:
        if "status" not in body:
            return await super().deliver(session, method, url, body)
        try:
            async with session.request(method, url, json=body):
                pass
        except Exception:
            pass


class ReportsWithoutRest(Reporter):
    """Ignores Retry-After."""

    async def deliver(self, session: Any, method: str, url: str, body: Report) -> None:
        for _ in range(200):
            try:
                async with session.request(method, url, json=body) as answer:
                    if answer.status not in (429, 503):
                        break
            except Exception:
                pass
            await asyncio.sleep(0.2)


class WaitsForItsServer(Reporter):
    def push(self, report: Report) -> None:
        super().push(report)
        if "state" in report:
            time.sleep(1)


class DoesNotHearOfCancelling(Reporter):
    def hear(self, snapshot: Snapshot, body: Report) -> None:
        pass


class IgnoresBeingDisabled(Reporter):
    def __init__(self, *arguments: Any, **named: Any):
        os.environ.pop("LIVE_PROGRESS_DISABLED", None)
        super().__init__(*arguments, **named)


class EndsAsAGuest(Reporter):
    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.is_guest = False


class DoesNotEndWhatItOwns(Reporter):
    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.is_guest = True


class ReportsAfterARefusal(Reporter):
    async def deliver(self, session: Any, method: str, url: str, body: Report) -> None:
        try:
            await super().deliver(session, method, url, body)
        except Exception:
            pass


class StaysForEver(Reporter):
    async def leave(self, seconds: float) -> None:
        await asyncio.wait([self.task])


FAULTS = {fault.__name__: fault for kind in (Watch, Reporter, Question) for fault in kind.__subclasses__()}


def main(name: str) -> None:
    kind = FAULTS[name]
    Adapter.name = name
    adapter = Adapter()
    if issubclass(kind, Watch):
        adapter.watch_type = kind
    elif issubclass(kind, Question):
        Reporter.question_type = kind
    else:
        adapter.reporter_type = kind
    asyncio.run(adapter.run())


if __name__ == "__main__":
    main(sys.argv[1])
