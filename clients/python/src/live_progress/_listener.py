# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The watch that brings the answer to a question."""

from __future__ import annotations

import queue
import threading
from typing import Optional

from ._channel import Channel
from ._http import ProgressError
from ._question import Question
from ._state import lock
from ._watch import Watch


class Listener:
    """A thread that watches an operation from the moment the server has the question until its end.

    If the worker may not watch, the sender asks for the answer by its reports.
    """

    def __init__(self, channel: Channel, question: Question) -> None:
        self._channel = channel
        self._question = question
        self._watch: Optional[Watch] = None
        # Unlike Event.set(), SimpleQueue.put() is reentrant, which a signal handler that ends the operation needs.
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()

    def begin(self) -> None:
        self._question.observers.append(lambda: self._news.put(None))
        thread = threading.Thread(target=self._run, name="live-progress-answer", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._question.is_watched = False  # the interpreter shuts down and cannot start threads

    def end(self) -> None:
        """Ends the thread and its connection; the question must be over. Does not wait for the thread."""
        with lock:
            watch = self._watch
        if watch is not None:
            watch.close()

    def _run(self) -> None:
        question = self._question
        self._news.get()  # the question is sent or over
        while True:
            with lock:
                if question.is_over or self._channel.place is None:
                    return
                watch = self._watch = Watch(self._channel.place, self._token, None)
            try:
                for snapshot in watch:
                    with lock:
                        self._channel.taken(dict(snapshot.wire))
                    if question.is_over:
                        break
            except ProgressError as error:
                if error.kind != "unreachable":
                    question.is_watched = False
                    return

    def _token(self) -> Optional[str]:
        return self._channel.watch_token or self._channel.token()
