# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The local display of an operation: a line on a terminal, or the element in a notebook."""

from __future__ import annotations

import html
import importlib
import os
import shutil
import sys
import threading
import time
from typing import Any, List, Optional, TextIO

from ._channel import Channel
from ._sender import sender
from ._settings import API

_BAR = 24


def show(channel: Channel, wanted: Optional[bool]) -> bool:
    """Shows an operation on a terminal or in a notebook; returns whether it is shown. Never raises."""
    try:
        if wanted is False:
            return False
        if channel.target is not None and in_notebook():
            return _show_element(channel)
        return (wanted or in_notebook() or _is_terminal(sys.stderr)) and _Line(channel, sys.stderr).begin()
    except Exception:
        return False  # an error of the display must not stop the work


def in_notebook() -> bool:
    """Returns whether this process is the kernel of a notebook."""
    shell = _shell()
    return shell is not None and hasattr(shell, "kernel")


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _is_terminal(stream: Optional[TextIO]) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


# A terminal.

_drawing = threading.Lock()
_lines: List[_Line] = []


class _Line:
    """A line of a terminal. The sender's thread redraws it, and the worker's thread draws it for the last time."""

    def __init__(self, channel: Channel, stream: TextIO) -> None:
        self._channel = channel
        self._stream = stream
        self._started = time.monotonic()
        self._is_drawn = False
        self._has_link = False

    def begin(self) -> bool:
        with _drawing:
            if _lines:
                return False  # an outer operation uses the line
            _lines.append(self)
        self._channel.observers.append(self._draw)
        sender().watchers.append(self._draw)
        return True

    def _draw(self) -> None:
        is_last = self._channel.has_end
        if not is_last and (_draws_something_else() or time.monotonic() - self._started < 0.2):
            return
        with _drawing:
            if self not in _lines:
                return
            try:
                if self._is_drawn or not is_last:
                    self._write("\n" if is_last else "")
            except (OSError, ValueError):
                is_last = True
            if is_last:
                _lines.remove(self)
                sender().watchers.remove(self._draw)

    def _write(self, end: str) -> None:
        channel, text = self._channel, ""
        if not self._has_link and channel.target is not None and channel.is_created:
            self._has_link = True
            text = f"\r\x1b[2Klive-progress: {channel.link}\n"
        width = shutil.get_terminal_size().columns - 1
        text += f"\r\x1b[2K{line(channel, time.monotonic() - self._started)[:width]}"
        self._stream.write(text + end)
        self._stream.flush()
        self._is_drawn = True


def _draws_something_else() -> bool:
    """Returns whether a tqdm bar or a rich live display uses the terminal."""
    tqdm = sys.modules.get("tqdm")
    if tqdm is not None and len(getattr(getattr(tqdm, "tqdm", None), "_instances", ())) > 0:
        return True
    rich = sys.modules.get("rich")
    console = getattr(rich, "_console", None)
    return console is not None and getattr(console, "_live", None) is not None


def line(channel: Channel, seconds: float) -> str:
    """Returns the status of an operation as one line without control characters."""
    counts = channel.counts
    done, fraction = int(counts.completed), counts.fraction()
    parts = [channel.title]
    if fraction is not None:
        filled = int(fraction * _BAR)
        parts.append(f"{int(fraction * 100 + 1e-9):3d}% " + "━" * filled + "╌" * (_BAR - filled))
    unit = f" {counts.unit}" if counts.unit else ""
    if done or counts.total:
        parts.append(f"{done:,} of {int(counts.total):,}{unit}" if counts.total else f"{done:,}{unit}")
    if channel.status != "running":
        parts.append(f"{channel.status} after {duration(seconds)}")
    elif done and seconds > 1:
        rate = done / seconds
        parts.append(f"{rate:,.1f}{unit}/s" if rate < 100 else f"{rate:,.0f}{unit}/s")
        if fraction:
            parts.append(f"{duration(seconds * (1 - fraction) / fraction)} left")
    if channel.state and channel.status == "running":
        parts.append(channel.state)
    text = "  ".join(part for part in parts if part)
    return "".join(character if character.isprintable() else " " for character in text)


def duration(seconds: float) -> str:
    """Returns a duration as text: 8 s, 3 min 20 s, 1 h 12 min."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


# A notebook.


def element(channel: Channel) -> str:
    """Returns the HTML of the live element, with a link as the fallback; it contains no token to report."""
    url = channel.target.url if channel.target else ""
    link, title = html.escape(channel.link), html.escape(channel.title or "Progress")
    script = html.escape(url.rpartition(f"{API}/")[0] + "/live-progress.js")
    return (
        f'<script type="module" src="{script}"></script><live-progress src="{link}" label="{title}">'
        f'<a href="{link}" target="_blank" rel="noopener">{title}</a></live-progress>'
    )


def _show_element(channel: Channel) -> bool:
    ipython: Any = importlib.import_module("IPython.display")
    handle = ipython.display(ipython.HTML(element(channel)), display_id=True)

    def watch() -> None:
        # The response to the creation contains the token to watch.
        if channel.watch_token and handle is not None:
            handle.update(ipython.HTML(element(channel)))
        if channel.is_created or channel.refusal or channel.has_end:
            sender().watchers.remove(watch)

    sender().watchers.append(watch)
    return True
