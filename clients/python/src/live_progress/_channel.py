# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The state of an operation for its server: the reports to send, and the effects of the responses.

This module has no I/O, no clock and no thread. The caller must hold the lock.
"""

from __future__ import annotations

import json
import os
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional

from ._asked import Asked
from ._counts import Counts
from ._http import ProgressError, token_of
from ._json import Report, encoded
from ._problem import Exit, abandoned, end_of_loop
from ._request import Refusal, Request, batch, folded, made, simplified
from ._settings import Target

#: The maximum number of waiting transitions; beyond it, the oldest is folded into the next.
CAPACITY = 256
#: The first and the longest interval of a silent worker's checks for a cancel request, in seconds.
SOONEST_BEAT, LATEST_BEAT = 1.0, 10.0
#: The minimum interval between two reports with only counts, in seconds.
TICK = 0.1


class Channel(Asked):
    """The state of one operation, with or without a server."""

    def __init__(self, target: Optional[Target], creation: Optional[Report] = None, cancellable: bool = True) -> None:
        self.target = target
        #: The operation on a server that the reports go to, also if they go there through another channel.
        self.place = target
        self.cancellable = cancellable
        self.pid = os.getpid()
        self.counts = Counts()
        self.title = self.state = ""
        self.status = "running"
        #: Returns whether the worker still has a reference to the operation.
        self.is_held: Callable[[], bool] = lambda: True
        #: Functions that the thread which ends the operation calls, without the lock.
        self.observers: List[Callable[[], None]] = []
        #: The place where a loop was left, and the time by which its exception must be reported.
        self.left_by: Optional[Exit] = None
        self.left_until = 0.0
        self.dropped = 0
        self.refusal: Optional[Refusal] = None
        #: The operation's own tokens, after the server has sent them.
        self.report_token: Optional[str] = None
        self.watch_token: Optional[str] = None
        self.is_created = creation is None
        self.has_end = self.is_asked_to_stop = False
        #: The time until which another process may create the operation, after the first 404.
        self.patient_until: Optional[float] = None
        #: Whether this process must end the operation.
        self.is_owned = True
        #: Whether the sender has this channel.
        self.is_attended = False
        #: Whether the worker's next call must do more than count; one flag for all rare cases.
        self.needs_worker = target is not None
        #: Receives the reports instead of a server, for an operation that reports into another one.
        self.mirror: Optional[Callable[[Report, bool], None]] = None
        #: The operations that report into this one.
        self.followers: List[Channel] = []
        #: The number of reports, and the number of settled reports.
        self.number = self.settled = 0
        self.not_before = self._next_tick = 0.0
        self._may_hurry = True
        self._tries = 0
        self._waiting: Deque[Report] = deque()
        self._request: Optional[Request] = None
        self._beat = SOONEST_BEAT
        self._next_beat: Optional[float] = None
        if creation is not None and target is not None:
            self.number = 1
            self._request = made("POST", target.collection, ({**creation, "id": encoded(target.id)},))

    # Called by the worker.

    @property
    def takes_reports(self) -> bool:
        return self.is_told and self.refusal is None and not self.has_end

    @property
    def is_told(self) -> bool:
        """Whether the reports go to a server or into another operation, and not only to the display."""
        return self.target is not None or self.mirror is not None

    def push(self, report: Report, last: bool = False) -> None:
        """Adds a transition to the queue, together with the counts before it."""
        if self.has_end:
            return
        report = {**self.counts.take(last), **report}
        if last:
            self.status = json.loads(report["status"])
            self.end_question(ProgressError("ended", "This program has ended the operation."))
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

    def tell_observers(self) -> None:
        """Calls the observers after the end; the caller must not hold the lock."""
        for observer in list(self.observers):
            observer()

    @property
    def link(self) -> str:
        """The URL with the token to watch, if the server has sent one."""
        url = self.place.url if self.place else ""
        return f"{url}#token={self.watch_token}" if self.watch_token else url

    # Called by the sender.

    @property
    def is_over(self) -> bool:
        """Whether nothing remains to be sent."""
        return self.refusal is not None or (self.has_end and self.settled >= self.number)

    def look(self, now: float) -> None:
        """Creates a report from new counts, and an end if the worker has dropped the operation."""
        if self.is_owned and not self.has_end and self.pid == os.getpid():
            if self.left_by is not None and now >= self.left_until:
                self.push(end_of_loop(self.left_by), last=True)
            elif self.left_by is None and not self.is_held():
                self.push(abandoned("The worker dropped the operation without ending it."), last=True)
        if now >= self._next_tick and not self._waiting and self.takes_reports:
            self._next_tick = now + TICK
            self.seal()

    def seal(self) -> None:
        """Creates a report from new counts."""
        report = self.counts.take() if self.takes_reports else {}
        if report:
            self.push(report)

    def take(self, now: float) -> Optional[Request]:
        """Returns the request to send; returns the same request until it is settled."""
        if self.target is None or self.refusal is not None or now < self.not_before:
            return None
        if self._request is None and self._waiting:
            self._request = made("PATCH", self.target.url, batch(self._waiting))
        if self._request is not None:
            return self._request
        if self._next_beat is None:
            self._next_beat = now + self._beat
        if now < self._next_beat or self.has_end:
            return None
        return Request("PATCH", self.target.url, {}, b"")

    # Called with the responses of the server.

    def token(self) -> Optional[str]:
        return self.report_token or (self.target.token if self.target else None)

    def settle(self, request: Request, now: float) -> None:
        """Handles a final response to a request."""
        if request.reports:
            self._request = None
            self.settled += len(request.reports)
            self.question_sent(request.reports)
        self._beat = SOONEST_BEAT if request.reports else min(self._beat * 2, LATEST_BEAT)
        beat = self._beat if self.cancellable and not self.is_asked_to_stop else LATEST_BEAT
        self._next_beat = now + self.beat_of_question(beat)
        self._tries = 0

    def taken(self, snapshot: Dict[str, Any]) -> None:
        """Handles a success; ``snapshot`` is the body of the response."""
        self.is_created = True
        self.question_heard(snapshot)
        if snapshot.get("status") == "cancelling":
            for channel in (self, *self.followers):
                channel.is_asked_to_stop = channel.needs_worker = True
        tokens = snapshot.get("tokens")
        if isinstance(tokens, dict):
            self.report_token, self.watch_token = token_of(tokens.get("report")), token_of(tokens.get("watch"))

    def wait(self, until: float, is_asked: bool) -> None:
        """Delays the next attempt; ``is_asked`` means that the server sent Retry-After."""
        self.not_before = until
        self._may_hurry = not is_asked

    def hurry(self) -> None:
        """Ends a delay at the end of the process, unless the server sent Retry-After."""
        if self._may_hurry:
            self.not_before = 0.0

    def drop(self, request: Request, line: int, now: float) -> None:
        """Drops the refused report at ``line``, counted from 1; the server has applied the reports before it.

        An end is sent again with the status only.
        """
        refused, rest = request.reports[line - 1], request.reports[line:]
        is_repeated = "status" in refused and len(refused) > 1
        self.settle(request._replace(reports=request.reports[: line - is_repeated]), now)
        self._request = None
        self.dropped += 1
        self._waiting.extendleft(reversed(rest))
        if is_repeated:
            self._waiting.appendleft({"status": refused["status"]})

    def simplify(self, request: Request) -> bool:
        """Repeats a refused creation without the options that can be invalid; returns whether it had some."""
        plain, counts = simplified(request.reports[0])
        if plain == request.reports[0]:
            return False
        self._request = made(request.method, request.url, (plain,))
        if self._waiting:
            self._waiting[0] = {**counts, **self._waiting[0]}
        else:
            self.counts.restore(counts)
        return True

    def stop(self, refusal: Refusal) -> None:
        """Stops all further reports."""
        self.refusal = refusal
        self.end_question(ProgressError(*refusal))
        self.dropped += self.number - self.settled
        self.settled = self.number
        self._waiting.clear()
        self._request = None

    def tried(self) -> int:
        """Counts a failed attempt, and returns the number of failed attempts of the request."""
        self._tries += 1
        return self._tries

    def inherit(self) -> None:
        """Clears the queue in the child of a fork, because the parent sends the waiting reports."""
        self._waiting.clear()
        self._request = None
        self.settled = self.number
        self.counts.forget()
        self.question = None
        self.is_attended = False
        self.needs_worker = True
        self.not_before = 0.0
        self._next_beat = None
