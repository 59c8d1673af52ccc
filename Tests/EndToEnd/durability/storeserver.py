# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A server with a durable store, and what it says about its store."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from harness import Failure, Server, request


class StoreServer(Server):
    """A server with a durable store in a file."""

    @staticmethod
    def serve(store: Path) -> tuple:
        return ("serve", "--host", "127.0.0.1", "--port", "0", "--store", str(store))

    def __init__(self, binary: Path, store: Path, environment: dict | None = None, launcher: Path | None = None):
        """Starts the server; a `launcher` is a program that replaces itself by the server."""
        serve = self.serve(store)
        if launcher:
            binary, serve = launcher, (str(binary), *serve)
        super().__init__(binary, serve=serve, environment=environment)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def metric(self, name: str) -> float:
        """Returns the value of `live_progress_store_NAME`."""
        text = request("GET", self.url + "/metrics").body.decode()
        match = re.search(rf"^live_progress_store_{name} (\S+)$", text, re.MULTILINE)
        if not match:
            raise Failure(f"/metrics has no live_progress_store_{name}")
        return float(match[1])

    def readiness(self) -> tuple[int, str]:
        answer = request("GET", self.url + "/readyz")
        return answer.status, answer.body.decode().strip()


def await_that(condition: Callable[[], object], what: str, seconds: float = 15) -> None:
    """Waits until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.05)
