# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Tables of hostile HTTP/2 clients, played with a regular client."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hpack
import table_http2
import pytest
from harness import BASE, Failure, expect, expect_equal
from table_http2 import GROUPS, Answers, Ends, Fails, Row
from tls import GOAWAY, HEADERS, RST_STREAM, Frames, TLSServer

MEMORY = 10 * 2**20
"""The allowed growth of the server's memory, in bytes."""
AT_ONCE = 4
ROUNDS = 10
"""How often the rows are played with the regular client; most rows take little time."""


def play(server: TLSServer, row: Row) -> str | None:
    """Plays a row; returns the wrong result, or `None`."""
    client = Frames(server, row.has_preface)
    try:
        # The server may close the connection while the client still sends.
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            client.send(row.data)
            if row.half_closes:
                client.socket.unwrap()
        return judge(client, row)
    except TimeoutError:
        return "the server did not answer"
    finally:
        client.socket.close()


def judge(client: Frames, row: Row) -> str | None:
    decoder, came = hpack.Decoder(), []
    while (frame := client.next()) is not None:
        kind, _, stream, payload = frame
        if kind in (GOAWAY, RST_STREAM):
            code = int.from_bytes(payload[4:8] if kind == GOAWAY else payload, "big")
            came.append(f"error {code} of {'the connection' if kind == GOAWAY else f'stream {stream}'}")
            if isinstance(row.outcome, Fails) and code in row.outcome.codes:
                return None
        elif kind == HEADERS:
            status = int(dict(decoder.decode(payload))[":status"])
            came.append(f"status {status} of stream {stream}")
            if isinstance(row.outcome, Answers) and (stream, status) == (row.outcome.stream, row.outcome.status):
                return None
    return None if isinstance(row.outcome, Ends) else f"expected {row.outcome}, got {came[:5]} and the end"


class Company:
    """A worker over HTTP/1.1 and a watcher over HTTP/2, on separate connections, during the rows."""

    def __init__(self, server: TLSServer):
        self.server = server
        self.done = threading.Event()
        self.said = 0
        server.send("PUT", "busy", {"state": "Step 0"})
        self.watcher = Frames(server)
        accepted = Frames.frame(
            HEADERS,
            table_http2.block(
                (":method", "GET"),
                (":scheme", "https"),
                (":authority", "localhost"),
                (":path", f"{BASE}/busy"),
                ("accept", "application/x-ndjson"),
            ),
            flags=0x5,
            stream=1,
        )
        # A flow-control window for all messages.
        room = Frames.frame(table_http2.WINDOW_UPDATE, b"\x7f\x00\x00\x00")
        self.watcher.send(table_http2.setting((4, 0x7FFFFFFF)) + room + accepted)
        self.lines: list[dict] = []
        self.threads = [threading.Thread(target=self.work), threading.Thread(target=self.watch)]

    def __enter__(self) -> "Company":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join(60)
        self.watcher.socket.close()

    def work(self) -> None:
        connection = http.client.HTTPSConnection(
            "localhost", self.server.port, timeout=20, context=self.server.authority.context("http/1.1")
        )
        fields = {"Content-Type": "application/json"}
        while not self.done.wait(0.02):
            self.said += 1
            connection.request("PATCH", f"{BASE}/busy", json.dumps({"state": f"Step {self.said}"}), fields)
            connection.getresponse().read()
        connection.close()
        self.server.send("PATCH", "busy", {"status": "succeeded"})

    def watch(self) -> None:
        text = b""
        while (frame := self.watcher.next()) is not None:
            kind, flags, stream, payload = frame
            if kind == table_http2.DATA and stream == 1:
                text += payload
            if stream == 1 and flags & table_http2.END_STREAM and kind in (table_http2.DATA, HEADERS):
                break
        self.lines = [json.loads(line) for line in text.splitlines() if line]

    def missed(self) -> str | None:
        states = [line["state"] for line in self.lines if line.get("type") != "heartbeat"]
        wanted = [f"Step {number}" for number in range(self.said + 1)] + ["Succeeded"]
        return None if states == wanted else f"{len(wanted)} states were {len(states)}: {states[-3:]}"


class Round:
    """The results of all rows, played once for all tests."""

    def __init__(self, binary: Path):
        rows = [row for group in GROUPS.values() for row in group]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("hosts: [localhost]\nmaximumConnectionsPerAddress: 1000\n")
            file.flush()
            with TLSServer(binary, "--config", file.name) as server, ThreadPoolExecutor(AT_ONCE) as pool:
                server.send("PUT", "quiet", {"lease": 86_400})
                # The first round is a warm-up: the server creates objects that it creates only once.
                list(pool.map(lambda row: play(server, row), rows))
                before = self.at_rest(server)
                with Company(server) as company:
                    self.problems: dict[str, str] = {}
                    for _ in range(ROUNDS):
                        outcomes = pool.map(lambda row: play(server, row), rows)
                        self.problems |= {str(row): one for row, one in zip(rows, outcomes) if one}
                self.missed = company.missed()
                self.updates = company.said
                self.grown = self.at_rest(server) - before
                self.revision = server.send("PATCH", "quiet", {"state": "Own"})["revision"]

    @staticmethod
    def at_rest(server: TLSServer) -> int:
        """Returns the memory of the server without clients: the minimum of 12 s, in which the server returns memory."""
        least, deadline = server.resident_bytes(), time.monotonic() + 12
        while time.monotonic() < deadline:
            time.sleep(0.1)
            least = min(least, server.resident_bytes())
        return least


pytestmark = [pytest.mark.xdist_group("hostile over HTTP/2"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def played(binary) -> Round:
    return Round(binary)


@pytest.mark.parametrize("group", GROUPS, ids=[f"{group}, {len(rows)} rows" for group, rows in GROUPS.items()])
def test_rows(played, group):
    """Hostile clients of HTTP/2: the server answers each row of the table as expected."""
    failed = [f"{row}: {played.problems[str(row)]}" for row in GROUPS[group] if str(row) in played.problems]
    if failed:
        raise Failure(f"{len(failed)} rows failed:\n" + "\n".join(failed))


def test_company(played):
    """Invariant 11: among hostile clients of HTTP/2, a watcher receives every update, and the memory does not grow."""
    expect_equal(played.missed, None, "problem of the watcher")
    expect(played.updates > 20, f"only {played.updates} updates, so this run tests nothing")
    expect(played.grown < MEMORY, f"memory has grown by {played.grown / 2**20:.1f} MiB")
    expect_equal(played.revision, 1, "revision of the quiet operation, after one report of its worker")
    print(f"     {played.updates} updates, none missed; memory grew by {played.grown / 2**20:.1f} MiB")
