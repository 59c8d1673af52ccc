# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What has been counted, and what of it the server has still to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, SupportsFloat

from ._json import Report, encoded

if TYPE_CHECKING:
    from typing_extensions import TypeGuard

#: A count of the wire has 64 bits.
LIMIT = 2**63


def is_count(value: object) -> TypeGuard[float]:
    """Whether a value can be counted; a boolean, a NaN and what is below zero cannot."""
    return not isinstance(value, (bool, str)) and isinstance(value, SupportsFloat) and 0 <= float(value) < LIMIT


class Node:
    """A count with parts, each worth some of its units: the operation's own, or that of a part."""

    def __init__(self, total: Optional[float] = None, worth: float = 0) -> None:
        self.done: float = 0
        #: Units that a loop has counted; written by that loop alone, and so without a lock.
        self.looped = 0
        self.total = total
        self.worth = worth
        self.parts: List[Node] = []

    @property
    def completed(self) -> float:
        return self.done + self.looped

    def fraction(self) -> Optional[float]:
        """The share done, with that of the parts that are under way; ``None`` where nobody knows the total."""
        if not self.total:
            return None
        under_way = sum(part.worth * (part.fraction() or 0) for part in self.parts)
        return min(1.0, (self.completed + under_way) / self.total)


class Counts(Node):
    """The operation's own count, as it goes over the wire.

    What is done goes as a difference, under a key that makes a repetition count once: so the workers of several
    processes add up.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unit: Optional[str] = None
        self._told_done = 0
        self._told_fraction = 0.0
        #: Parts tell a fraction of a unit, which no count can; then the fraction decides, and not the total.
        self._by_fraction = False
        self._changed: Report = {}

    def begin(self, total: object, unit: Optional[str], is_told: bool) -> None:
        """What is known from the start, and whether its creation has told it."""
        self.unit = unit
        if is_count(total):
            self.total = int(total)
        if not is_told:
            known = {"totalCount": encoded(self.total), "unit": encoded(unit)}
            self._changed = {name: text for name, text in known.items() if text != "null"}

    def set_total(self, total: Optional[float]) -> None:
        self.total = None if total is None else int(total)
        if not self._by_fraction:
            self._changed["totalCount"] = encoded(self.total)

    def begin_part(self, part: Node, of: Node) -> Report:
        """Takes a part in; what it gives has to be a report of its own, since a server drops a fraction that comes with
        the end of the total that it goes before."""
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
        """What has changed since the last call."""
        report, self._changed = self._changed, {}
        done = int(self.completed)
        if done > self._told_done:
            report["advance"] = str(done - self._told_done)
            self._told_done = done
        if self._by_fraction:
            fraction = self.fraction() or 0.0
            if fraction > self._told_fraction:
                report["fractionCompleted"] = encoded(fraction)
                self._told_fraction = fraction
            if last and self.total:
                report["totalCount"] = str(int(self.total))
        return report

    def set_completed(self, count: int) -> None:
        """Sets what is done, which never falls; goes over the wire as it is."""
        count = max(count, int(self.completed))
        self._changed["completedCount"] = str(count)
        self.done = count - self.looped
        self._told_done = count

    def forget(self) -> None:
        """What has been counted so far, another process tells."""
        self._told_done = int(self.completed)
        self._changed = {}
