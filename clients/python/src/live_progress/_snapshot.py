# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The state of an operation at one revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, Mapping, Optional

from ._fields import date_of, mapping_of, number_of, text_of, whole_of
from ._waiting import LastAnswer, WaitingFor, last_answer_of, waiting_for_of

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
    #: pending, running, waiting (for a person), stalled, cancelling, succeeded, failed or cancelled.
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
    #: The open question, and the newest question with an answer; ``None`` if there is none.
    waiting_for: Optional[WaitingFor] = None
    last_answer: Optional[LastAnswer] = None

    @property
    def is_ended(self) -> bool:
        """Whether this is the last revision."""
        return self.status in ENDED


def snapshot_of(wire: Dict[str, Any]) -> Snapshot:
    """Returns the snapshot in a message; raises ``ValueError`` if the message is not a snapshot."""
    revision, cursor, status = wire.get("revision"), wire.get("cursor"), wire.get("status")
    if not isinstance(revision, int) or not isinstance(cursor, str) or not isinstance(status, str):
        raise ValueError("The message is not a snapshot: it needs a revision, a cursor and a status.")
    progress = mapping_of(wire.get("progress"))
    error = wire.get("error")
    return Snapshot(
        id=text_of(wire.get("id")) or "",
        cursor=cursor,
        revision=revision,
        attempt=whole_of(wire.get("attempt")) or 1,
        status=status,
        state=text_of(wire.get("state")) or "",
        details=wire.get("details"),
        title=text_of(wire.get("title")),
        completed=whole_of(progress.get("completedCount")),
        total=whole_of(progress.get("totalCount")),
        unit=text_of(progress.get("unit")),
        fraction=number_of(progress.get("fractionCompleted")),
        throughput=number_of(progress.get("throughput")),
        remaining=number_of(progress.get("estimatedTimeRemaining")),
        parent=text_of(wire.get("parent")),
        labels=mapping_of(wire.get("labels")),
        cancellable=wire.get("cancellable") is True,
        created_at=date_of(wire.get("createdAt")),
        updated_at=date_of(wire.get("updatedAt")),
        result=wire.get("result"),
        error=error if isinstance(error, dict) else None,
        skipped=whole_of(wire.get("skipped")) or 0,
        wire=wire,
        waiting_for=waiting_for_of(wire.get("waitingFor")),
        last_answer=last_answer_of(wire.get("lastAnswer")),
    )
