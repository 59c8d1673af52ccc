# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""`run` while its server is away, silent, stopped or restarted: the command's output and exit code are unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import BASE, Server, expect, expect_equal, plain_environment, request, spawned

# Twelve megabytes of lines, of which the last third follows when the test has changed the server.
PROGRAM = """
import os, pathlib, sys, time
for n in range(120_000):
    if n == 80_000:
        sys.stdout.flush()
        pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()}\\n")
        for _ in range(6000):
            if pathlib.Path(sys.argv[2]).exists(): break
            time.sleep(0.01)
    print(f"\\r{n // 1200}% of the work" if n % 40 == 0 else f"[{n}] " + "x" * 90)
sys.exit(7)
"""


class Command:
    """A command under `run`, which waits in its middle until it is told to go on."""

    def __init__(self, binary: Path, folder: Path, server: str):
        self.binary, self.server = binary, server
        self.reached, self.goes_on, self.output = folder / "reached", folder / "on", folder / "output"
        program = folder / "program.py"
        program.write_text(PROGRAM)
        self.command = [sys.executable, str(program), str(self.reached), str(self.goes_on)]

    @contextlib.contextmanager
    def started(self) -> Iterator[subprocess.Popen]:
        run = [self.binary, "run", "--id", "job", "--server", self.server, "--", *self.command]
        with self.output.open("wb") as output:
            with spawned(run, stdout=output, stderr=subprocess.PIPE, env=plain_environment()) as process:
                yield process

    def await_middle(self) -> None:
        until(lambda: self.process_id(), "the command does not reach its middle")

    def process_id(self) -> int:
        """Returns the identifier of the command's process, or 0 before its middle."""
        text = self.reached.read_text() if self.reached.exists() else ""
        return int(text) if text.endswith("\n") else 0

    def check(self, process: subprocess.Popen, seconds: float) -> str:
        """Lets the command go on, checks its output and exit code, and returns the messages of `run`."""
        self.goes_on.touch()
        _, messages = process.communicate(timeout=seconds)
        expect_equal(process.returncode, 7, "the exit code")
        alone = subprocess.run(self.command, capture_output=True, check=False).stdout
        expect_equal(digest(self.output.read_bytes()), digest(alone), "the output")
        return messages.decode()


def until(holds, what: str) -> None:
    limit = time.monotonic() + 30
    while not holds():
        expect(time.monotonic() < limit, what)
        time.sleep(0.01)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def digest(output: bytes) -> tuple[int, str]:
    return len(output), hashlib.sha256(output).hexdigest()


def test_silent(binary, tmp_path):
    """A server that accepts connections and never responds delays the command by a second, and its end by less."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = Command(binary, tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}")
        with command.started() as process:
            command.await_middle()
            messages = command.check(process, 30)
    expect("does not respond: the command runs" in messages, f"no warning at the start in {messages!r}")
    expect("the end could not be published" in messages, f"no warning at the end in {messages!r}")


@pytest.mark.parametrize("pauses", [False, True])
def test_comes_later(binary, tmp_path, pauses):
    """A server that starts after the command receives its progress and its end, also if it responds late at the end."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    command = Command(binary, tmp_path, f"http://127.0.0.1:{port}")
    with command.started() as process:
        command.await_middle()
        with Server(binary, "--store", "memory", serve=serving(port)) as server:
            if pauses:
                # A report proves that run has the response to the creation.
                until(lambda: "percentComplete" in details(server), "no report is on the server")
                server.process.send_signal(signal.SIGSTOP)
                threading.Timer(1.5, lambda: os.kill(server.process.pid, signal.SIGCONT)).start()
            messages = command.check(process, 30)
            expect_end(server)
    expect("the end could not be published" not in messages, f"a warning at the end in {messages!r}")


def test_is_full(binary, tmp_path):
    """A server without room delays neither the command nor its parts, and the warnings give its reason."""
    part = r"\033]7501;state=working:id=%s\033\\\\"
    program = f"printf '{part % 'a'}{part % 'b'}{part % 'c'}'; exit 6"
    with Server(binary, environment={"LIVE_PROGRESS_MAXIMUM_OPERATIONS": "2"}) as server:
        for first, warning in [("one", "2 of 3 parts could not be published"), ("two", "refuses, and the command runs without waiting: The service holds 2")]:
            run = [binary, "run", "--id", first, "--server", server.url, "--", "sh", "-c", program]
            begun = time.monotonic()
            with spawned(run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=plain_environment()) as process:
                _, messages = process.communicate(timeout=30)
            expect_equal(process.returncode, 6, "the exit code")
            expect(warning in messages.decode(), f"no {warning!r} in {messages!r}")
            expect(time.monotonic() - begun < 4, "the parts delay the end")


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL], ids=["hangs", "dies"])
def test_leaves(binary, tmp_path, how):
    """A server that hangs or dies in the middle changes nothing for the command; only the end is not published."""
    with Server(binary) as server:
        command = Command(binary, tmp_path, server.url)
        with command.started() as process:
            command.await_middle()
            server.process.send_signal(how)
            try:
                messages = command.check(process, 30)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(server.process.pid, signal.SIGCONT)
    expect("the end could not be published" in messages, f"no warning at the end in {messages!r}")


def test_interrupted_wait(binary, tmp_path):
    """A signal after the command ends the wait for a server that hangs; the exit code stays the command's."""
    with Server(binary) as server:
        command = Command(binary, tmp_path, server.url)
        with command.started() as process:
            command.await_middle()
            server.process.send_signal(signal.SIGSTOP)
            try:
                command.goes_on.touch()
                until(lambda: not alive(command.process_id()), "the command does not end")
                begun = time.monotonic()
                # The first signal may come before run has heard of the end.
                while process.poll() is None and time.monotonic() - begun < 3:
                    process.send_signal(signal.SIGINT)
                    time.sleep(0.05)
                expect_equal(process.poll(), 7, "the exit code")
            finally:
                server.process.send_signal(signal.SIGCONT)
            expect(b"the end may not be published" in process.stderr.read(), "no warning")


def test_restarts(binary, tmp_path):
    """A server with a store that restarts twice in the middle receives the end."""
    store = str(tmp_path / "store.sqlite")
    with Server(binary, "--store", store, serve=serving(0)) as first:
        port = first.port
        command = Command(binary, tmp_path, first.url)
        with command.started() as process:
            command.await_middle()
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(10)
            with Server(binary, "--store", store, serve=serving(port)) as second:
                status = request("GET", f"{second.url}{BASE}/job").json["status"]
                expect(status in ("running", "stalled"), f"the status is {status}")
            with Server(binary, "--store", store, serve=serving(port)) as third:
                messages = command.check(process, 30)
                expect_end(third)
    expect(re.fullmatch(r"live-progress: http\S+\n", messages), f"more than the link in {messages!r}")


def details(server: Server) -> dict:
    return request("GET", f"{server.url}{BASE}/job").json.get("details") or {}


def serving(port: int) -> tuple:
    return ("serve", "--host", "127.0.0.1", "--port", str(port))


def expect_end(server: Server) -> None:
    snapshot = request("GET", f"{server.url}{BASE}/job").json
    expect_equal((snapshot["status"], snapshot["error"]["exitCode"]), ("failed", 7), "the end")
