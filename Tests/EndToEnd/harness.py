# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The common part of the end-to-end tests: a server, HTTP requests and child processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import re
import resource
import subprocess
import tempfile
import threading
import time
import urllib.parse
import uuid
from dataclasses import dataclass
from pathlib import Path

BASE = "/api/v1/progress"
FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent


class Failure(AssertionError):
    """A failed expectation of a test."""


def expect(condition: object, message: str) -> None:
    __tracebackhide__ = True
    if not condition:
        raise Failure(message)


def expect_equal(actual: object, expected: object, what: str) -> None:
    __tracebackhide__ = True
    if actual != expected:
        raise Failure(f"{what}: expected {expected!r}, got {actual!r}")


class Server:
    """A server process (`live-progress serve`, or another command) on a free loopback port."""

    SERVE = ("serve", "--host", "127.0.0.1", "--port", "0", "--store", "memory")

    def __init__(self, binary: Path, *options: str, serve: tuple = SERVE, environment: dict | None = None):
        self.log = tempfile.TemporaryFile()
        command = [str(binary), *serve, *options]
        variables = plain_environment(**(environment or {}))
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env=variables)
        self.output = Lines(self.process.stdout)
        try:
            first = self.output.next(20)
        except Exception:
            self.process.kill()
            raise Failure(f"the server wrote nothing to standard output; its log:\n{self.tail()}") from None
        match = re.fullmatch(r"listening on (https?://127\.0\.0\.1:(\d+))", first)
        expect(match, f"first line of the server is {first!r}; its log:\n{self.tail()}")
        self.url, self.port = match.group(1), int(match.group(2))

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def whole_log(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def tail(self) -> str:
        return self.whole_log()[-4000:]

    def resident_bytes(self) -> int:
        """Returns the resident memory in bytes, or 0 if the system has no `/proc`."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0

    def operation(self, **report: object) -> "Operation":
        """Creates an operation for this test."""
        operation = Operation(self, uuid.uuid4().hex)
        operation.put(**report)
        return operation


class Operation:
    """The worker's side of one operation, over HTTP with JSON bodies."""

    def __init__(self, server: Server, name: str):
        self.server, self.id = server, name
        self.path = f"{BASE}/{name}"
        self.url = server.url + self.path
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)

    @property
    def socket_url(self) -> str:
        return self.url.replace("http://", "ws://", 1)

    def send(self, method: str, report: dict, expected=(200, 201)) -> dict:
        body = json.dumps(report).encode()
        self.connection.request(method, self.path, body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        text = response.read()
        expect(response.status in expected, f"{method} {report} was answered {response.status}: {text[:500]!r}")
        return json.loads(text) if text else {}

    def put(self, **report: object) -> dict:
        return self.send("PUT", report)

    def report(self, **report: object) -> dict:
        return self.send("PATCH", report)

    def step(self, number: int, **more: object) -> dict:
        return self.report(state=f"Step {number}", details={"step": number}, **more)

    def succeed(self, **result: object) -> dict:
        return self.report(state="Done", details={"step": "end"}, status="succeeded", result=result or None)


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def request(method: str, url: str, headers: dict | None = None, body: bytes | None = None, timeout: float = 20) -> Answer:
    """Sends one HTTP request without redirects or retries; header names of the response are in lower case."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


class Lines:
    """The lines of a pipe. A thread reads the lines, so that a test can wait for a line with a time limit."""

    def __init__(self, pipe):
        self.queue: queue.Queue = queue.Queue()
        threading.Thread(target=self._read, args=(pipe,), daemon=True).start()

    def _read(self, pipe) -> None:
        for line in pipe:
            self.queue.put(line.decode(errors="replace").rstrip("\r\n"))
        self.queue.put(None)

    def next(self, seconds: float = 10) -> str | None:
        """Returns the next line, or None at the end of the pipe."""
        try:
            return self.queue.get(timeout=seconds)
        except queue.Empty:
            raise Failure(f"no line within {seconds} s") from None

    def rest(self, seconds: float = 20) -> list[str]:
        lines, deadline = [], time.monotonic() + seconds
        while (line := self.next(max(0.01, deadline - time.monotonic()))) is not None:
            lines.append(line)
        return lines


def plain_environment(**more: str) -> dict:
    """Returns this environment without the user's settings for the tool, which could change the results."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LIVE_PROGRESS")}
    return {**kept, "NO_COLOR": "1", **more}


@contextlib.contextmanager
def spawned(command: list, **options):
    """Starts a child process, and ends it after the block."""
    process = subprocess.Popen([str(part) for part in command], **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def raise_file_limit() -> None:
    """Raises the limit of open files for 1,000 watchers, here and in the server, which inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
