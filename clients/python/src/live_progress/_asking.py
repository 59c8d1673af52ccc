# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Asking a person, and waiting for the answer."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import time
from typing import Iterator, Optional, Sequence

from ._awatch import within
from ._channel import Channel
from ._http import ProgressError
from ._listener import Listener
from ._problem import Cancelled
from ._question import Question
from ._sender import sender
from ._state import lock

#: How many seconds longer than the timeout a worker waits: the server counts from the arrival of the report.
GRACE = 10.0
#: On Windows, Ctrl-C does not interrupt a wait, so a wait is a sequence of short ones.
_SLICE = 1.0


class Asking:
    """The base class of an operation that can ask."""

    _channel: Channel

    def ask(
        self,
        message: str,
        *,
        choices: Sequence[str] = (),
        default: Optional[str] = None,
        timeout: Optional[float] = None,
        kind: str = "question",
    ) -> str:
        """Asks the watchers a question, waits for the answer, and returns its text.

        ```python
        if op.ask("Apply 3 changes?", choices=["yes", "no"], default="no", timeout=60) == "yes":
            apply(changes)
        ```

        Unlike every other call, this one waits and raises. The first answer counts. After ``timeout`` seconds, the
        answer is the ``default``. Without a timeout, the call waits as long as it takes. Another question of the same
        operation replaces this one.

        - ``choices``: up to 16 texts, of which the answer is one; without choices, every text is an answer.
        - ``kind``: ``"question"``, ``"permission"`` or ``"input"``; it changes only the display.

        Raises ``Unanswered`` if there is neither an answer nor a default; ``Cancelled`` after a cancel request;
        ``ProgressError`` if the operation has ended, or the server refuses the question; and ``ValueError`` for a
        question that no server accepts. Without a server, the default is the answer at once. If the server cannot be
        reached, it is the answer 10 s after the deadline. An exception that interrupts the wait withdraws the question.
        """
        question = Question(message, choices, default, timeout, kind)
        done: queue.SimpleQueue[None] = queue.SimpleQueue()
        question.observers.append(lambda: done.put(None))
        with _asked(self._channel, question):
            until = _deadline(question)
            while not question.is_over and time.monotonic() < until:
                with contextlib.suppress(queue.Empty):
                    done.get(timeout=max(0.0, min(_SLICE, until - time.monotonic())))
        return question.result()

    async def aask(
        self,
        message: str,
        *,
        choices: Sequence[str] = (),
        default: Optional[str] = None,
        timeout: Optional[float] = None,
        kind: str = "question",
    ) -> str:
        """Asks like ``ask``, and lets other tasks run until the answer; a cancelled task withdraws the question.

        ```python
        name = await op.aask("Which branch?", kind="input", default="main", timeout=600)
        ```
        """
        question = Question(message, choices, default, timeout, kind)
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed during the question
                loop.call_soon_threadsafe(done.set)

        question.observers.append(tell)
        with _asked(self._channel, question):
            until = _deadline(question)
            while not question.is_over and time.monotonic() < until:
                done.clear()
                if not question.is_over:
                    left = None if question.timeout is None else max(0.0, until - time.monotonic())
                    with contextlib.suppress(asyncio.TimeoutError):
                        await within(left, done.wait())
        return question.result()


def _deadline(question: Question) -> float:
    return float("inf") if question.timeout is None else time.monotonic() + question.timeout + GRACE


@contextlib.contextmanager
def _asked(channel: Channel, question: Question) -> Iterator[None]:
    """Reports a question before a block that waits for its end; withdraws the question if it is still open after it."""
    host = channel.host or channel
    if not channel.is_told:
        with lock:
            question.give_up()
        yield
        return
    _check(channel, host)
    listener = Listener(host, question)
    try:
        with lock:
            if host is not channel:
                channel.seal()
            host.push(host.begin_question(question))
            channel.question = question
        listener.begin()
        sender().attend(host)
        yield
    finally:
        with lock:
            question.give_up()
            if question.may_be_open and host.question is question:
                host.push({"waitingFor": "null"})
        listener.end()
        sender().wake()


def _check(channel: Channel, host: Channel) -> None:
    """Raises an exception if the operation can have no question."""
    if host.refusal is not None:
        raise ProgressError(*host.refusal)
    if channel.has_end or host.has_end:
        raise ProgressError("ended", "The operation has ended.")
    if host.is_asked_to_stop:
        raise Cancelled(f"A watcher has requested the cancellation of {channel.title or 'the operation'}.")
