# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The state of an operation at one revision."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, Mapping, Optional

#: The statuses that are an end.
ENDED = frozenset(("succeeded", "failed", "cancelled"))


@dataclass(frozen=True)
class Snapshot:
    """What is known of an operation at one revision; an immutable value.

    ```python
    for snapshot in watch(url):
        print(snapshot.status, snapshot.state, snapshot.fraction)
    ```
    """

    id: str
    #: The place in the operation's journal: another watch goes on from here.
    cursor: str
    revision: int
    attempt: int
    #: pending, running, stalled, cancelling, succeeded, failed or cancelled.
    status: str
    state: str
    details: Any
    title: Optional[str]
    #: Units done, and in all; ``None`` where nobody knows.
    completed: Optional[int]
    total: Optional[int]
    unit: Optional[str]
    #: The share done, from 0 to 1.
    fraction: Optional[float]
    #: Units a second, and the seconds that remain.
    throughput: Optional[float]
    remaining: Optional[float]
    parent: Optional[str]
    labels: Mapping[str, str]
    cancellable: bool
    created_at: Optional[datetime]
    updated_at: Optional[datetime]
    #: What came of it, where it succeeded; the problem, where it failed.
    result: Any
    error: Optional[Mapping[str, Any]]
    #: How many revisions were passed over just before this one.
    skipped: int
    #: The whole of it as it came over the wire.
    wire: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def is_ended(self) -> bool:
        """Whether this is the last revision."""
        return self.status in ENDED


def snapshot_of(wire: Dict[str, Any]) -> Snapshot:
    """A snapshot from the wire; raises ``ValueError`` where it is none."""
    revision, cursor, status = wire.get("revision"), wire.get("cursor"), wire.get("status")
    if not isinstance(revision, int) or not isinstance(cursor, str) or not isinstance(status, str):
        raise ValueError("The message is no snapshot: it needs a revision, a cursor and a status.")
    progress = _mapping(wire.get("progress"))
    error = wire.get("error")
    return Snapshot(
        id=_text(wire.get("id")) or "",
        cursor=cursor,
        revision=revision,
        attempt=_whole(wire.get("attempt")) or 1,
        status=status,
        state=_text(wire.get("state")) or "",
        details=wire.get("details"),
        title=_text(wire.get("title")),
        completed=_whole(progress.get("completedCount")),
        total=_whole(progress.get("totalCount")),
        unit=_text(progress.get("unit")),
        fraction=_number(progress.get("fractionCompleted")),
        throughput=_number(progress.get("throughput")),
        remaining=_number(progress.get("estimatedTimeRemaining")),
        parent=_text(wire.get("parent")),
        labels=_mapping(wire.get("labels")),
        cancellable=wire.get("cancellable") is True,
        created_at=_date(wire.get("createdAt")),
        updated_at=_date(wire.get("updatedAt")),
        result=wire.get("result"),
        error=error if isinstance(error, dict) else None,
        skipped=_whole(wire.get("skipped")) or 0,
        wire=wire,
    )


def _mapping(value: object) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> Optional[str]:
    return value if isinstance(value, str) else None


def _whole(value: object) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> Optional[float]:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _date(value: object) -> Optional[datetime]:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else None
    except ValueError:
        return None
