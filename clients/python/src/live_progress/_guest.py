# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Operations that report into the operation of ``LIVE_PROGRESS_URL``, which another program begins and ends.

The first operation is reported unchanged. From the second operation on, operations are counted as phases, and the
counts of the running operation are in the details. ``live-progress run`` treats bars in the same way.

With ``LIVE_PROGRESS_OWNER=1``, the first operation of this program is the operation itself, and ends it. Later
operations report their states and details into it, but do not change its counts.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Dict, Optional

from ._channel import Channel
from ._json import Report, encoded
from ._settings import Target
from ._state import lock


class Guest:
    """The reports of this process into an operation of another program."""

    def __init__(self, target: Target) -> None:
        self.channel = Channel(target)
        self.channel.is_owned = False
        self._pid = os.getpid()
        self._has_several = False
        self._finished = 0
        #: The details of the running operations.
        self._details: Dict[Channel, Dict[str, object]] = {}

    def own(self) -> Channel:
        """Returns the channel for the operation that this process ends."""
        self.channel.is_owned = self._has_several = True
        self.channel.pid = os.getpid()
        return self.channel

    def begin(self, channel: Channel) -> None:
        """Redirects the reports of an operation into this guest."""
        with lock:
            if self.channel.followers or self._finished:
                self._has_several = True
            channel.mirror = lambda report, last: self._tell(channel, report, last)
            channel.place = self.channel.target
            channel.host = self.channel
            channel.is_asked_to_stop = self.channel.is_asked_to_stop
            self.channel.followers.append(channel)
            report = {"state": encoded(channel.title or "Running")}
            if self._counts_phases:
                report.update(unit=encoded("phases"), totalCount="null", completedCount=str(self._finished))
            self.channel.push(report)

    @property
    def _counts_phases(self) -> bool:
        # The workers of a pool would each count their own phases, and overwrite each other's counts.
        is_alone = self._pid == os.getpid() and not _is_child()
        return self._has_several and not self.channel.is_owned and is_alone

    def _tell(self, channel: Channel, report: Report, last: bool) -> None:
        status, error = report.pop("status", None), report.pop("error", None)
        report.pop("result", None)
        if "title" in report:
            report.setdefault("state", report.pop("title"))
        if self._has_several:
            report = self._as_phase(channel, report)
        if last:
            self._end(channel, report, status, error)
        if report:
            self.channel.push(report)

    def _as_phase(self, channel: Channel, report: Report) -> Report:
        details: Dict[str, object] = {"phase": channel.title}
        if "state" in report or "details" in report:
            told = json.loads(report.get("details", "{}"))
            self._details[channel] = told if isinstance(told, dict) else {}
        details.update(self._details.get(channel, {}))
        counts = channel.counts
        if counts.completed or counts.total:
            details.update(completedCount=int(counts.completed), totalCount=counts.total, unit=counts.unit)
        result: Report = {name: report[name] for name in ("state", "labels") if name in report}
        result["details"] = encoded(details)
        return result

    def _end(self, channel: Channel, report: Report, status: Optional[str], error: Optional[str]) -> None:
        self.channel.followers.remove(channel)
        self._details.pop(channel, None)
        if status == '"succeeded"':
            self._finished += 1
            if self._counts_phases:
                report["advance"] = "1"
        elif status is not None:
            report["state"] = encoded(f"{channel.title or 'Work'}: {json.loads(status)}")
            if error is not None:
                report["details"] = encoded({"error": json.loads(error)})


def _is_child() -> bool:
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None


def take_ownership() -> bool:
    """Returns whether the caller ends the operation of ``LIVE_PROGRESS_URL``.

    Removes the variable, so that later operations and the programs that this program starts do not end the operation.
    """
    with lock:
        return os.environ.pop("LIVE_PROGRESS_OWNER", "").strip() == "1" and not _is_child()


_guests: Dict[Target, Guest] = {}


def guest_of(url: str, token: Optional[str]) -> Guest:
    """Returns the guest for the operation at a URL; raises ``ValueError`` if it is not the URL of an operation."""
    target = Target.of_url(url, token)
    with lock:
        return _guests.setdefault(target, Guest(target))
