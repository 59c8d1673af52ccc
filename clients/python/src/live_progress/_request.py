# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Reports on their way: one request with one or more of them."""

from __future__ import annotations

import json
import uuid
from typing import Dict, NamedTuple, Tuple

from ._json import Report, body, encoded


class Request(NamedTuple):
    method: str
    url: str
    headers: Dict[str, str]
    body: bytes
    #: What the body says, one report a line; nothing where it only asks how things are.
    reports: Tuple[Report, ...] = ()


def made(method: str, url: str, reports: Tuple[Report, ...]) -> Request:
    """A request that counts once, however often it is sent."""
    kind = "application/json" if len(reports) == 1 else "application/x-ndjson"
    headers = {"Content-Type": kind, "Idempotency-Key": uuid.uuid4().hex}
    return Request(method, url, headers, b"\n".join(body(report) for report in reports), reports)


def length(report: Report) -> int:
    """About how many bytes a report is."""
    return sum(len(text) + 24 for text in report.values())


def folded(earlier: Report, later: Report) -> Report:
    """One report that says what the two say after each other."""
    result = {**earlier, **later}
    if "state" in later and "details" not in later:
        result.pop("details", None)
    if "completedCount" in later:
        # What was added before a count was set is part of it.
        result["advance"] = later.get("advance", "0")
    elif "advance" in earlier and "advance" in later:
        result["advance"] = str(int(earlier["advance"]) + int(later["advance"]))
    if "labels" in earlier and "labels" in later:
        result["labels"] = encoded({**json.loads(earlier["labels"]), **json.loads(later["labels"])})
    return result
