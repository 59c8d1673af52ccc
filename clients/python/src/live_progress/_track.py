# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A loop that is an operation."""

from __future__ import annotations

import dis
import operator
import os
import sys
import time
from types import FrameType, TracebackType
from typing import Any, AsyncIterable, AsyncIterator, Generic, Iterable, Iterator, Optional, Type, TypeVar, Union

from ._begin import operation
from ._operation import Operation
from ._problem import end, end_of
from ._state import lock

Item = TypeVar("Item")

#: How long an exception that has left a loop may take to be met by whoever says what it was, in seconds.
_PATIENCE = 0.5


def track(
    items: Union[Iterable[Item], AsyncIterable[Item]],
    title: str = "",
    *,
    total: Optional[float] = None,
    unit: Optional[str] = None,
    **options: Any,
) -> Track[Item]:
    """Counts the items of a loop as an operation of their own; yields them all the same where no server is.

    ```python
    for row in track(rows, "Import", unit="rows"):
        insert(row)
    ```

    It succeeds when the items are used up, and fails with what their source raises. A loop that is left by ``break`` or
    ``return`` ends it as cancelled; one that an exception leaves, as failed. Where somebody asks it to stop, the loop
    raises ``Cancelled``. The total is what ``len()`` says, or ``operator.length_hint()``. ``options`` are those of
    ``operation``.
    """
    if total is None:
        try:
            total = operator.length_hint(items) or None
        except Exception:
            total = None
    return Track(items, operation(title, total=total, unit=unit, **options))


class Track(Generic[Item]):
    """The items of a loop, counted; also a block, which then tells exactly which exception left it."""

    def __init__(self, items: Union[Iterable[Item], AsyncIterable[Item]], operation: Operation) -> None:
        self._items = items
        #: The operation of this loop, to say more on it.
        self.operation = operation
        self._is_block = self._was_left = False

    def __len__(self) -> int:
        return len(self._items)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Item]:
        """The items. What is counted is one store and one look an item; all else is the sender's."""
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
            self._leave(sys._getframe(1))
            raise
        except BaseException as error:
            operation._finish(end_of(error))
            raise
        operation.succeed()

    async def __aiter__(self) -> AsyncIterator[Item]:
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
        """Notes that the loop was left early; the garbage collector may be who calls, so nothing is sent here."""
        channel = self.operation._channel
        if self._is_block:
            self._was_left = True
        elif channel.has_end or channel.pid != os.getpid():
            pass
        elif frame is None or is_left_on_purpose(frame):
            with lock:
                channel.push(end("cancelled"), last=True)
        else:
            # What left it is on its way still; whoever meets it at last says what it was.
            channel.left_until = time.monotonic() + _PATIENCE
            channel.left_by = frame.f_code

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


def is_left_on_purpose(frame: FrameType) -> bool:
    """Whether the loop that a frame is in ends by ``break`` or ``return``, which drop the iterator as an instruction of
    their own, and not by an exception, which is raised by another instruction and drops it on its way."""
    code, last = frame.f_code.co_code, frame.f_lasti
    return 0 <= last < len(code) and dis.opname[code[last]] in ("POP_TOP", "POP_ITER")
