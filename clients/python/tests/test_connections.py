# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Connections that a server closes, delays or slows down."""

from __future__ import annotations

import itertools
import json
import queue
import socket
import threading
import time

import pytest
from support import run_python

from live_progress._http import Connection


class OnePerConnection:
    """A server that closes each connection after one response without announcing it, as for an idle connection."""

    def __init__(self):
        self.reports = queue.SimpleQueue()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                length = 0
                for line in iter(stream.readline, b"\r\n"):
                    name, _, value = line.decode().partition(":")
                    length = int(value) if name.lower() == "content-length" else length
                body = stream.read(length)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            for line in body.splitlines():
                self.reports.put(json.loads(line))


def test_the_end_at_exit_survives_a_connection_that_the_server_closed():
    code = """
        import live_progress
        op = live_progress.operation("Idle", cancellable=False)
        assert op.flush(20)
        """
    for _ in range(3):
        with OnePerConnection() as server:
            run_python(code, LIVE_PROGRESS_SERVER=server.url)
            assert server.reports.get(timeout=5)["title"] == "Idle"
            assert server.reports.get(timeout=5)["status"] == "failed"


def test_each_report_survives_a_connection_that_the_server_closed():
    with OnePerConnection() as server:
        connection = Connection()
        for number in range(3):
            answer = connection.exchange("POST", server.url, {}, str(number).encode(), 10)
            assert (answer.status, server.reports.get(timeout=5)) == (200, number)
        connection.close()


@pytest.mark.parametrize("start", [b"H", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"], ids=["head", "body"])
def test_a_server_that_drips_cannot_extend_a_request(start):
    over = threading.Event()

    def drip():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(start)
            while not over.wait(0.02):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        guard = threading.Timer(10, over.set)
        guard.start()
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            Connection().exchange("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, b"", 0.3)
        assert time.monotonic() - begun < 5
        over.set()
        guard.cancel()
        thread.join()


def test_a_retry_after_is_kept_at_exit(scripted):
    left = [(429, {"Retry-After": "2"}, {})]
    scripted.answer = lambda call: left.pop() if left else (201, {}, {})
    # The operation is created again at the exit, but not before the time that the server requested.
    run_python(
        "import live_progress; op = live_progress.operation('Late'); op.flush(0.5)", LIVE_PROGRESS_SERVER=scripted.url
    )
    first, second = scripted.next(), scripted.next()
    assert second.time - first.time >= 1.95


def test_a_backoff_ends_at_exit(scripted):
    answers = itertools.chain(["drop"], itertools.repeat((200, {}, {})))
    scripted.answer = lambda call: next(answers)
    code = """
        import live_progress
        from live_progress import _delivery
        _delivery.backoff = lambda failures: 60
        op = live_progress.operation("Soon", cancellable=False)
        while not live_progress._sender.sender()._servers or not live_progress._sender.sender()._servers[
            ("http", URL)].not_before: op.flush(0.01)
        """
    run_python(code.replace("URL", repr(scripted.url[7:])), prelude="", LIVE_PROGRESS_SERVER=scripted.url)
    assert [scripted.next().method for _ in range(3)] == ["POST", "POST", "PATCH"]
