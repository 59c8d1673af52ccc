# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The answers of a server that knows questions, for the scripted server of the tests."""

from __future__ import annotations

import queue
import threading

MEMBERS = ("kind", "message", "choices", "default")


class Desk:
    """Keeps the question of one operation. It refuses watches, so that workers learn from the responses to reports."""

    def __init__(self, on_report=None):
        self.asked = queue.SimpleQueue()
        self.withdrawn = queue.SimpleQueue()
        self.on_report = on_report
        self._lock = threading.Lock()
        self._number = 0
        self._now = {"cursor": "e-0", "revision": 0, "status": "running"}

    def __call__(self, call):
        if call.method == "GET":
            return 403, {}, {}
        with self._lock:
            for report in call.reports:
                refusal = self.on_report and self.on_report(report)
                if refusal:
                    return refusal
                self._take(report)
            return 200, {}, dict(self._now)

    def answer(self, text, **members):
        """Answers the open question."""
        with self._lock:
            question = self._now.pop("waitingFor")
            last = {"number": question["number"], "message": question["message"], "answer": text, "isExpired": False}
            self._change(status="running", lastAnswer={**last, **members})

    def set(self, **members):
        """Withdraws the question, and changes members of the snapshot."""
        with self._lock:
            self._now.pop("waitingFor", None)
            self._change(**{"status": "running", **members})

    def _take(self, report):
        self._change()
        if report.get("waitingFor"):
            self._number += 1
            question = {name: report["waitingFor"][name] for name in MEMBERS if name in report["waitingFor"]}
            self._change(status="waiting", waitingFor={"number": self._number, **question})
            self.asked.put(report["waitingFor"])
        elif "waitingFor" in report:
            self._now.pop("waitingFor", None)
            self._change(status="running")
            self.withdrawn.put(report)

    def _change(self, **members):
        revision = self._now["revision"] + 1
        self._now.update(members, revision=revision, cursor=f"e-{revision}")
