# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The common part of operations and their parts: counting."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Optional, Type

from ._counts import LIMIT, Node, count_of
from ._json import short
from ._state import lock

if TYPE_CHECKING:
    from ._channel import Channel
    from ._operation import Operation


class Counting:
    """The base class of an operation and of a part, which count units."""

    _channel: Channel
    _node: Node

    def advance(self, count: float = 1) -> None:
        """Adds completed units. Raises ``Cancelled`` after a cancel request.

        ```python
        for row in rows:
            insert(row)
            op.advance()
        ```
        """
        channel = self._channel
        number = count if isinstance(count, int) and 0 <= count < LIMIT else count_of(count)
        with lock:
            if number is None:
                channel.dropped += 1
            else:
                self._node.done += number
        if channel.needs_worker:
            self._look()

    def part(self, title: str = "", *, worth: float = 1, total: Optional[float] = None) -> Part:
        """Returns a part with its own count, which is worth some units here; its fraction counts while it runs.

        ```python
        with op.part("Upload", worth=2, total=len(files)) as part:
            for file in files:
                upload(file)
                part.advance()
        ```
        """
        return Part(self._whole(), self._node, short(title), count_of(worth) or 0, count_of(total))

    def _whole(self) -> Operation:
        raise NotImplementedError

    def _look(self) -> None:
        """Handles the rare cases of a counting call."""
        self._whole()._look()


class Part(Counting):
    """A part of an operation; a block that ends without an exception completes the part."""

    def __init__(self, operation: Operation, of: Node, title: str, worth: float, total: Optional[float]) -> None:
        self._operation = operation
        self._channel = operation._channel
        self._of = of
        self._title = title
        self._node = Node(total, worth)
        with lock:
            # After the end, and without an operation, a part must not be kept.
            report = {} if self._channel.has_end else self._channel.counts.begin_part(self._node, of)
            if report:
                self._channel.push(report)
        if title:
            operation.update(title)

    def _whole(self) -> Operation:
        return self._operation

    def set(self, *, total: Optional[float] = None, completed: Optional[float] = None) -> None:
        """Sets the counts of the part; other values do not change."""
        total, completed = count_of(total), count_of(completed)
        with lock:
            if total is not None:
                self._node.total = total
            if completed is not None:
                self._node.done = max(self._node.done, completed)

    def finish(self) -> None:
        """Completes the part; a second call has no effect."""
        self._end(True)

    def _end(self, is_whole: bool) -> None:
        with lock:
            self._operation._channel.counts.end_part(self._node, self._of, is_whole)

    def __enter__(self) -> Part:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._end(error is None)

    async def __aenter__(self) -> Part:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._end(error is None)
