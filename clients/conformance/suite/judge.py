# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Checks the events of a client: the rules for all cases, and the expectations of the case."""

from __future__ import annotations

import asyncio
from typing import Any

from .adapter import Adapter, Event
from .cases import Case
from .failure import BadCase, expect, expect_equal
from .judge_reports import judge_calls, judge_operation
from .messages import FINAL
from .patience import patient
from .scripted import Attempt
from .stage import Stage

MEMBERS = ("status", "state", "details", "result", "error")
ASKED = {
    "waitingFor": ("number", "kind", "message", "choices", "default"),
    "lastAnswer": ("number", "message", "answer", "answeredBy", "isExpired"),
}
COUNTS = ("completedCount", "totalCount", "unit", "fractionCompleted")
QUIET = 0.8  # the seconds in which a client must not make a further attempt
NEXT_TRY = 2.0
LONGEST_WAIT = 10.0
SLACK = 0.5
RETRY_EARLY, RETRY_LATE = 0.05, 2.0
WATCHING = {"seen", "states", "end", "result", "error", "complete", "attempts", "cursors", "tokens", "renewed", "left"}
REPORTING = {"operation", "journal", "requests", "counts", "cancelling", "refused"}


async def judge(case: Case, adapter: Adapter, scene: Stage, names: dict[str, int]) -> None:
    judge_raised(adapter)
    for number, command in adapter.sent.items():
        if command["do"] == "watch":
            judge_watch(adapter, scene, number)
    for wanted in case.expect:
        if unknown := set(wanted) - WATCHING - REPORTING - {"of"}:
            raise BadCase(f"{case.name}: no expectation {sorted(unknown)}")
        if WATCHING & set(wanted):
            await judge_wanted(adapter, scene, names[wanted.get("of", "watch")], wanted)
        if REPORTING & set(wanted):
            await judge_operation(adapter, scene, wanted)
    if scene.scripted:
        judge_attempts(scene.scripted.attempts, adapter.ready)
    if scene.relay:
        judge_calls(scene.relay.calls)


def judge_raised(adapter: Adapter) -> None:
    for event in adapter.events:
        expect(event.get("kind") != "raised", f"a call of the worker raised: {event.get('detail')}")
        if event["event"] == "error":
            command = adapter.sent.get(event.get("n", -1), {}).get("do")
            expect(command in ("watch", "cancel", "ask", "answer"), f"{command!r} reported an error: {event}")
    for op in {e.get("op") for e in adapter.events if e["event"] == "cancelling"}:
        told = sum(e["event"] == "cancelling" and e["op"] == op for e in adapter.events)
        expect_equal(told, 1, f"cancelling events of {op}")


def of(adapter: Adapter, number: int, kind: str) -> list[Event]:
    return [event for event in adapter.events if event["event"] == kind and event.get("n") == number]


def judge_watch(adapter: Adapter, scene: Stage, number: int) -> None:
    """Checks the order, gaps, contents and end of a watch, in every case."""
    before: dict[str, Any] | None = None
    sent = sent_messages(scene)
    for event in of(adapter, number, "snapshot"):
        now = event["snapshot"]
        for name in ("cursor", "revision", "skipped", "progress", *MEMBERS):
            expect(name in now, f"the snapshot has no member {name}: {now}")
        epoch = now["cursor"].rsplit("-", 1)[0]
        expect_equal(now["cursor"], f"{epoch}-{now['revision']}", "the cursor's revision")
        source = sent.get(now["cursor"], {}) if sent else now
        if before and before["cursor"].rsplit("-", 1)[0] == epoch:
            expect(now["revision"] > before["revision"], f"{now['cursor']} came after {before['cursor']}")
            missing = now["revision"] - before["revision"] - 1
            expect_equal(now["skipped"], missing, f"skipped between {before['cursor']} and {now['cursor']}")
        elif sent:
            expect_equal(now["skipped"], source.get("skipped", 0), f"skipped of {now['cursor']}")
        if sent:
            judge_content(now, source)
        if sent and "ask" in adapter.ready.get("can", []):
            judge_question(now, source)
        before = now
    judge_end(adapter, number, before)


def judge_content(now: dict[str, Any], source: dict[str, Any]) -> None:
    cursor = now["cursor"]
    expect(source, f"{cursor} was returned, but the server did not send it")
    for name in MEMBERS:
        expect_equal(now[name], source.get(name), f"{name} of {cursor}")
    there, here = source.get("progress"), now["progress"]
    if there is None:
        expect(here is None or not any(here.get(n) for n in COUNTS), f"{cursor} has no progress, but {here}")
        return
    expect(here, f"progress of {cursor} is missing")
    for name in COUNTS:
        expect_equal(here.get(name), there.get(name), f"{name} of {cursor}")


def judge_question(now: dict[str, Any], source: dict[str, Any]) -> None:
    """Checks the question and the answer of a snapshot."""
    for name, members in ASKED.items():
        here, there = now.get(name), source.get(name)
        expect_equal(here is None, there is None, f"whether {name} of {now['cursor']} is missing")
        for member in members if there else ():
            expect_equal((here or {}).get(member), there.get(member), f"{member} in {name} of {now['cursor']}")


def judge_end(adapter: Adapter, number: int, last: dict[str, Any] | None) -> None:
    ends, errors = of(adapter, number, "end"), of(adapter, number, "error")
    expect(len(ends) <= 1 and len(errors) <= 1, f"{len(ends)} ends and {len(errors)} errors of one watch")
    expect(not (ends and errors), f"an end and an error of one watch: {ends} {errors}")
    if ends:
        status = ends[0].get("status")
        expect(last is not None, "an end without a snapshot")
        said = (last or {}).get("status")
        expect(said in FINAL, f"an end ({status}) after a snapshot with the status {said!r}: an end is reported, never inferred")
        expect_equal(status, said, "status of the end")


def sent_messages(scene: Stage) -> dict[str, dict[str, Any]]:
    """Returns the messages of the scripted server by cursor; repeated messages are equal."""
    if not scene.scripted:
        return {}
    messages: dict[str, dict[str, Any]] = {}
    for attempt in scene.scripted.attempts:
        for message in attempt.sent:
            messages.setdefault(message["cursor"], message)
    return messages


async def judge_wanted(adapter: Adapter, scene: Stage, number: int, wanted: dict[str, Any]) -> None:
    """Checks the expectations of a case about a watch."""
    snapshots = [e["snapshot"] for e in of(adapter, number, "snapshot")]
    ends, errors = of(adapter, number, "end"), of(adapter, number, "error")
    if "error" in wanted and wanted["error"] is None:
        expect(not errors, f"the watch failed: {errors}")
    elif "error" in wanted:
        expect(errors, f"the watch ended without the error {wanted['error']!r}; its end: {ends}")
        expect_equal(errors[0]["kind"], wanted["error"], "kind of the error")
        await asyncio.sleep(QUIET)
    if "end" in wanted:
        expect(wanted["end"] is None or ends, f"no end; the watch's error: {errors}")
        expect_equal(ends[0]["status"] if ends else None, wanted["end"], "end")
    if "seen" in wanted:
        whole = [c if isinstance(c, str) else f"e1-{c}" for c in wanted["seen"]]
        expect_equal([s["cursor"] for s in snapshots], whole, "returned snapshots")
    if "states" in wanted:
        # Ends are left out, because the server sets the state of an end that has no state.
        open_ones = [s["state"] for s in snapshots if s["status"] not in FINAL]
        expect_equal(dedupe(open_ones), wanted["states"], "returned states")
    if "result" in wanted:
        expect_equal(snapshots[-1]["result"], wanted["result"], "result")
    if wanted.get("complete"):
        told = sum(1 + s["skipped"] for s in snapshots) - snapshots[0]["skipped"] - 1
        expect_equal(told, snapshots[-1]["revision"] - snapshots[0]["revision"], "revisions returned or counted as skipped")
    if scene.scripted:
        judge_tries(scene.scripted.attempts, wanted)


def judge_tries(attempts: list[Attempt], wanted: dict[str, Any]) -> None:
    """Checks the expectations of a case about the attempts at the scripted server."""
    if "attempts" in wanted:
        expect_equal(len(attempts), wanted["attempts"], "attempts to connect")
    if "cursors" in wanted:
        expect_equal([a.cursor for a in attempts], wanted["cursors"], "cursors sent")
    if "tokens" in wanted:
        expect_equal([a.token for a in attempts], wanted["tokens"], "tokens sent to connect")
    if "renewed" in wanted:
        expect_equal([t for a in attempts for t in a.tokens], wanted["renewed"], "tokens sent over the open connection")
    if wanted.get("left"):
        for attempt in attempts:
            expect(attempt.over is not None, "a connection of a stopped watch is still open")


def judge_attempts(attempts: list[Attempt], ready: dict[str, Any]) -> None:
    """Checks the times and cursors of the attempts (ADAPTER.md, 1 to 3)."""
    newest: str | None = None
    fruitless = 0
    for last, attempt in zip(attempts, attempts[1:]):
        expect(last.over is not None, "a new connection while the last connection is open")
        expect(last.fault is None, f"the client broke a connection: {last.fault}")
        pause = attempt.at - (last.over or 0)
        newest = last.sent[-1]["cursor"] if last.sent else newest
        fruitless = 0 if last.sent else fruitless + 1
        latest = NEXT_TRY if not fruitless else min(LONGEST_WAIT, NEXT_TRY * 2 ** min(fruitless, 10))
        if last.retry_after is not None:
            early = last.retry_after - RETRY_EARLY
            expect(pause >= early, f"tried again {pause:.2f} s after a refusal with Retry-After: {last.retry_after:g}")
            latest = last.retry_after + RETRY_LATE
        expect(pause <= patient(latest + SLACK), f"tried again only after {pause:.2f} s; at most {latest:g} s")
        expect_equal(attempt.cursor, attempt_cursor(newest, attempt), "cursor sent")
    for index, attempt in enumerate(attempts[10:]):
        expect(attempt.at - attempts[index].at > 1, "more than ten attempts in a second")
    if attempts:
        expect(attempts[-1].fault is None, f"the client broke the last connection: {attempts[-1].fault}")


def attempt_cursor(newest: str | None, attempt: Attempt) -> str | None:
    """Returns the expected cursor; before the first message, any cursor of the client's user is accepted."""
    return attempt.cursor if newest is None else newest


def dedupe(states: list[str]) -> list[str]:
    return [state for index, state in enumerate(states) if index == 0 or state != states[index - 1]]
