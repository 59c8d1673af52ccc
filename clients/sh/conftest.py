# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The fixtures of the tests of live-progress.sh: a real server, and scripts in real shells."""

from __future__ import annotations

import http.server
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

from harness import BASE, Server, plain_environment, request  # noqa: E402

BINARY = Path(os.environ.get("LIVE_PROGRESS_BINARY", ROOT / "bin/live-progress"))
SHELLS = ["dash", "bash", "busybox sh"]
# A background job of a shell ignores SIGINT, and all scripts that the tests start would inherit this setting.
signal.signal(signal.SIGINT, signal.default_int_handler)
# A factor for the time limits, for busy machines.
PATIENCE = float(os.environ.get("LIVE_PROGRESS_PATIENCE", "1"))


class Scripts:
    """Runs scripts of one shell in a temporary folder, and reads their operations from the server."""

    def __init__(self, shell: str, server: Server, folder: Path):
        self.shell, self.server, self.folder = shlex.split(shell), server, folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()

    def start(self, text: str, source: bool = True, **variables: str) -> subprocess.Popen:
        script = self.folder / "script.sh"
        script.write_text((f". {FOLDER}/live-progress.sh\n" if source else "") + text)
        settings = {"LIVE_PROGRESS_SERVER": self.server.url, "TMPDIR": str(self.temporary), **variables}
        environment = {k: v for k, v in plain_environment(**settings).items() if v}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*self.shell, str(script)], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment, text=True,
            start_new_session=True,
            # The tests themselves may run under nohup, whose ignored signal every process inherits.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )

    def run(self, text: str, **options) -> tuple[int, str, float]:
        """Returns the exit code, the output and the duration in seconds."""
        begun = time.monotonic()
        process = self.start(text, **options)
        try:
            output, errors = process.communicate(timeout=30 * PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        assert errors == "", errors
        return process.returncode, output, time.monotonic() - begun

    def operations(self) -> list[dict]:
        """Returns all operations, the newest first."""
        return request("GET", self.server.url + BASE).json["operations"]

    def ended(self, title: str, seconds: float = 15) -> dict:
        """Waits for the end of the operation with that title."""
        return self.wait(lambda o: o["title"] == title and o["status"] in ("succeeded", "failed", "cancelled"), seconds)

    def wait(self, holds, seconds: float = 15) -> dict:
        deadline = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < deadline:
            for operation in self.operations():
                if holds(operation):
                    return operation
            time.sleep(0.02)
        newest = self.operations()[:3]
        raise AssertionError(f"no such operation within {seconds:g} s; the newest are {json.dumps(newest)}")

    def states(self, operation: dict) -> list[str]:
        """Returns the states of all revisions of an ended operation."""
        epoch = operation["cursor"].rsplit("-", 1)[0]
        url = f"{self.server.url}{BASE}/{operation['id']}?cursor={epoch}-0"
        answer = request("GET", url, {"Accept": "application/x-ndjson"})
        states = [json.loads(line)["state"] for line in answer.body.splitlines()]
        return [s for i, s in enumerate(states) if i == 0 or s != states[i - 1]]

    def leftovers(self, seconds: float = 15) -> list[str]:
        """Returns the temporary files that the library has not removed in time."""
        deadline = time.monotonic() + seconds * PATIENCE
        while os.listdir(self.temporary) and time.monotonic() < deadline:
            time.sleep(0.05)
        return os.listdir(self.temporary)


@pytest.fixture(scope="session")
def server():
    with Server(BINARY) as running:
        yield running


@pytest.fixture(params=SHELLS)
def scripts(request, server, tmp_path):
    if not shutil.which(shlex.split(request.param)[0]):
        pytest.skip(f"no {request.param} here")
    return Scripts(request.param, server, tmp_path)


class Stub:
    """A server whose answers a test decides: `answer` returns the status for a body, `endless` makes bodies of answers endless."""

    def __init__(self):
        self.requests, self.accepted, self.answer, self.endless = [], [], lambda body: 200, ""
        self.body = b"{}"
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = stub.answer(body)
                stub.requests.append(body)
                if status == 200:
                    stub.accepted.append(body)
                self.send_response(status)
                if stub.endless:
                    return self.send_endless()
                self.send_header("Content-Length", str(len(stub.body)))
                self.end_headers()
                self.wfile.write(stub.body)

            do_PATCH = do_POST

            def send_endless(self):
                self.send_header("Content-Length", str(1 << 40)) if stub.endless == "length" else None
                self.send_header("Connection", "close")
                self.end_headers()
                # A limit, so that a failing test does not fill the disk.
                for _ in range(1000):
                    try:
                        self.wfile.write(b"x" * 65536)
                    except OSError:
                        return

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture
def stub():
    running = Stub()
    threading.Thread(target=running.http.serve_forever, args=(0.05,), daemon=True).start()
    yield running
    running.http.shutdown()
    running.http.server_close()


@pytest.fixture
def title(request):
    """Returns a unique title."""
    return f"{request.node.originalname} {os.urandom(4).hex()}"
