# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Requests with one or more reports."""

from __future__ import annotations

import json
import uuid
from typing import Deque, Dict, List, NamedTuple, Tuple

from ._json import Report, body, encoded

#: The approximate maximum size of a request body in bytes; a server accepts 1 MiB.
LARGEST_BATCH = 256 * 1024
#: The maximum number of reports in a request. A server stores the newest 64 revisions, and the watchers must read them
#: before the next request.
LONGEST_BATCH = 32


class Refusal(NamedTuple):
    """The reason why a server refuses all further reports of an operation."""

    kind: str
    message: str


class Request(NamedTuple):
    method: str
    url: str
    headers: Dict[str, str]
    body: bytes
    #: The reports of the body, one per line; empty for a request that only reads the status.
    reports: Tuple[Report, ...] = ()


def made(method: str, url: str, reports: Tuple[Report, ...]) -> Request:
    """Returns a request with an idempotency key, so that repeated requests count once."""
    kind = "application/json" if len(reports) == 1 else "application/x-ndjson"
    headers = {"Content-Type": kind, "Idempotency-Key": uuid.uuid4().hex}
    return Request(method, url, headers, b"\n".join(body(report) for report in reports), reports)


def simplified(creation: Report) -> Tuple[Report, Report]:
    """Returns a creation without the options that can be invalid, and its counts."""
    plain = {name: text for name, text in creation.items() if name in ("title", "cancellable", "id")}
    return plain, {name: text for name, text in creation.items() if name in ("totalCount", "unit")}


def length(report: Report) -> int:
    """Returns the approximate size of a report in bytes."""
    return sum(len(text) + 24 for text in report.values())


def batch(waiting: Deque[Report]) -> Tuple[Report, ...]:
    """Removes as many waiting reports as fit into one request, to save round trips."""
    reports: List[Report] = []
    size = 0
    while waiting and len(reports) < LONGEST_BATCH:
        if reports and size + length(waiting[0]) > LARGEST_BATCH:
            break
        size += length(waiting[0])
        reports.append(waiting.popleft())
    return tuple(reports)


def folded(earlier: Report, later: Report) -> Report:
    """Returns one report with the effect of two consecutive reports."""
    result = {**earlier, **later}
    if "status" in later:
        result.pop("waitingFor", None)  # the end withdraws the question
    if "state" in later and "details" not in later:
        result.pop("details", None)
    if "completedCount" in later:
        # The absolute count includes earlier increments.
        result["advance"] = later.get("advance", "0")
    elif "advance" in earlier and "advance" in later:
        result["advance"] = str(int(earlier["advance"]) + int(later["advance"]))
    if "labels" in earlier and "labels" in later:
        result["labels"] = encoded({**json.loads(earlier["labels"]), **json.loads(later["labels"])})
    return result
