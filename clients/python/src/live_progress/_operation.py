# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The worker's handle."""

from __future__ import annotations

import contextvars
import os
from types import TracebackType
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, Union

from ._channel import Channel
from ._counting import Counting
from ._counts import is_count
from ._json import Report, encoded, short
from ._problem import Cancelled, end, end_of, passed_through, problem
from ._sender import sender
from ._settings import Target
from ._state import current_operation, lock


class Operation(Counting):
    """One operation, as its worker reports on it; made by ``operation``, ``track`` and ``current``.

    No call waits for the server, and none raises but ``Cancelled``. All may be made from any thread. Handed to another
    process, by fork or pickled, it reports on the same operation there; the end is said where it began.
    """

    def __init__(self, channel: Channel, *, raises: bool = True, ends: bool = True) -> None:
        self._channel = channel
        self._node = channel.counts
        self._raises = raises
        self._ends = ends
        self._details: Dict[str, object] = {}
        self._contexts: List[contextvars.Token[Any]] = []

    # Saying how it goes.

    def update(self, state: str, details: Optional[Mapping[str, Any]] = None, /, **members: Any) -> None:
        """Says what the worker is doing; without details, those before are cleared.

        ```python
        op.update("Building", sha=sha)
        ```
        """
        merged = _merged(details, members)
        with lock:
            self._details = merged
            self._channel.state = short(state)
            report = {"state": encoded(short(state))}
            if merged:
                report["details"] = encoded(merged)
            self._channel.push(report)
        self._send()

    def log(self, line: object, /, **members: Any) -> None:
        """Tells a line beside the state, which stays; the details get it as ``line``.

        ```python
        op.log("a.csv has no header", file="a.csv")
        ```
        """
        with lock:
            self._details = _merged(self._details, {**members, "line": short(line)})
            self._channel.push({"details": encoded(self._details)})
        self._send()

    def set(
        self,
        *,
        completed: Optional[int] = None,
        total: Union[int, str, None] = "",
        unit: Optional[str] = None,
        fraction: Optional[float] = None,
        baseline: Optional[int] = None,
        title: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Sets what is given, as one revision; what is not given stays as it is.

        - ``completed``: units done; a lower number than before came late, and changes nothing.
        - ``total``: units in all; ``None`` says that nobody knows.
        - ``fraction``: the share done from 0 to 1, where no more is known.
        - ``baseline``: units that were done before this run: done, but no speed.

        ```python
        op.set(total=len(rows), unit="rows")
        ```
        """
        channel, report = self._channel, {}
        with lock:
            for name, value, text in (("title", title, title), ("unit", unit, unit)):
                if value is not None:
                    report[name] = encoded(short(text, 256))
            if labels is not None:
                report["labels"] = encoded({short(name, 256): short(labels[name], 256) for name in labels})
            if fraction is not None and is_count(fraction) and fraction <= 1:
                report["fractionCompleted"] = encoded(float(fraction))
            if baseline is not None and is_count(baseline):
                report["baselineCount"] = str(int(baseline))
            if completed is not None and is_count(completed):
                channel.counts.set_completed(int(completed))
            if total is None or is_count(total):
                channel.counts.set_total(total)
            channel.title = title or channel.title
            channel.counts.unit = unit or channel.counts.unit
            channel.push(report)
        self._send()

    # The end; only the first one counts.

    def succeed(self, result: object = None) -> None:
        """Ends the operation well, with an optional result of any JSON value."""
        report = end("succeeded")
        if result is not None:
            report["result"] = encoded(result)
        self._finish(report)

    def fail(self, error: Union[BaseException, str], detail: Optional[str] = None) -> None:
        """Ends the operation as failed, for an exception or for a reason in words."""
        if isinstance(error, BaseException):
            self._finish(end("failed", problem(error)))
        else:
            members: Dict[str, object] = {"title": short(error)}
            if detail is not None:
                members["detail"] = short(detail, 2000)
            self._finish(end("failed", members))

    def cancelled(self) -> None:
        """Ends the operation: it was asked to stop, and stopped."""
        self._finish(end("cancelled"))

    def _finish(self, report: Report) -> None:
        channel = self._channel
        # The child of a fork unwinds its copy of the parent's stack; the operation goes on in the parent.
        if channel.has_end or not self._ends or channel.pid != os.getpid():
            return
        with lock:
            channel.push(report, last=True)
        for observer in list(channel.observers):
            observer()
        self._send()

    # What is known of it.

    @property
    def id(self) -> str:
        """The operation's identifier; empty where there is no server."""
        return self._channel.target.id if self._channel.target else ""

    @property
    def url(self) -> str:
        """Where to watch it; empty where there is no server."""
        return self._channel.target.url if self._channel.target else ""

    @property
    def link(self) -> str:
        """The URL for people: it holds the token to watch with, where the server has handed on one."""
        return self._channel.link

    @property
    def cancel_requested(self) -> bool:
        """Whether somebody has asked the operation to stop."""
        return self._channel.is_asked_to_stop

    @property
    def dropped(self) -> int:
        """How many reports were not told: folded for want of room, refused, or nothing that can be told."""
        return self._channel.dropped

    @property
    def refusal(self) -> Optional[Tuple[str, str]]:
        """Why the server takes no more reports, as a kind and a message; ``None`` while it does."""
        return self._channel.refusal

    def flush(self, timeout: float = 2.0) -> bool:
        """Waits until the server has all that was reported before the call, at most so long; tells whether it has."""
        channel = self._channel
        return not channel.is_told or sender().flush(timeout, None if channel.mirror else [channel])

    # Blocks.

    def __enter__(self) -> Operation:
        self._contexts.append(current_operation.set(self))
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._contexts:
            try:
                current_operation.reset(self._contexts.pop())
            except ValueError:
                pass  # left in another context than entered, as a generator may be
        if error is not None:
            self._explain(error)
        self._finish(end_of(error))

    async def __aenter__(self) -> Operation:
        return self.__enter__()

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.__exit__(kind, error, trace)

    def __reduce__(self) -> Tuple[object, ...]:
        return (_attached, (self.url, self._channel.token(), self._raises))

    def __repr__(self) -> str:
        return f"<Operation {self._channel.title!r} {self._channel.status} {self.url}>".replace("  ", " ")

    def _send(self) -> None:
        channel = self._channel
        if channel.is_told:
            if channel.is_attended:
                sender().wake()
            else:
                sender().attend(channel)

    @staticmethod
    def _explain(error: BaseException) -> None:
        """An exception that leaves a block tells why the loops in it were left."""
        with lock:
            for channel in sender().channels:
                if channel.left_by is not None and passed_through(error, channel.left_by):
                    channel.push(end_of(error), last=True)

    def _whole(self) -> Operation:
        return self

    def _look(self) -> None:
        channel = self._channel
        if not channel.is_attended and not channel.is_over:
            sender().attend(channel)
        if channel.is_asked_to_stop and self._raises and not channel.has_end:
            raise Cancelled(f"Somebody has asked {channel.title or 'the operation'} to stop.")


def _attached(url: str, token: Optional[str], raises: bool) -> Operation:
    """An operation of another process, to report on."""
    channel = Channel(Target(url, token) if url else None)
    channel.is_owned = False
    return Operation(channel, raises=raises, ends=False)


def _merged(details: Optional[Mapping[str, Any]], members: Mapping[str, Any]) -> Dict[str, object]:
    if details is not None and not isinstance(details, Mapping):
        details = {"value": details}
    return {**(details or {}), **members}
