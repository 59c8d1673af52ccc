# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Loops that report as an operation."""

from __future__ import annotations

import operator
import os
import sys
import time
from types import FrameType, TracebackType
from typing import (
    Any,
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Generic,
    Iterable,
    Iterator,
    Optional,
    Type,
    TypeVar,
    Union,
)

from ._begin import operation
from ._leaving import exit_of
from ._operation import Operation
from ._problem import end, end_of
from ._state import lock

Item = TypeVar("Item")

#: The time in seconds in which a block or the interpreter must report an exception that left a loop.
_PATIENCE = 0.5


def track(
    items: Union[Iterable[Item], AsyncIterable[Item]],
    title: str = "",
    *,
    total: Optional[float] = None,
    unit: Optional[str] = None,
    **options: Any,
) -> Track[Item]:
    """Reports a loop as an operation and counts its items; without a server, only yields the items.

    ```python
    for row in track(rows, "Import", unit="rows"):
        insert(row)
    ```

    The operation succeeds after the last item, and fails with an exception of the source. After ``break`` or
    ``return``, or if a function such as ``zip`` drops the loop, the operation is cancelled. After an exception in the
    loop, the operation has failed. After a cancel request, the loop raises ``Cancelled``. The total comes from
    ``len()`` or ``operator.length_hint()``. ``options`` are those of ``operation``.
    """
    if total is None:
        try:
            total = operator.length_hint(items) or None
        except Exception:
            total = None
    return Track(items, operation(title, total=total, unit=unit, **options))


class Track(Generic[Item]):
    """The counted items of a loop; as a ``with`` block, it reports the exact exception that left the loop."""

    def __init__(self, items: Union[Iterable[Item], AsyncIterable[Item]], operation: Operation) -> None:
        self._items = items
        #: The operation of this loop.
        self.operation = operation
        self._is_block = self._was_left = False

    def __len__(self) -> int:
        return len(self._items)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Item]:
        """Yields the items. An item costs one store and one check; the sender's thread does the rest."""
        operation = self.operation
        counts, channel = operation._channel.counts, operation._channel
        done = counts.looped
        try:
            for item in self._items:  # type: ignore[union-attr]
                yield item
                done += 1
                counts.looped = done
                if channel.needs_worker:
                    operation._look()
        except GeneratorExit:
            self._leave(sys._getframe().f_back)
            raise
        except BaseException as error:
            operation._finish(end_of(error))
            raise
        operation.succeed()

    def __aiter__(self) -> AsyncIterator[Item]:
        return _AsyncLoop(self.operation, self._aitems())

    async def _aitems(self) -> AsyncGenerator[Item, None]:
        operation = self.operation
        try:
            async for item in self._items:  # type: ignore[union-attr]
                yield item
                operation._channel.counts.looped += 1
                if operation._channel.needs_worker:
                    operation._look()
        except GeneratorExit:
            operation.cancelled()
            raise
        except BaseException as error:
            operation._finish(end_of(error))
            raise
        operation.succeed()

    def _leave(self, frame: Optional[FrameType]) -> None:
        """Records that the loop was left early, and ends its line; the sender's thread sends the end.

        The garbage collector may call this, so the function must not wait.
        """
        channel = self.operation._channel
        if self._is_block:
            self._was_left = True
        elif channel.has_end or channel.pid != os.getpid():
            pass
        else:
            left = exit_of(frame)
            if left is None:
                with lock:
                    channel.push(end("cancelled"), last=True)
            else:
                # A surrounding block or the interpreter's hook may report an exception later.
                channel.left_until = time.monotonic() + _PATIENCE
                channel.left_by = left
            channel.tell_observers()

    def __enter__(self) -> Track[Item]:
        self._is_block = True
        self.operation.__enter__()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if error is None and self._was_left:
            self.operation.cancelled()
        self.operation.__exit__(kind, error, trace)


class _AsyncLoop(AsyncIterator[Item]):
    """An asynchronous loop. An event loop closes a generator late, so this object notices that the loop was left."""

    def __init__(self, operation: Operation, items: AsyncGenerator[Item, None]) -> None:
        self._operation = operation
        self._items = items
        self._is_begun = False

    def __anext__(self) -> Awaitable[Item]:
        self._is_begun = True
        return self._items.__anext__()

    async def aclose(self) -> None:
        await self._items.aclose()

    def __del__(self) -> None:
        channel = self._operation._channel
        if self._is_begun and not channel.has_end and channel.pid == os.getpid():
            with lock:
                channel.push(end("cancelled"), last=True)
            channel.tell_observers()
