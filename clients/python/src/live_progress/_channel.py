# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""One operation on its way to a server: what has still to be told, and what the answers mean.

Knows no socket, no clock and no thread; whoever calls holds the lock.
"""

from __future__ import annotations

import json
import os
from collections import deque
from types import CodeType
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional, Tuple

from ._counts import Counts
from ._json import Report, encoded
from ._problem import abandoned, end_of_loop
from ._request import Request, folded, length, made
from ._settings import Target

#: How many transitions wait; past it the oldest is folded into the next.
CAPACITY = 256
#: How long the body of one request is at most, in bytes, about; a server takes a mebibyte.
LARGEST_BATCH = 256 * 1024
#: How many reports go in one request: a server keeps the newest 64 revisions for those who watch, and they have to read
#: these before the next ones come.
LONGEST_BATCH = 32
#: How soon a silent worker asks whether it shall stop, and how seldom at last, in seconds.
SOONEST_BEAT, LATEST_BEAT = 1.0, 10.0
#: The least time between two reports that say nothing but counts.
TICK = 0.1


class Refusal(NamedTuple):
    """Why a server takes no more of an operation's reports."""

    kind: str
    message: str


class Channel:
    """The state of one operation, with or without a server."""

    def __init__(self, target: Optional[Target], creation: Optional[Report] = None, cancellable: bool = True) -> None:
        self.target = target
        self.cancellable = cancellable
        self.pid = os.getpid()
        self.counts = Counts()
        self.title = ""
        self.state = ""
        self.status = "running"
        #: Asks whether the worker still holds the operation.
        self.is_held: Callable[[], bool] = lambda: True
        #: Told of the end by who says it, outside the lock.
        self.observers: List[Callable[[], None]] = []
        #: The code of a loop that something has left, and when what left it will be known.
        self.left_by: Optional[CodeType] = None
        self.left_until = 0.0
        self.dropped = 0
        self.refusal: Optional[Refusal] = None
        #: The operation's own tokens, once the server has handed them on.
        self.report_token: Optional[str] = None
        self.watch_token: Optional[str] = None
        self.is_created = creation is None
        self.has_end = False
        self.is_asked_to_stop = False
        #: Whether it ends with this process at the latest.
        self.is_owned = True
        #: Whether a sender looks after this one.
        self.is_attended = False
        #: Whether the worker's next call has more to do than to count: one look for all that seldom happens.
        self.needs_worker = target is not None
        #: Takes the reports instead of a server: those of an operation that is told within another.
        self.mirror: Optional[Callable[[Report, bool], None]] = None
        #: The operations that are told within this one.
        self.followers: List[Channel] = []
        #: How many reports there were, and how many are settled.
        self.number = self.settled = 0
        self.not_before = 0.0
        self._may_hurry = True
        self._tries = 0
        self._waiting: Deque[Report] = deque()
        self._request: Optional[Request] = None
        self._next_tick = 0.0
        self._beat = SOONEST_BEAT
        self._next_beat: Optional[float] = None
        if creation is not None and target is not None:
            self.number = 1
            self._request = made("POST", target.collection, ({**creation, "id": encoded(target.id)},))

    # What the worker says.

    @property
    def takes_reports(self) -> bool:
        return self.is_told and self.refusal is None and not self.has_end

    @property
    def is_told(self) -> bool:
        """Whether anybody is told of it, rather than the screen alone."""
        return self.target is not None or self.mirror is not None

    def push(self, report: Report, last: bool = False) -> None:
        """Takes a transition, and what was counted before it."""
        if self.has_end:
            return
        report = {**self.counts.take(last), **report}
        if last:
            self.status = json.loads(report["status"])
        if self.mirror is not None:
            self.mirror(report, last)
        elif self.takes_reports and report:
            self.number += 1
            self._waiting.append(report)
            if len(self._waiting) > CAPACITY:
                oldest = self._waiting.popleft()
                self._waiting[0] = folded(oldest, self._waiting[0])
                self.settled += 1
                self.dropped += 1
        self.has_end = last

    @property
    def link(self) -> str:
        """The URL for people, with the token to watch with, where the server has handed on one."""
        url = self.target.url if self.target else ""
        return f"{url}#token={self.watch_token}" if self.watch_token else url

    # What the sender asks.

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be told, ever."""
        return self.refusal is not None or (self.has_end and self.settled >= self.number)

    @property
    def has_work(self) -> bool:
        return self._request is not None or bool(self._waiting)

    def look(self, now: float) -> None:
        """Makes a report of what was only counted, and an end where the worker is gone."""
        if self.is_owned and not self.has_end and self.pid == os.getpid():
            if self.left_by is not None and now >= self.left_until:
                self.push(end_of_loop(self.left_by), last=True)
            elif self.left_by is None and not self.is_held():
                self.push(abandoned("The worker let go of the operation without ending it."), last=True)
        if now >= self._next_tick and not self._waiting and self.takes_reports:
            self._next_tick = now + TICK
            self.seal()

    def seal(self) -> None:
        """Makes a report of what was only counted."""
        report = self.counts.take() if self.takes_reports else {}
        if report:
            self.push(report)

    def take(self, now: float) -> Optional[Request]:
        """What to send now; the same again until it is settled."""
        if self.target is None or self.refusal is not None or now < self.not_before:
            return None
        if self._request is None and self._waiting:
            self._request = made("PATCH", self.target.url, self._batch())
            self._beat = SOONEST_BEAT
        if self._request is not None:
            return self._request
        if self._next_beat is None:
            self._next_beat = now + self._beat
        if now < self._next_beat or self.has_end:
            return None
        return Request("PATCH", self.target.url, {}, b"")

    def _batch(self) -> Tuple[Report, ...]:
        """All that waits, as far as one request takes it: a way of many milliseconds is gone once for all of it."""
        reports: List[Report] = []
        size = 0
        while self._waiting and len(reports) < LONGEST_BATCH:
            if reports and size + length(self._waiting[0]) > LARGEST_BATCH:
                break
            size += length(self._waiting[0])
            reports.append(self._waiting.popleft())
        return tuple(reports)

    # What the server says.

    def token(self) -> Optional[str]:
        return self.report_token or (self.target.token if self.target else None)

    def settle(self, request: Request, now: float) -> None:
        """The request has been answered for good."""
        if request.reports:
            self._request = None
            self.settled += len(request.reports)
        else:
            self._beat = min(self._beat * 2, LATEST_BEAT)
        self._next_beat = now + (self._beat if self.cancellable and not self.is_asked_to_stop else LATEST_BEAT)
        self._tries = 0

    def taken(self, snapshot: Dict[str, Any]) -> None:
        """The server took it, and this is how the operation is."""
        self.is_created = True
        if snapshot.get("status") == "cancelling":
            for channel in (self, *self.followers):
                channel.is_asked_to_stop = channel.needs_worker = True
        tokens = snapshot.get("tokens")
        if isinstance(tokens, dict):
            self.report_token, self.watch_token = tokens.get("report"), tokens.get("watch")

    def wait(self, until: float, is_asked: bool) -> None:
        """The same request goes again, then; whether the server has asked for that."""
        self.not_before = until
        self._may_hurry = not is_asked

    def hurry(self) -> None:
        """The process ends: what waits of its own accord waits no longer."""
        if self._may_hurry:
            self.not_before = 0.0

    def drop(self, request: Request, line: int, now: float) -> None:
        """The server does not take the report of that line, counted from 1; those before it were taken."""
        rest = request.reports[line:]
        self.settle(request._replace(reports=request.reports[:line]), now)
        self.dropped += 1
        self._waiting.extendleft(reversed(rest))

    def stop(self, refusal: Refusal) -> None:
        """The server takes no more."""
        self.refusal = refusal
        self.dropped += self.number - self.settled
        self.settled = self.number
        self._waiting.clear()
        self._request = None

    def tried(self) -> int:
        """How often the request was tried in vain, this time included."""
        self._tries += 1
        return self._tries

    def inherit(self) -> None:
        """This is the child of a fork now: what waits is the parent's to tell."""
        self._waiting.clear()
        self._request = None
        self.settled = self.number
        self.counts.forget()
        self.is_attended = False
        self.needs_worker = True
        self.not_before = 0.0
        self._next_beat = None
