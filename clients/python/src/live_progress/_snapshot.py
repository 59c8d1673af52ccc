# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The state of an operation at one revision."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, Mapping, Optional

#: The final statuses.
ENDED = frozenset(("succeeded", "failed", "cancelled"))


@dataclass(frozen=True)
class Snapshot:
    """The state of an operation at one revision; an immutable value.

    ```python
    for snapshot in watch(url):
        print(snapshot.status, snapshot.state, snapshot.fraction)
    ```
    """

    id: str
    #: The position in the operation's journal; another watch can continue from it.
    cursor: str
    revision: int
    attempt: int
    #: pending, running, stalled, cancelling, succeeded, failed or cancelled.
    status: str
    state: str
    details: Any
    title: Optional[str]
    #: The completed units and the total; ``None`` if unknown.
    completed: Optional[int]
    total: Optional[int]
    unit: Optional[str]
    #: The completed fraction, from 0 to 1.
    fraction: Optional[float]
    #: Units per second, and the remaining seconds.
    throughput: Optional[float]
    remaining: Optional[float]
    parent: Optional[str]
    labels: Mapping[str, str]
    cancellable: bool
    created_at: Optional[datetime]
    updated_at: Optional[datetime]
    #: The result of a success, and the problem of a failure.
    result: Any
    error: Optional[Mapping[str, Any]]
    #: The number of skipped revisions before this one.
    skipped: int
    #: The complete message of the server.
    wire: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def is_ended(self) -> bool:
        """Whether this is the last revision."""
        return self.status in ENDED


def snapshot_of(wire: Dict[str, Any]) -> Snapshot:
    """Returns the snapshot in a message; raises ``ValueError`` if the message is not a snapshot."""
    revision, cursor, status = wire.get("revision"), wire.get("cursor"), wire.get("status")
    if not isinstance(revision, int) or not isinstance(cursor, str) or not isinstance(status, str):
        raise ValueError("The message is not a snapshot: it needs a revision, a cursor and a status.")
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
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _date(value: object) -> Optional[datetime]:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else None
    except ValueError:
        return None
