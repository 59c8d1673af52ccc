# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""WebSocket clients of other projects: each receives the current state, every transition in order, and the end."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from harness import FOLDER, Failure, Lines, expect, expect_equal, spawned

FULL = "live-progress.v1"
STEPS = 12


class Watched:
    """The messages that a client received, as text, and the close code."""

    def __init__(self):
        self.first = threading.Event()
        self.texts: list[str] = []
        self.code: int | None = None
        self.error: Exception | None = None

    def message(self, text: str) -> None:
        self.texts.append(text)
        self.first.set()


def websockets_client(url: str, subprotocol: str | None, watched: Watched) -> None:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    protocols = [subprotocol] if subprotocol else None
    with connect(url, subprotocols=protocols, open_timeout=10) as connection:
        expect_equal(connection.subprotocol, subprotocol, "subprotocol")
        try:
            while True:
                watched.message(connection.recv(timeout=20))
        except ConnectionClosed as closed:
            watched.code = closed.rcvd.code if closed.rcvd else None


def websocket_client(url: str, subprotocol: str | None, watched: Watched) -> None:
    import websocket

    protocols = [subprotocol] if subprotocol else None
    connection = websocket.create_connection(url, timeout=20, subprotocols=protocols)
    expect_equal(connection.getsubprotocol(), subprotocol, "subprotocol")
    while True:
        opcode, data = connection.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            watched.code = int.from_bytes(data[:2], "big")
            return
        watched.message(data.decode())


def aiohttp_client(url: str, subprotocol: str | None, watched: Watched) -> None:
    import aiohttp

    async def watch() -> None:
        protocols = (subprotocol,) if subprotocol else ()
        async with aiohttp.ClientSession() as session, session.ws_connect(url, protocols=protocols) as connection:
            expect_equal(connection.protocol, subprotocol, "subprotocol")
            async for message in connection:
                watched.message(message.data)
            watched.code = connection.close_code

    asyncio.run(watch())


def debian_node() -> tuple[str, dict]:
    """Returns a node that finds Debian's node-ws (or one installed with npm), and its environment."""
    node = "/usr/bin/node" if Path("/usr/bin/node").exists() else shutil.which("node")
    expect(node, "node is not installed; `make test` installs it")
    paths = ["/usr/share/nodejs", str(FOLDER.parent.parent / ".tools" / "node_modules")]
    return node, {**os.environ, "NODE_PATH": os.pathsep.join(paths)}


def node_client(url: str, subprotocol: str | None, watched: Watched) -> None:
    node, environment = debian_node()
    command = [node, FOLDER / "clients" / "node_ws.js", url, subprotocol or ""]
    with spawned(command, stdout=subprocess.PIPE, env=environment) as process:
        lines = Lines(process.stdout)
        while (line := lines.next(20)) is not None:
            told = json.loads(line)
            if "message" in told:
                watched.message(told["message"])
            elif "error" in told:
                raise Failure(told["error"])
            else:
                expect_equal(told["subprotocol"], subprotocol or "", "subprotocol")
                watched.code = told["code"]


CLIENTS = {
    "Python websockets": websockets_client,
    "Python websocket-client": websocket_client,
    "Python aiohttp": aiohttp_client,
    "node ws": node_client,
}


def follow(server, client, subprotocol: str | None) -> tuple[Watched, dict]:
    """Runs a client over an operation of twelve steps, which starts after the client's first message."""
    operation = server.operation(state="Queued", title="Import")
    watched = Watched()

    def run() -> None:
        try:
            client(operation.socket_url, subprotocol, watched)
        except Exception as error:
            watched.error = error
            watched.first.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    expect(watched.first.wait(15), "the client did not receive the current state")
    for number in range(1, STEPS + 1):
        operation.step(number)
    end = operation.succeed(rows=7)
    thread.join(20)
    if watched.error:
        raise watched.error
    expect(not thread.is_alive(), "the client did not receive the end")
    return watched, end


def check_plain(watched: Watched) -> None:
    expected = ['{"state":"Queued","details":null}']
    expected += [f'{{"state":"Step {n}","details":{{"step":{n}}}}}' for n in range(1, STEPS + 1)]
    expected += ['{"state":"Done","details":{"step":"end"}}']
    expect_equal(watched.texts, expected, "messages")
    expect_equal(watched.code, 1000, "close code")


def check_full(watched: Watched, end: dict) -> None:
    messages = [json.loads(text) for text in watched.texts]
    expect_equal([m["type"] for m in messages], ["snapshot"] + ["update"] * STEPS + ["end"], "types")
    states = ["Queued"] + [f"Step {n}" for n in range(1, STEPS + 1)] + ["Done"]
    expect_equal([m["state"] for m in messages], states, "states")
    first = messages[0]["revision"]
    expect_equal([m["revision"] for m in messages], list(range(first, first + STEPS + 2)), "revisions")
    expect(all(m.get("skipped", 0) == 0 for m in messages), "a revision was skipped")
    expect_equal(messages[0].get("resumed"), False, "resumed of the first message")
    expect_equal((messages[-1]["status"], messages[-1]["result"]), ("succeeded", {"rows": 7}), "the end")
    expect_equal(messages[-1]["cursor"], end["cursor"], "cursor of the end")
    expect_equal(watched.code, 1000, "close code")


every_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())


@every_client
def test_plain(server, client):
    """A third-party client, plain format: the current state first, every change in order, and the close code 1000."""
    watched, _ = follow(server, client, None)
    check_plain(watched)


@every_client
def test_full(server, client):
    """A third-party client, live-progress.v1: the snapshot first, every revision in order, and the close code 1000."""
    watched, end = follow(server, client, FULL)
    check_full(watched, end)


@every_client
def test_late(server, client):
    """A third-party client that connects after the end: the end as the first message, and the close code 1000."""
    operation = server.operation(state="Queued")
    operation.succeed(rows=7)
    watched = Watched()
    client(operation.socket_url, FULL, watched)
    expect_equal([json.loads(t)["type"] for t in watched.texts], ["end"], "types")
    expect_equal(watched.code, 1000, "close code")
