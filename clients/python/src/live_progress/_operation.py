# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The handle of a worker."""

from __future__ import annotations

import contextvars
import os
from types import TracebackType
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, Union

from ._asking import Asking
from ._channel import Channel
from ._counting import Counting
from ._counts import count_of
from ._json import Report, encoded, joined, labels_of, members_of, short
from ._problem import Cancelled, end, end_of, passed_through, problem
from ._sender import sender
from ._settings import Target
from ._state import current_operation, lock


class Operation(Counting, Asking):
    """The worker's handle for an operation; created by ``operation``, ``track`` and ``current``.

    Only ``ask`` waits for the server; the other calls raise only ``Cancelled``. All calls are allowed from any thread.
    In another process, after a fork or a pickle, the handle reports on the same operation; only the first process ends
    it.
    """

    def __init__(self, channel: Channel, *, raises: bool = True, ends: bool = True) -> None:
        self._channel = channel
        self._node = channel.counts
        self._raises = raises
        self._ends = ends
        #: The current details: the JSON text of each member.
        self._details: Report = {}
        self._contexts: List[contextvars.Token[Any]] = []

    # Reports.

    def update(self, state: str, details: Optional[Mapping[str, Any]] = None, /, **members: Any) -> None:
        """Reports the current state; without details, clears the previous details.

        ```python
        op.update("Building", sha=sha)
        ```
        """
        # The values are encoded without the lock, because that may take long and may call code of the worker.
        told = members_of(details, members)
        text = short(state)
        report = {"state": encoded(text), **({"details": joined(told)} if told else {})}
        with lock:
            self._details = told
            self._channel.state = text
            self._channel.push(report)
        self._send()

    def log(self, line: object, /, **members: Any) -> None:
        """Reports a line of text as the detail ``line``; keeps the state.

        ```python
        op.log("a.csv has no header", file="a.csv")
        ```
        """
        told = members_of(members, {"line": short(line)})
        with lock:
            self._details = {**self._details, **told}
            self._channel.push({"details": joined(self._details)})
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
        """Sets the given values in one revision; other values do not change.

        - ``completed``: the completed units; a lower number than before is ignored.
        - ``total``: the total of units; ``None`` means unknown.
        - ``fraction``: the completed fraction from 0 to 1, if there are no units.
        - ``baseline``: units that were completed before this run; they do not count for the rate.

        ```python
        op.set(total=len(rows), unit="rows")
        ```
        """
        channel = self._channel
        texts = {name: short(text, 256) for name, text in (("title", title), ("unit", unit)) if text is not None}
        report = {name: encoded(text) for name, text in texts.items()}
        if labels is not None:
            report["labels"] = encoded(labels_of(labels))
        share, start = count_of(fraction), count_of(baseline)
        if share is not None and share <= 1:
            report["fractionCompleted"] = encoded(float(share))
        if start is not None:
            report["baselineCount"] = str(int(start))
        done, whole = count_of(completed), count_of(total)
        with lock:
            if done is not None:
                channel.counts.set_completed(int(done))
            if total is None or whole is not None:
                channel.counts.set_total(whole)
            channel.title = texts.get("title") or channel.title
            channel.counts.unit = texts.get("unit") or channel.counts.unit
            channel.push(report)
        self._send()

    # The end; only the first end counts.

    def succeed(self, result: object = None) -> None:
        """Ends the operation as succeeded, with an optional result of any JSON value."""
        report = end("succeeded")
        if result is not None:
            report["result"] = encoded(result)
        self._finish(report)

    def fail(self, error: Union[BaseException, str], detail: Optional[str] = None) -> None:
        """Ends the operation as failed, with an exception or a text."""
        if isinstance(error, BaseException):
            self._finish(end("failed", problem(error)))
        else:
            members: Dict[str, object] = {"title": short(error)}
            if detail is not None:
                members["detail"] = short(detail, 2000)
            self._finish(end("failed", members))

    def cancelled(self) -> None:
        """Ends the operation as cancelled, after a cancel request."""
        self._finish(end("cancelled"))

    def _finish(self, report: Report) -> None:
        channel = self._channel
        # The child of a fork unwinds its copy of the parent's stack, but the operation continues in the parent.
        if channel.has_end or not self._ends or channel.pid != os.getpid():
            return
        with lock:
            channel.push(report, last=True)
        channel.tell_observers()
        self._send()

    # Properties.

    @property
    def id(self) -> str:
        """The identifier of the operation that the reports go to; empty without a server."""
        return self._channel.place.id if self._channel.place else ""

    @property
    def url(self) -> str:
        """The URL of the operation that the reports go to; empty without a server."""
        return self._channel.place.url if self._channel.place else ""

    @property
    def link(self) -> str:
        """The URL for users; it contains the token to watch, if the server has sent one."""
        return self._channel.link

    @property
    def cancel_requested(self) -> bool:
        """Whether a watcher has requested the cancellation."""
        return self._channel.is_asked_to_stop

    @property
    def dropped(self) -> int:
        """The number of reports that were not sent separately: folded in a full queue, refused, or invalid."""
        return self._channel.dropped

    @property
    def refusal(self) -> Optional[Tuple[str, str]]:
        """The kind and message of the refusal that stopped the reports; ``None`` while the server accepts reports."""
        return self._channel.refusal

    def flush(self, timeout: float = 2.0) -> bool:
        """Waits until the server has all earlier reports, at most ``timeout`` seconds; returns whether it does."""
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
                pass  # the block may end in another context than it began, for example in a generator
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
        channel = self._channel
        url = channel.target.url if channel.target else ""
        return (_attached, (url, channel.token(), self._raises, channel.is_created))

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
        """Reports the exception that leaves a block as the end of the loops that it left."""
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
            raise Cancelled(f"A watcher has requested the cancellation of {channel.title or 'the operation'}.")


def _attached(url: str, token: Optional[str], raises: bool, is_created: bool) -> Operation:
    """Returns a handle for an operation of another process, whose creation the server may not have yet."""
    channel = Channel(Target(url, token) if url else None)
    channel.is_owned, channel.is_created = False, is_created
    return Operation(channel, raises=raises, ends=False)
