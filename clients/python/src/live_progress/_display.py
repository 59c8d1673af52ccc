# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The local display of an operation: a line on a terminal, or the live element in a notebook."""

from __future__ import annotations

import html
import importlib
import os
import sys
from typing import Any, Optional, TextIO

from ._channel import Channel
from ._sender import sender
from ._settings import API
from ._terminal import Line


def show(channel: Channel, wanted: Optional[bool]) -> bool:
    """Shows an operation on a terminal or in a notebook; returns whether it is shown. Never raises."""
    try:
        if wanted is False:
            return False
        if channel.target is not None and in_notebook():
            return _show_element(channel)
        return (wanted or in_notebook() or _is_terminal(sys.stderr)) and Line(channel, sys.stderr).begin()
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
