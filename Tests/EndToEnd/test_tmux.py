# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""`run` in tmux: at each point of a command, the screen is that of the command without `run`."""

from __future__ import annotations

import contextlib
import difflib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import expect, expect_equal, plain_environment

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")

#: As cargo: lines scroll above a bar, which is erased and drawn again. It waits for Enter at 20 and at 40.
BUILD = r"""
import sys
def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()
for crate in range(1, 41):
    write(f"\r\033[K\033[1m\033[32m   Compiling\033[0m crate{crate} v1.{crate}.0\n")
    write(f"\033]9;4;1;{crate * 100 // 40}\033\\")
    bar = ("=" * (crate // 2) + ">").ljust(21)
    write(f"\033[1m\033[36m    Building\033[0m [{bar}] {crate}/40: crate{crate}(bin)\r")
    if crate in (20, 40):
        sys.stdin.readline()
    if crate == 30:
        write("\033[K\033[1m\033[33mwarning\033[0m\033[1m: unused variable: `x`\033[0m\n")
        write(" \033[1m\033[34m-->\033[0m a.rs:1:5\n\n")
write("\033[K\033]9;4;0\033\\\033[1m\033[32m    Finished\033[0m `dev` profile in 1.00s\n")
"""

#: Tasks of rich, which hides the cursor and draws all bars again, with lines above them.
RICH = r"""
import sys
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
columns = TextColumn("[bold blue]{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn()
with Progress(*columns, auto_refresh=False) as progress:
    totals = {"fetch": 10, "unpack 📦": 40, "install": 90}
    tasks = [progress.add_task(name, total=total) for name, total in totals.items()]
    for part in range(1, 11):
        for speed, task in zip((1, 3, 5), tasks):
            progress.update(task, advance=speed)
        progress.console.print(f"part {part} of [green]10[/green]")
        progress.refresh()
        if part == 5:
            sys.stdin.readline()
    progress.remove_task(tasks[0])
    progress.refresh()
"""

#: Wide and combined characters, also one in two parts, colours, a wrapped line, a scroll region, a tab and a title.
WIDE = r"""
import os, termios, tty
settings = termios.tcgetattr(0)
tty.setcbreak(0)
os.write(1, "日本語 한국어 e\u0301 👩‍👩‍👧 🇫🇷 \033[1;3;4;7mbold\033[0m \033[9;53mstruck\033[0m\r\n".encode())
os.write(1, "".join(f"\033[48;5;{n}m\033[38;2;{n};99;{255 - n}m語" for n in range(16, 72)).encode() + b"\033[0m\r\n")
rocket = "🚀".encode()
os.write(1, b"half " + rocket[:2])
os.read(0, 1)
os.write(1, rocket[2:] + b"\tafter a tab\033[5;10r\033[10;1H" + b"".join(b"region %d\n" % n for n in range(9)))
os.write(1, b"\033[r\033]2;a title\033\\\033[?25l\033[15;30H\033[44mplaced\033[K\033[0m")
os.read(0, 1)
termios.tcsetattr(0, termios.TCSADRAIN, settings)
"""

#: Asks the terminal for the cursor's position, and the system for the window's size at the start and after each change.
SIZES = r"""
import os, signal, sys, termios, tty
def show(*_):
    print("size", *os.get_terminal_size(), flush=True)
show()
settings = termios.tcgetattr(0)
tty.setraw(0)
os.write(1, b"\033[6n")
answer = b""
while not answer.endswith(b"R"):
    answer += os.read(0, 1)
termios.tcsetattr(0, termios.TCSADRAIN, settings)
signal.signal(signal.SIGWINCH, show)
print("position", answer, flush=True)
sys.stdin.readline()
"""


@dataclass(frozen=True)
class Step:
    """Keys to type and a size to give to the window, and the last text that the screen then shows."""

    shows: str
    keys: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    alternate: bool = False


END = Step("[exit 0]", ("Enter",))

#: For each case: the command, and its steps.
CASES: dict[str, tuple[list[str], list[Step]]] = {
    "build": ([sys.executable, "-c", BUILD], [Step("] 20/40: crate20"), Step("] 40/40: crate40", ("Enter",)), END]),
    "rich": ([sys.executable, "-c", RICH], [Step("25/90"), END]),
    "less": (
        ["less", "lines.txt"],
        [
            Step("lines.txt", alternate=True),
            Step("line 46 ", ("Space",), alternate=True),
            Step("line 142 ", ("/needle", "Enter"), alternate=True),
            Step("line 148 ", size=(100, 30), alternate=True),
            Step("line 91 ", ("b",), alternate=True),
            Step("[exit 0]", ("q",)),
        ],
    ),
    "wide": ([sys.executable, "-c", WIDE], [Step("half"), Step("placed", ("Enter",)), END]),
    "sizes": (
        [sys.executable, "-c", SIZES],
        [Step("position"), Step("size 101 31", size=(101, 31)), Step("size 61 17", size=(61, 17)), END],
    ),
}

#: What tmux knows of a window besides its characters and colours.
STATE = """
    cursor_x cursor_y cursor_flag alternate_on pane_width pane_height pane_title history_size wrap_flag insert_flag
    origin_flag scroll_region_upper scroll_region_lower keypad_flag keypad_cursor_flag mouse_any_flag
""".split()


class Window:
    """A tmux server of its own, with one window, in which a command runs after a first line."""

    # The window stays after the command's end.
    SCRIPT = 'printf "%s\\n" "$0"; "$@"; printf "[exit %d]" "$?"; exec cat'

    def __init__(self, folder: Path, command: list[str], first: str = "ready"):
        # A socket's path has about 100 bytes at most, so it cannot be in the folder of the test.
        self.sockets = tempfile.TemporaryDirectory(prefix="tmux-", dir="/tmp", ignore_cleanup_errors=True)
        self.environment = plain_environment(TMUX_TMPDIR=self.sockets.name, LC_ALL="C.UTF-8", LESSHISTFILE="-")
        for setting in ("NO_COLOR", "TMUX", "COLUMNS", "LINES", "LESS", "LESSOPEN"):
            self.environment.pop(setting, None)
        new = ["new-session", "-d", "-x", "80", "-y", "24", "-c", str(folder), "sh", "-c", self.SCRIPT, first, *command]
        self.tmux("start-server", ";", "set", "-g", "default-terminal", "screen-256color", ";", *new)

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.tmux("kill-server")
        self.sockets.cleanup()

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-u", "-L", Path(self.sockets.name).name, "-f", "/dev/null", *words]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "timeout": 60, "encoding": "utf-8"}
        return subprocess.run(command, check=True, env=self.environment, **options).stdout

    def screen(self) -> str:
        """Returns all lines, also those above the window, with colours and spaces at the ends, and the state."""
        state = " ".join(f"{name}=#{{{name}}}" for name in STATE)
        return self.tmux("capture-pane", "-p", "-e", "-N", "-S", "-", ";", "display-message", "-p", state)

    def do(self, step: Step) -> None:
        if step.keys:
            self.tmux("send-keys", *step.keys)
        if step.size:
            self.tmux("resize-window", "-x", str(step.size[0]), "-y", str(step.size[1]))


def plain(screen: str) -> str:
    return re.sub(r"\x1b\[[\d;:]*m", "", screen)


def quiet_screens(windows: list[Window], shows: str, seconds: float = 40) -> list[str]:
    """Waits until all windows show a text, are the same, and no longer change; returns the last screens in any case."""
    deadline, before = time.monotonic() + seconds, []
    while True:
        screens = [window.screen() for window in windows]
        done = screens == before and len(set(screens)) == 1 and shows in plain(screens[0])
        if done or time.monotonic() > deadline:
            return screens
        before = screens
        time.sleep(0.05)


def expect_same_screens(bare: Window, run: Window, step: Step) -> None:
    """Does a step in both windows, and compares their screens."""
    for window in (bare, run):
        window.do(step)
    expected, actual = quiet_screens([bare, run], step.shows)
    for name, screen in [("bare", expected), ("run", actual)]:
        expect(step.shows in plain(screen), f"{step.shows!r} is not on the {name} screen:\n{screen}")
    lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "bare", "run", lineterm="")
    expect(expected == actual, f"the screens differ after {step}:\n" + "\n".join(map(repr, lines)))
    expect(f"alternate_on={step.alternate:d} " in actual, f"the wrong screen is shown after {step}:\n{actual}")


@pytest.fixture
def folder(tmp_path) -> Path:
    lines = (f"line {n} {'needle' if n == 120 else 'hay'} {'~' * (n % 60)}\n" for n in range(1, 301))
    (tmp_path / "lines.txt").write_text("".join(lines))
    return tmp_path


@pytest.mark.parametrize("case", CASES)
def test_same_screen(binary, folder, case):
    """At each point of a command in tmux, lines, colours, cursor and modes of the terminal are those without run."""
    command, steps = CASES[case]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    with Window(folder, command) as bare, Window(folder, [str(binary), "run", "--quiet", "--", *command]) as run:
        for step in steps:
            expect_same_screens(bare, run, step)


def test_link_before(binary, folder):
    """Without --quiet, the line with the link comes before the screen of the command, and nothing else is added."""
    command, steps = CASES["build"]
    with Window(folder, [str(binary), "run", "--id", "build", "--", *command]) as run:
        (screen,) = quiet_screens([run], steps[0].shows)
        links = re.findall(r"^live-progress: http://127\.0\.0\.1:\d+/api/v1/progress/build(?= *$)", plain(screen), re.M)
        expect_equal(len(links), 1, f"the links on the screen:\n{screen}")
        with Window(folder, command, first=f"ready\n{links[0]}") as bare:
            for step in steps:
                expect_same_screens(bare, run, step)
