# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The counts of an operation, and the part of them that the server does not have yet."""

from __future__ import annotations

import operator
import threading
from typing import Any, List, Optional

from ._json import Report, encoded, short

#: A count on the wire is a signed 64-bit integer.
LIMIT = 2**63


def count_of(value: Any) -> Optional[float]:
    """Returns a count as an ``int`` or ``float``; ``None`` for other values, a boolean, NaN and a negative number."""
    if isinstance(value, (bool, str)):
        return None
    try:
        try:
            count: float = operator.index(value)
        except TypeError:
            count = float(value)
        return count if 0 <= count < LIMIT else None
    except Exception:  # for example of an array
        return None


def seconds_of(value: Any) -> float:
    """Returns a time limit that a wait accepts; without a number, there is no limit."""
    try:
        return min(max(0.0, float(value)), threading.TIMEOUT_MAX)
    except Exception:
        return threading.TIMEOUT_MAX


class Node:
    """A count of an operation or of a part; it can have parts, which are worth some of its units."""

    def __init__(self, total: Optional[float] = None, worth: float = 0) -> None:
        self.done: float = 0
        #: Units that a loop has counted; only that loop writes the value, so it needs no lock.
        self.looped = 0
        self.total = total
        self.worth = worth
        self.parts: List[Node] = []

    @property
    def completed(self) -> float:
        return self.done + self.looped

    def fraction(self) -> Optional[float]:
        """Returns the completed fraction, including running parts; ``None`` if the total is unknown."""
        if not self.total:
            return None
        under_way = sum(part.worth * (part.fraction() or 0) for part in self.parts)
        return min(1.0, (self.completed + under_way) / self.total)


class Counts(Node):
    """The count of an operation, and its changes for the wire.

    Completed units are sent as increments with an idempotency key, so that the counts of several processes are added.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unit: Optional[str] = None
        self._told_done = 0
        self._told_fraction = 0.0
        #: Whether the fraction is sent instead of the total, because a running part completes fractions of a unit.
        self._by_fraction = False
        self._changed: Report = {}

    def begin(self, total: object, unit: Optional[str], is_told: bool) -> None:
        """Sets the initial total and unit; ``is_told`` means that the creation contains them."""
        self.unit = None if unit is None else short(unit, 256)
        count = count_of(total)
        self.total = None if count is None else int(count)
        if not is_told:
            known = {"totalCount": encoded(self.total), "unit": encoded(self.unit)}
            self._changed = {name: text for name, text in known.items() if text != "null"}

    def set_total(self, total: Optional[float]) -> None:
        self.total = None if total is None else int(total)
        if not self._by_fraction:
            self._changed["totalCount"] = encoded(self.total)

    def begin_part(self, part: Node, of: Node) -> Report:
        """Adds a part; the returned report must be sent separately.

        A server ignores a fraction in the report that removes the total.
        """
        of.parts.append(part)
        if not self.total or self._by_fraction:
            return {}
        self._by_fraction = True
        return {"totalCount": "null"}

    def end_part(self, part: Node, of: Node, whole: bool) -> None:
        if part in of.parts:
            of.parts.remove(part)
            if whole:
                of.done += part.worth

    def take(self, last: bool = False) -> Report:
        """Returns the changes since the last call."""
        report, self._changed = self._changed, {}
        done = min(int(self.completed), LIMIT - 1)
        if done > self._told_done:
            report["advance"] = str(done - self._told_done)
            self._told_done = done
        if self._by_fraction:
            fraction = self.fraction() or 0.0
            if fraction > self._told_fraction:
                report["fractionCompleted"] = encoded(float(fraction))
                self._told_fraction = fraction
            if last and self.total:
                report["totalCount"] = str(int(self.total))
        return report

    def set_completed(self, count: int) -> None:
        """Sets the completed units, which never fall; the wire has the absolute number."""
        count = min(max(count, int(self.completed)), LIMIT - 1)
        self._changed["completedCount"] = str(count)
        self.done = count - self.looped
        self._told_done = count

    def restore(self, changes: Report) -> None:
        """Adds changes that the server did not accept with the creation."""
        self._changed = {**changes, **self._changed}

    def forget(self) -> None:
        """Drops the changes so far, because another process reports them."""
        self._told_done = min(int(self.completed), LIMIT - 1)
        self._changed = {}
