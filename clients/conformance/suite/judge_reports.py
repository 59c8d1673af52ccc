# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Checks a worker by the operations on its server, and by its requests."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .adapter import Adapter
from .failure import expect, expect_equal
from .patience import patient
from .relay import Call
from .stage import Stage

CREATION_SECONDS = 5
JOURNAL_SECONDS = 12
QUIET = 0.8
RETRY_EARLY, RETRY_LATE = 0.05, 2.0
SLACK = 0.5


async def judge_operation(adapter: Adapter, scene: Stage, wanted: dict[str, Any]) -> None:
    """Checks the expectations of a case about the server."""
    if "operation" in wanted:
        await judge_end_state(scene, wanted["operation"], wanted.get("journal"), wanted.get("counts"))
    if "cancelling" in wanted:
        told = [e for e in adapter.events if e["event"] == "cancelling"]
        expect_equal(bool(told), wanted["cancelling"], "whether the worker received a cancel request")
    if "requests" in wanted:
        await asyncio.sleep(QUIET)
        assert scene.relay is not None
        for kind, limits in wanted["requests"].items():
            number = sum(kind in (call.kind, "any") for call in scene.relay.calls)
            low, high = limits if isinstance(limits, list) else (limits, limits)
            expect(low <= number <= high, f"{number} requests of the kind {kind}; expected {low} to {high}")
    if "refused" in wanted and "refusals" in adapter.ready.get("can", []):
        kinds = [e.get("kind") for e in adapter.events if e["event"] == "refused"]
        expect_equal(kinds, [wanted["refused"]], "refusals reported")


async def judge_end_state(scene: Stage, wanted: dict[str, Any], states: Any, counts: Any) -> None:
    """Checks the end of the operation, and its transitions."""
    assert scene.hand is not None
    wanted = dict(wanted)
    title = wanted.pop("of", None)
    deadline = time.monotonic() + patient(CREATION_SECONDS)
    while not (found := [o for o in await scene.hand.operations() if title is None or o["title"] == title]):
        expect(time.monotonic() < deadline, f"no operation at the server within {CREATION_SECONDS} s")
        await asyncio.sleep(0.02)
    expect(len(found) == 1, f"{len(found)} operations at the server: {[o['title'] for o in found]}")
    revisions = await scene.hand.journal(found[0]["id"], patient(JOURNAL_SECONDS))
    last = revisions[-1]
    progress = last.get("progress") or {}
    for name, value in wanted.items():
        if name == "error":
            judge_problem(last.get("error") or {}, value)
        elif name == "lastAnswer" and value:
            given = last.get(name) or {}
            expect_equal({key: given.get(key) for key in value}, value, f"{name} at the end")
        elif name in ("completedCount", "totalCount", "unit", "fractionCompleted"):
            expect_equal(progress.get(name), value, f"{name} at the end")
        else:
            expect_equal(last.get(name), value, f"{name} at the end")
    if states is not None:
        told = [(r["state"], (r["details"] or {}).get("step")) for r in revisions]
        changes = [s for i, s in enumerate(told) if s[0] != "Pending" and (i == 0 or s != told[i - 1])]
        # An end may have its own state.
        expect_equal([s[0] for s in changes][: len(states)], states, "transitions in the journal")
        expect(len(changes) <= len(states) + 1, f"more transitions than calls: {changes}")
    if counts is not None:
        shown = [(r.get("progress") or {}).get("completedCount", 0) for r in revisions]
        expect(max(shown) <= counts, f"counts are higher than the reported counts: {shown}")


def judge_problem(problem: dict[str, Any], wanted: dict[str, str]) -> None:
    """Checks a problem; the title and the detail may be in one text, because some clients accept only one text."""
    text = " ".join(str(problem.get(name) or "") for name in ("title", "detail"))
    for name, value in wanted.items():
        expect(value in text, f"the error does not contain the {name} {value!r}: {problem}")


def judge_calls(calls: list[Call]) -> None:
    """Checks Retry-After for all changes of an operation, and that the end is the last change (ADAPTER.md, 2 and 7)."""
    changes = [call for call in calls if call.kind in ("create", "report", "end")]
    for index, call in enumerate(changes):
        wait = (call.fault or {}).get("retryAfter")
        if wait is None or call.status != (call.fault or {}).get("answer") or index + 1 == len(changes):
            continue
        pause = changes[index + 1].at - (call.over or call.at)
        expect(pause >= wait - RETRY_EARLY, f"a request {pause:.2f} s after a refusal with Retry-After: {wait:g}")
        expect(pause <= patient(wait + RETRY_LATE + SLACK), f"tried again only {pause:.2f} s after Retry-After: {wait:g}")
    for path in {call.path for call in changes}:
        mine = [call for call in changes if call.path == path]
        ended = [i for i, call in enumerate(mine) if call.kind == "end" and call.status in (200, 201, 204)]
        if ended:
            # An accepted report belongs to the next run with the same identifier.
            later = [call for call in mine[ended[0] + 1 :] if call.kind == "report" and call.status == 409]
            expect(not later, f"{len(later)} reports after the end: {[c.body[:80] for c in later]}")
    for index, call in enumerate(changes[20:]):
        same = {c.status for c in changes[index : index + 21]} <= {None, 429, 503}
        expect(not same or call.at - changes[index].at > 1, "more than twenty failed requests in a second")
