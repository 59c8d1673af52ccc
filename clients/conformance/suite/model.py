# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""An operation with questions, as a server has it: reports and answers in, revisions out. No I/O and no clock."""

from __future__ import annotations

from typing import Any

from .messages import FINAL

EPOCH = "m1"
COUNTS = ("completedCount", "totalCount", "unit")
PLAIN = ("state", "details", "title", "labels", "cancellable")
OTHERS = {"advance", "lease", "status", "result", "error", "waitingFor", "worker", "attempt", "id"}
KINDS = ("question", "permission", "input")
Body = dict[str, Any]


class Refusal(Exception):
    """A request that the server refuses."""

    def __init__(self, status: int, kind: str, detail: str, **members: Any):
        super().__init__(detail)
        self.status = status
        self.problem = {"type": f"urn:live-progress:problem:{kind}", "title": kind, "status": status, "detail": detail, **members}


class Operation:
    """The journal of an operation, with all its revisions."""

    def __init__(self, body: Body, time: str):
        #: The number of the newest question: its revision, as in the real server.
        self.number = 0
        self.now: Body = {
            "id": body["id"], "attempt": 1, "status": "pending", "state": "Pending", "details": None, "title": None,
            "progress": None, "parent": None, "labels": {}, "cancellable": False, "skipped": 0, "createdAt": time,
        }
        self.journal: list[Body] = []
        self._merge(body)
        self._publish(time)

    @property
    def newest(self) -> Body:
        return self.journal[-1]

    @property
    def is_over(self) -> bool:
        return self.now["status"] in FINAL

    def report(self, body: Body, time: str, deadline: str | None) -> None:
        """Applies a report; `deadline` is the time of a question with a timeout."""
        if self.is_over:
            raise Refusal(409, "ended", "The operation has ended.")
        if unknown := set(body) - {*COUNTS, *PLAIN, *OTHERS, "fractionCompleted", "baselineCount"}:
            raise Refusal(422, "invalid-report", f"There is no member {sorted(unknown)[0]}.")
        if not body:
            return
        if body.get("waitingFor") is not None:
            check(body["waitingFor"])
        self._merge(body)
        if self.now["status"] == "pending":
            self.now["status"] = "running"
        if "waitingFor" in body:
            self._withdraw()
            if body["waitingFor"] is not None and self.now["status"] != "cancelling":
                self._ask(body["waitingFor"], time, deadline)
        if status := body.get("status"):
            self._withdraw()
            self.now["status"] = status
            self.now.update({name: body.get(name) for name in ("result", "error") if name in body})
            self.now.setdefault("result", None)
        self._publish(time)

    def answer(self, body: Body, time: str, by: str | None) -> None:
        """Answers the open question."""
        question, text = self.now.get("waitingFor"), body.get("answer")
        if self.is_over:
            raise Refusal(409, "ended", "The operation has ended.")
        if question is None:
            raise Refusal(409, "not-waiting", f"No question is open; the last answer is {self.now.get('lastAnswer')}.")
        if body.get("number", question["number"]) != question["number"]:
            raise Refusal(409, "already-answered", f"The open question has the number {question['number']}.")
        choices = question["choices"]
        if not isinstance(text, str) or not text or (choices and text not in choices):
            raise Refusal(422, "answer-not-accepted", "This is no answer to the question.", choices=choices)
        self._close(text, time, by, False)

    def expire(self, number: int, time: str) -> None:
        """Ends a question at its deadline."""
        question = self.now.get("waitingFor")
        if question is not None and question["number"] == number:
            self._close(question.get("default"), time, None, True)

    def cancel(self, time: str) -> None:
        if not self.is_over and self.now["status"] != "cancelling":
            self._withdraw()
            self.now["status"] = "cancelling"
            self._publish(time)

    def _ask(self, wanted: Body, time: str, deadline: str | None) -> None:
        self.number = len(self.journal)
        question = {"number": self.number, "kind": wanted.get("kind", "question"), "message": wanted["message"]}
        question["choices"] = wanted.get("choices", [])
        known = {"default": wanted.get("default"), "askedAt": time, "deadline": deadline}
        self.now["waitingFor"] = {**question, **{name: value for name, value in known.items() if value is not None}}
        self.now["status"] = "waiting"

    def _close(self, answer: str | None, time: str, by: str | None, is_expired: bool) -> None:
        question = self.now["waitingFor"]
        told = {"number": question["number"], "message": question["message"], "answer": answer, "answeredAt": time}
        self._withdraw()
        self.now["lastAnswer"] = {**told, "isExpired": is_expired, **({"answeredBy": by} if by else {})}
        self._publish(time)

    def _withdraw(self) -> None:
        if self.now.pop("waitingFor", None) is not None:
            self.now["status"] = "running"

    def _merge(self, body: Body) -> None:
        self.now.update({name: body[name] for name in PLAIN if name in body})
        if "state" in body and "details" not in body:
            self.now["details"] = None
        if not {*COUNTS, "advance"} & set(body):
            return
        before = self.now["progress"] or {"completedCount": 0, "totalCount": None, "unit": None}
        counts = {name: body.get(name, before[name]) for name in COUNTS}
        counts["completedCount"] = max(before["completedCount"], counts["completedCount"]) + body.get("advance", 0)
        total = counts["totalCount"]
        self.now["progress"] = {
            **counts, "fractionCompleted": counts["completedCount"] / total if total else None,
            "throughput": None, "estimatedTimeRemaining": None,
        }

    def _publish(self, time: str) -> None:
        revision = len(self.journal)
        place = {"cursor": f"{EPOCH}-{revision}", "revision": revision, "updatedAt": time}
        self.journal.append({**self.now, **place})


def check(wanted: Body) -> None:
    """Refuses an invalid question."""
    message, choices = wanted.get("message"), wanted.get("choices", [])
    is_valid = (
        set(wanted) <= {"kind", "message", "choices", "timeout", "default"}
        and wanted.get("kind", "question") in KINDS
        and isinstance(message, str) and 0 < len(message.encode()) <= 4096
        and ("choices" not in wanted or 0 < len(choices) <= 16) and len(set(choices)) == len(choices)
        and ("default" not in wanted or "timeout" in wanted)
        and (not choices or wanted.get("default", choices[0]) in choices)
    )
    if not is_valid:
        raise Refusal(422, "invalid-report", f"This is no question: {wanted}")
