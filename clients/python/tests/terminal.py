# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Programs on a pseudo-terminal, and what a user sees of their output."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import textwrap

from support import plain_environment

#: A function for programs: waits until the terminal shows the operation, with its link if it has one.
DRAWN = """
import time
from live_progress import _terminal
def drawn():
    until = time.monotonic() + 20
    while time.monotonic() < until:
        line = _terminal._screen.lines[0]
        if line._was_drawn and (line._channel.target is None or line._has_link): return
        time.sleep(0.01)
    raise SystemExit("nothing is drawn")
"""


def on_terminal(code, *, prelude="", code_of_exit=0, **environment):
    """Runs a program on a pseudo-terminal, and returns its output."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", prelude + textwrap.dedent(code)],
        env=plain_environment(**{"TERM": "xterm-256color", "COLUMNS": "100", **environment}),
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    drawn = b""
    try:
        while True:
            drawn += os.read(leader, 65536)
    except OSError:
        pass  # the program has closed the terminal
    os.close(leader)
    assert process.wait(10) == code_of_exit, drawn.decode()
    return drawn.decode()


def rows(output):
    """Returns the lines of text that a terminal shows after an output."""
    result, column = [""], 0
    for part in re.findall(r"\x1b\[2K|[\r\n]|[^\x1b\r\n]+", output):
        if part == "\x1b[2K":
            result[-1] = " " * column
        elif part == "\r":
            column = 0
        elif part == "\n":
            result.append("")
        else:
            result[-1] = result[-1][:column].ljust(column) + part + result[-1][column + len(part) :]
            column += len(part)
    return [row.rstrip() for row in result]
