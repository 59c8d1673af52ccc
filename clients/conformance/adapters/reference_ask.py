# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The questions of the reference client: one waits for the answer by a long poll, and by the responses to its reports."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from reference_report import Reporter

FINAL = {"succeeded", "failed", "cancelled"}
MEMBERS = ("kind", "message", "choices", "default", "timeout")


class NoAnswer(Exception):
    """A question without an answer; its text is the kind of the error (ADAPTER.md)."""


class Question:
    """A question, which learns its answer from snapshots."""

    #: The seconds that a worker waits for a server that is away, after the timeout.
    grace = 10.0
    #: When the worker withdraws the question.
    withdraws = "if it is open"

    def __init__(self, report: dict[str, Any]):
        self.report = report
        self.number: int | None = None
        self.is_sent = asyncio.Event()
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def hear(self, snapshot: dict[str, Any]) -> None:
        waiting, last = snapshot.get("waitingFor"), snapshot.get("lastAnswer")
        if self.number is None:
            mine = [shown for shown in (waiting, last) if shown and shown["message"] == self.report["message"]]
            self.number = mine[0]["number"] if mine else 0
        if last and last["number"] == self.number:
            self.end(last["answer"], "unanswered")
        elif snapshot["status"] == "cancelling":
            self.end(None, "cancelled")
        elif snapshot["status"] in FINAL:
            self.end(None, "ended")
        elif not waiting or waiting["number"] != self.number:
            self.end(None, "unanswered")

    def end(self, answer: str | None, kind: str) -> None:
        if self.answer.done():
            return
        if answer is None:
            self.answer.set_exception(NoAnswer(kind))
        else:
            self.answer.set_result(answer)


async def ask(reporter: Reporter, command: dict[str, Any]) -> str:
    """Asks, and returns the answer; raises NoAnswer."""
    report = {name: command[name] for name in MEMBERS if name in command}
    question = reporter.question = reporter.question_type(report)
    seconds = report["timeout"] + question.grace if "timeout" in report else None
    if os.environ.get("LIVE_PROGRESS_DISABLED"):
        seconds = 0
    else:
        reporter.push({"waitingFor": report})
    poll = asyncio.create_task(listen(reporter, question))
    try:
        await asyncio.wait([question.answer], timeout=seconds)
        is_open = not question.answer.done()
        question.end(report.get("default"), "unanswered")
        if question.withdraws == "always" or (is_open and question.withdraws != "never"):
            reporter.push({"waitingFor": None})
        return await question.answer
    finally:
        poll.cancel()


async def listen(reporter: Reporter, question: Question) -> None:
    """Polls for each new revision; if the worker may not, sends empty reports."""
    await question.is_sent.wait()
    fields = {"Authorization": f"Bearer {reporter.token}"} if reporter.token else {}
    tag: dict[str, str] = {}
    async with aiohttp.ClientSession(headers={**fields, "Accept": "application/json", "Prefer": "wait=30"}) as session:
        while not question.answer.done():
            try:
                async with session.get(str(reporter.url), headers=tag) as answer:
                    if answer.status == 200:
                        tag = {"If-None-Match": answer.headers["ETag"]}
                        reporter.hear(await answer.json(), {})
                    elif answer.status != 304:
                        reporter.push({})
                        await asyncio.sleep(1)
            except aiohttp.ClientError:
                await asyncio.sleep(0.3)
