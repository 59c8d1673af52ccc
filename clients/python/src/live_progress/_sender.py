# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The thread of this process that sends all requests, and its behavior at a fork and at the end of the process."""

from __future__ import annotations

import atexit
import encodings.idna  # noqa: F401
import logging
import os
import queue
import sys
import threading
import time
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from ._channel import TICK, Channel
from ._counts import seconds_of
from ._delivery import Server
from ._http import origin
from ._problem import abandoned
from ._request import Refusal, Request
from ._state import lock

# The import of encodings.idna is early on purpose. Otherwise the first request would import it in the sender's thread.
# If the process forks during that import, the child would wait forever for the module.

#: The maximum wait for the last reports at the end of the process, in seconds.
LEAVING = 1.25
#: The maximum number of operations that wait for an unreachable server.
MAXIMUM_CHANNELS = 1024
#: The timeout of a request in seconds.
_TIMEOUT = 10.0


class _Waiter(NamedTuple):
    numbers: List[Tuple[Channel, int]]
    done: "queue.SimpleQueue[None]"

    def is_settled(self) -> bool:
        return all(channel.settled >= number or channel.is_over for channel, number in self.numbers)


class Sender:
    """Sends the reports of all channels to their servers."""

    def __init__(self) -> None:
        self.channels: List[Channel] = []
        #: Functions that are called about ten times per second, for example to draw, while an operation is open.
        self.watchers: List[Callable[[], None]] = []
        self.dropped = 0
        self._servers: Dict[Tuple[str, str], Server] = {}
        self._thread: Optional[threading.Thread] = None
        # Unlike Event.set(), SimpleQueue.put() is reentrant, which a signal handler that reports needs.
        self._wakes: "queue.SimpleQueue[None]" = queue.SimpleQueue()
        self._is_woken = False
        self._waiters: List[_Waiter] = []
        self._deadline: Optional[float] = None

    # Called by worker threads.

    def attend(self, channel: Channel) -> None:
        """Adds a channel to the channels of this sender."""
        with lock:
            if not channel.is_attended:
                channel.is_attended = True
                channel.needs_worker = channel.is_asked_to_stop
                self.channels.append(channel)
                if len(self.channels) > MAXIMUM_CHANNELS:
                    self._make_room()
        self.wake()

    def wake(self) -> None:
        """Wakes the thread, because there is something to send."""
        if self._is_woken:
            return
        self._is_woken = True
        if self._thread is None:
            with lock:
                if self._thread is None:
                    self._start()
        self._wakes.put(None)

    def flush(self, timeout: float, channels: Optional[List[Channel]] = None) -> bool:
        """Waits until all earlier reports are settled; returns whether they are."""
        with lock:
            chosen = list(self.channels) if channels is None else channels
            for channel in chosen:
                channel.seal()
            waiter = _Waiter([(channel, channel.number) for channel in chosen], queue.SimpleQueue())
            if waiter.is_settled():
                return True
            self._waiters.append(waiter)
        self.wake()
        if self._thread is None:
            return False
        try:
            waiter.done.get(timeout=seconds_of(timeout))
        except queue.Empty:
            return False
        return True

    def leave(self) -> None:
        """Handles the end of the process: abandons open operations, and waits a short time for the last reports."""
        with lock:
            if self._deadline is not None:
                return
            self._deadline = time.monotonic() + LEAVING
            for channel in self.channels:
                channel.look(self._deadline)
                if channel.pid == os.getpid() and not channel.has_end and channel.is_owned:
                    channel.push(abandoned("The process exited before the operation ended."), last=True)
                channel.seal()
                channel.hurry()
            for server in self._servers.values():
                server.not_before = 0.0
        self._show()
        if self._thread is not None:
            self.flush(LEAVING)

    def _make_room(self) -> None:
        for channel in self.channels:
            if channel.has_end:
                self.dropped += 1
                channel.stop(Refusal("unreachable", "Too many operations wait for an unreachable server."))
                self.channels.remove(channel)
                return

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="live-progress", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # the interpreter shuts down and cannot start threads
        self._thread = thread
        util = sys.modules.get("multiprocessing.util")
        process = sys.modules.get("multiprocessing.process")
        if util is not None and process is not None and process.parent_process() is not None:
            # A child of multiprocessing exits by os._exit, which skips the functions of atexit.
            util.Finalize(None, self.leave, exitpriority=0)

    # Called by the sender's thread.

    def _run(self) -> None:
        while True:
            self._is_woken = False
            try:
                timeout = self._step()
            except Exception:  # a fault of this module must not stop the sender
                logging.getLogger("live_progress").exception("live-progress: A step of the sender failed.")
                timeout = 1.0
            if timeout != 0:
                try:
                    self._wakes.get(timeout=timeout)
                except queue.Empty:
                    pass

    def _step(self) -> Optional[float]:
        """Sends one request if one is due; returns the seconds to wait, or `None` to wait until it is woken."""
        now = time.monotonic()
        self._show()
        with lock:
            found = self._next(now)
            self._tell_waiters()
            if found is None:
                is_idle = not self.channels and not self.watchers
                return None if is_idle else TICK
            channel, request, server = found
            # At the end of the process, each server gets one more attempt within the deadline.
            is_last_try = self._deadline is not None
            timeout = _TIMEOUT if self._deadline is None else max(0.05, min(_TIMEOUT, self._deadline - now))
        server.deliver(channel, request, timeout, is_last_try)
        return 0

    def _show(self) -> None:
        for watcher in list(self.watchers):
            try:
                watcher()
            except Exception:  # a broken display must not stop the sender
                self.watchers = [other for other in self.watchers if other is not watcher]

    def _next(self, now: float) -> Optional[Tuple[Channel, Request, Server]]:
        for _ in range(len(self.channels)):
            channel = self.channels.pop(0)
            channel.look(now)
            if channel.is_over:
                channel.is_attended = False
                continue
            # The channels take turns.
            self.channels.append(channel)
            if channel.target is None:
                continue
            server = self._servers.setdefault(origin(channel.target.url), Server())
            request = channel.take(now) if server.is_ready(now) else None
            if request is not None:
                return channel, request, server
        return None

    def _tell_waiters(self) -> None:
        settled = [waiter for waiter in self._waiters if waiter.is_settled()]
        for waiter in settled:
            self._waiters.remove(waiter)
            waiter.done.put(None)

    def abandon_connections(self) -> None:
        for server in self._servers.values():
            server.connection.abandon()


_sender = Sender()


def sender() -> Sender:
    """Returns the sender of this process."""
    return _sender


def flush(timeout: float = 2.0) -> bool:
    """Waits until the servers have all reports of this process, at most ``timeout`` seconds; returns whether they do.

    The end of the process also flushes, except after ``os._exit`` or a signal.

    ```python
    live_progress.flush()
    os._exit(0)
    ```
    """
    return _sender.flush(timeout)


def _begin_again() -> None:
    """Creates a new sender in the child of a fork, without the parent's queue and connections."""
    global _sender
    parent, _sender = _sender, Sender()
    for channel in parent.channels:
        channel.inherit()
    parent.abandon_connections()
    lock.release()


def _leave() -> None:
    _sender.leave()


atexit.register(_leave)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=_begin_again)
