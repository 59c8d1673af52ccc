# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The line of a terminal that shows an operation; the program's own output comes above the line."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from typing import Iterator, List, TextIO

from ._channel import Channel
from ._sender import sender
from ._status import status

_ERASE = "\r\x1b[2K"
#: The longest wait for a thread that writes, in seconds. The garbage collector may end a loop while another thread
#: waits for the same locks, so a wait without a limit could be a deadlock.
_PATIENCE = 1.0


class _Screen:
    """The terminal of this process: the operations to draw, and the streams of the program."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        #: The first line is drawn; the others wait for its end.
        self.lines: List[Line] = []
        self.outputs: List[_Output] = []
        #: Whether the program has begun a line of text that has no line end yet.
        self.has_open_text = False

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Waits for the lock; yields whether this thread has it."""
        is_mine = self.lock.acquire(timeout=_PATIENCE)
        try:
            yield is_mine
        finally:
            if is_mine:
                self.lock.release()

    def add(self, line: Line, stream: TextIO) -> None:
        if not self.lines and stream.isatty():
            self.has_open_text = False
            for output in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    if output.isatty():
                        self.outputs.append(_Output(output))
        self.lines.append(line)

    def remove(self, line: Line) -> None:
        self.lines.remove(line)
        if not self.lines:
            self.release()

    def release(self) -> None:
        """Leaves the streams as they were."""
        for output in reversed(self.outputs):
            output.undo()
        self.outputs.clear()


_screen = _Screen()


class _Output:
    """A stream of the program on the terminal, while a line is drawn there.

    Only the method ``write`` of the stream is replaced, so that loggers and other holders of the stream take part.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._before = vars(stream).get("write")
        self.original = stream.write
        self._hook = self._write
        setattr(stream, "write", self._hook)  # noqa: B010

    def undo(self) -> None:
        if vars(self.stream).get("write") is not self._hook:
            pass  # another library has replaced the method after this one; this hook then only passes the text on
        elif self._before is not None:
            setattr(self.stream, "write", self._before)  # noqa: B010
        else:
            delattr(self.stream, "write")

    def _write(self, text: str) -> int:
        with _screen.turn() as is_mine:
            line = _screen.lines[0] if is_mine and _screen.lines else None
            if line is None or not text:
                return self.original(text)
            line.hide()
            count = self.original(text)
            _screen.has_open_text = not text.endswith("\n")
            if _screen.has_open_text:
                self.stream.flush()  # otherwise the last drawing of the line would come before the text
            else:
                line.show()
            return count


class Line:
    """A line of the terminal. The sender's thread redraws it, and the worker's thread draws it for the last time."""

    def __init__(self, channel: Channel, stream: TextIO) -> None:
        self._channel = channel
        self._stream = stream
        self._started = time.monotonic()
        self._was_drawn = False
        self._is_visible = False
        self._has_link = False

    def begin(self) -> bool:
        with _screen.turn() as is_mine:
            if not is_mine:
                return False
            _screen.add(self, self._stream)
        self._channel.observers.append(self.draw)
        sender().watchers.append(self.draw)
        return True

    def draw(self) -> None:
        """Draws the line; for the last time if the operation has ended. Never raises."""
        is_last = self._channel.has_end or self._channel.left_by is not None
        with _screen.turn() as is_mine:
            if not is_mine or self not in _screen.lines:
                return
            try:
                if is_last:
                    self._end()
                elif self._may_draw():
                    self._write()
            except Exception:
                is_last = True  # an error of the display must not stop the work
            if is_last:
                _screen.remove(self)
                with contextlib.suppress(ValueError):
                    sender().watchers.remove(self.draw)

    def hide(self) -> None:
        """Erases the line, because the program writes."""
        if self._is_visible:
            self._is_visible = False
            with contextlib.suppress(Exception):
                self._put(_ERASE)

    def show(self) -> None:
        """Draws the line again, after the program has written."""
        with contextlib.suppress(Exception):
            if self._was_drawn and not self._channel.has_end and self._may_draw():
                self._write()

    def _may_draw(self) -> bool:
        is_first = _screen.lines[0] is self and not _screen.has_open_text
        return is_first and not _draws_something_else() and time.monotonic() - self._started >= 0.2

    def _end(self) -> None:
        if self._was_drawn:
            if _screen.has_open_text:
                self._put("\n")
            self._write("\n")
            _screen.has_open_text = False

    def _write(self, end: str = "") -> None:
        channel, text = self._channel, ""
        if not self._has_link and channel.target is not None and channel.is_created:
            self._has_link = True
            text = f"{_ERASE}live-progress: {channel.link}\n"
        width = shutil.get_terminal_size().columns - 1
        text += f"{_ERASE}{status(channel, time.monotonic() - self._started)[:width]}"
        self._was_drawn = self._is_visible = True
        self._put(text + end)

    def _put(self, text: str) -> None:
        hooks = [output for output in _screen.outputs if output.stream is self._stream]
        (hooks[0].original if hooks else self._stream.write)(text)
        self._stream.flush()


def _before_fork() -> None:
    _screen.lock.acquire(timeout=_PATIENCE)


def _after_fork() -> None:
    with contextlib.suppress(RuntimeError):  # the wait for the lock was too long
        _screen.lock.release()


def _begin_again() -> None:
    """Leaves the terminal to the parent, in the child of a fork."""
    global _screen
    parent, _screen = _screen, _Screen()
    parent.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_begin_again)


def _draws_something_else() -> bool:
    """Returns whether a tqdm bar or a rich live display uses the terminal."""
    tqdm = sys.modules.get("tqdm")
    if tqdm is not None and len(getattr(getattr(tqdm, "tqdm", None), "_instances", ())) > 0:
        return True
    rich = sys.modules.get("rich")
    console = getattr(rich, "_console", None)
    return console is not None and getattr(console, "_live", None) is not None
