# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The messages of the wire, created from the short form of a case."""

from __future__ import annotations

from typing import Any

from .cases import OPERATION

FINAL = {"succeeded", "failed", "cancelled"}
TIME = "2026-01-02T03:04:05.{:03d}Z"
Message = dict[str, Any]


def event(short: Any, first: bool, asked: str | None, end: bool = False) -> Message:
    """Returns an event of the operation; a plain number is its revision."""
    given = dict(short) if isinstance(short, dict) else {"rev": short}
    revision, epoch = given.pop("rev"), given.pop("epoch", "e1")
    status = given.pop("status", "succeeded" if end else "running")
    done, total = given.pop("done", None), given.pop("of", None)
    final = status in FINAL
    message: Message = {
        "type": given.pop("type", "end" if final else "snapshot" if first else "update"),
        "id": OPERATION, "cursor": f"{epoch}-{revision}", "revision": revision, "attempt": 1, "status": status,
        "state": f"State {revision}", "details": {"step": revision}, "title": "Conformance", "progress": None,
        "parent": None, "labels": {}, "cancellable": True, "skipped": 0,
        "createdAt": TIME.format(0), "updatedAt": TIME.format(min(revision, 999)),
    }
    if done is not None:
        message["progress"] = {
            "completedCount": done, "totalCount": total, "unit": "rows",
            "fractionCompleted": done / total if total else None,
            "throughput": None, "estimatedTimeRemaining": None,
        }
    if first:
        message["resumed"] = bool(asked) and asked.rsplit("-", 1)[0] == epoch
    if status == "succeeded":
        message["result"] = None
    for name in given.pop("without", []):
        message.pop(name, None)
    if size := given.pop("size", None):
        message["details"] = {"text": "ü" * (size // 2)}
    message.update(given)
    return message


def problem(status: int) -> Message:
    """Returns the problem of a refusal."""
    names = {
        401: "unauthenticated", 403: "forbidden", 404: "unknown", 410: "gone", 429: "too-many-reports",
        503: "too-many-watchers",
    }
    body: Message = {"title": f"Refused with {status}", "status": status, "detail": "The case wants it."}
    if name := names.get(status):
        body["type"] = f"urn:live-progress:problem:{name}"
    return body


def credentials_expired() -> Message:
    """Returns the message of a server on an open connection whose token expires."""
    detail = 'Send {"type":"authenticate","token":"…"} within 10 seconds to stay.'
    kind = "urn:live-progress:problem:unauthenticated"
    return {"type": "error", "error": {"type": kind, "title": "Credentials expired", "detail": detail}}


def snapshot(message: Message) -> Message:
    """Returns the response to a plain GET when this message is the newest."""
    return {name: value for name, value in message.items() if name not in ("type", "skipped", "resumed")}
