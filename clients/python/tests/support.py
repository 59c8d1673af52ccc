# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The common part of the tests: a real server, a scripted server, and functions to run programs."""

from __future__ import annotations

import http.server
import json
import os
import queue
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: The factor for upper bounds of times, for a machine that does other work too.
PATIENCE = float(os.environ.get("LIVE_PROGRESS_PATIENCE", "1"))
BINARY = Path(os.environ.get("LIVE_PROGRESS_BINARY", ROOT / "bin/live-progress"))
API = "/api/v1/progress"


def plain_environment(**more):
    """Returns this environment without the user's settings for Live Progress."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIVE_PROGRESS")}
    return {**kept, **{name: str(value) for name, value in more.items()}}


class Server:
    """A `live-progress serve` process on a free loopback port."""

    def __init__(self, *options):
        command = [str(BINARY), "serve", "--host", "127.0.0.1", "--port", "0", "--store", "memory", *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=plain_environment()
        )
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def get(self, url, token=None):
        return request("GET", url, token=token)

    def list(self, token=None):
        """Returns all operations, the oldest first."""
        return request("GET", self.url + API, token=token)["operations"][::-1]

    def await_end(self, url, seconds=10):
        """Waits by long polling for the last snapshot."""
        return self.wait(url, lambda snapshot: snapshot["status"] in ("succeeded", "failed", "cancelled"), seconds)

    def wait(self, url, condition, seconds=10):
        deadline = time.monotonic() + seconds
        snapshot, tag = {}, ""
        while time.monotonic() < deadline:
            fields = {"Prefer": "wait=2", **({"If-None-Match": tag} if tag else {})}
            call = urllib.request.Request(url, headers={"Accept": "application/json", **fields})
            try:
                with urllib.request.urlopen(call, timeout=10) as answer:
                    snapshot, tag = json.load(answer), answer.headers["ETag"]
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    time.sleep(0.01)  # a long poll needs an existing operation
                elif error.code != 304:
                    raise
            if snapshot and condition(snapshot):
                return snapshot
        raise AssertionError(f"the condition did not become true within {seconds} s; the last snapshot is {snapshot}")


def request(method, url, report=None, token=None):
    body = json.dumps(report).encode() if report is not None else b""
    fields = {"Accept": "application/json", "Content-Type": "application/json"}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    call = urllib.request.Request(url, data=body if method != "GET" else None, headers=fields, method=method)
    with urllib.request.urlopen(call, timeout=10) as answer:
        text = answer.read()
        return json.loads(text) if text else {}


class Call:
    """A request that a scripted server received."""

    def __init__(self, handler):
        self.time = time.monotonic()
        self.method, self.path = handler.command, handler.path
        self.key = handler.headers.get("Idempotency-Key")
        self.token = handler.headers.get("Authorization")
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        lines = body.split(b"\n") if "ndjson" in handler.headers.get("Content-Type", "") else [body]
        self.reports = [json.loads(line) for line in lines if line]
        self.report = self.reports[0] if self.reports else None


class Scripted:
    """An HTTP server whose responses a test chooses: `answer(call)` returns a status code, header fields and an object.

    `answer` can also return `"drop"`, which closes the connection, or `"hang"`, which never answers.
    """

    def __init__(self, answer=lambda call: (200, {}, {}), port=0):
        self.calls = []
        self.came = queue.SimpleQueue()
        self.let_go = threading.Event()
        self.answer = answer
        scripted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one TCP segment per response

            def handle_one(self):
                call = Call(self)
                if call.report is not None:  # checks for a cancel request come at any time
                    scripted.calls.append(call)
                    scripted.came.put(call)
                answer = scripted.answer(call)
                if answer == "hang":
                    scripted.let_go.wait(60)
                if isinstance(answer, str):
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, fields, value = answer
                text = json.dumps(value).encode()
                self.send_response(status)
                for name, field in {**fields, "Content-Length": str(len(text))}.items():
                    self.send_header(name, field)
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_PATCH = do_GET = handle_one

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # these tests close connections on purpose

        self.listener = Listener(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"
        threading.Thread(target=self.listener.serve_forever, args=(0.01,), daemon=True).start()

    def next(self, seconds=5):
        return self.came.get(timeout=seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.let_go.set()
        self.listener.shutdown()
        self.listener.server_close()


class BlackHole:
    """A server that accepts connections and never answers."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.socket.close()


#: Gives programs more time for their last reports; other tests check the time limit.
PATIENT = "import live_progress._sender; live_progress._sender.LEAVING = 20.0\n"


def run_python(code, *, timeout=100, check=True, prelude=PATIENT, **environment):
    """Runs a program as a separate process; returns its output and its duration."""
    return _run(["-c", prelude + textwrap.dedent(code)], timeout, check, environment)


def run_file(folder, code, *, timeout=100, check=True, prelude=PATIENT, **environment):
    """Runs a program from a file, which spawned children need."""
    path = Path(folder) / "program.py"
    path.write_text(prelude + textwrap.dedent(code))
    return _run([str(path)], timeout, check, environment)


def _run(arguments, timeout, check, environment):
    begun = time.monotonic()
    process = subprocess.run(
        [sys.executable, *arguments],
        env=plain_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=timeout,
    )
    process.seconds = time.monotonic() - begun
    if check:
        assert process.returncode == 0, process.stderr
    return process


def only(server, title=None):
    found = [item for item in server.list() if title in (None, item["title"])]
    assert len(found) == 1, found
    return found[0]
