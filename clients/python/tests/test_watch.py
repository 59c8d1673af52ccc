# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A watcher: the newest first, each revision once and in order, and always the end."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import queue
import socket
import struct
import subprocess
import threading

import pytest
from support import API, BINARY, Server, plain_environment, request

import live_progress
from live_progress import ProgressError, awatch, watch


def blocking(url, **options):
    return list(watch(url, **options))


def asynchronous(url, **options):
    async def collect():
        return [snapshot async for snapshot in awatch(url, **options)]

    return asyncio.run(collect())


both = pytest.mark.parametrize("follow", [blocking, asynchronous])


def message(revision, *, status="running", kind="update", epoch="e", **members):
    return json.dumps(
        {
            "type": kind,
            "id": "x",
            "cursor": f"{epoch}-{revision}",
            "revision": revision,
            "attempt": 1,
            "status": status,
            "state": f"State {revision}",
            "details": None,
            "skipped": 0,
            **members,
        }
    )


def frame(payload, opcode=1, final=True):
    data = payload.encode() if isinstance(payload, str) else payload
    head = bytes([(0x80 if final else 0) | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + bytes([126]) + struct.pack("!H", len(data)) + data
    return head + bytes([127]) + struct.pack("!Q", len(data)) + data


def closing(code, reason=""):
    return frame(struct.pack("!H", code) + reason.encode(), 8)


class ScriptedWatch:
    """A server of WebSockets that plays one script a connection: bytes to send, or an HTTP answer as a text."""

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.requests = []
        self.received = queue.SimpleQueue()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}{API}/x"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        for script in self.scripts:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                self.requests.append(head.decode())
                if isinstance(script, str):
                    connection.sendall(script.encode())
                    continue
                key = next(line for line in head.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key"))
                digest = hashlib.sha1((key.split(": ")[1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Protocol: live-progress.v1\r\nSec-WebSocket-Accept: "
                    + base64.b64encode(digest)
                    + b"\r\n\r\n"
                )
                for data in script:
                    if callable(data):
                        self.received.put(unmasked(connection))
                    else:
                        connection.sendall(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def unmasked(connection):
    """The next frame of the client."""

    def exactly(count):
        data = b""
        while len(data) < count:
            data += connection.recv(count - len(data))
        return data

    opcode, length = exactly(2)
    assert length & 0x80, "clients mask"
    length &= 0x7F
    if length == 126:
        length = int.from_bytes(exactly(2), "big")
    mask = exactly(4)
    return opcode & 15, bytes(byte ^ mask[index % 4] for index, byte in enumerate(exactly(length)))


def refusal(status, *fields, problem="{}"):
    lines = [f"HTTP/1.1 {status} No", *fields, f"Content-Length: {len(problem)}", "", problem]
    return "\r\n".join(lines)


END = frame(message(9, status="succeeded", kind="end", result=1))


@both
def test_a_whole_operation_is_followed_to_its_end(server, follow):
    op = live_progress.operation("Watched", total=3, unit="rows")
    assert op.flush(5)
    seen = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: seen.put(follow(op.url)))
    thread.start()
    for number in range(3):
        op.update(f"State {number}", number=number)
        op.advance()
        op.flush(5)
    op.succeed({"rows": 3})
    snapshots = seen.get(timeout=10)
    thread.join()
    last = snapshots[-1]
    assert (last.status, last.result, last.is_ended, last.fraction, last.unit) == (
        "succeeded",
        {"rows": 3},
        True,
        1,
        "rows",
    )
    revisions = [snapshot.revision for snapshot in snapshots]
    assert revisions == sorted(set(revisions))
    # Who comes late gets the end at once.
    assert [snapshot.status for snapshot in follow(op.url)] == ["succeeded"]
    assert last.updated_at >= last.created_at


@both
def test_a_broken_connection_goes_on_by_its_cursor(follow):
    first = [frame(message(1, kind="snapshot")), frame(message(2))]
    with ScriptedWatch(
        first, [frame(message(2, kind="snapshot")), frame(message(5))], [closing(1001)], [END]
    ) as server:
        snapshots = follow(server.url)
    assert [(s.revision, s.skipped) for s in snapshots] == [(1, 0), (2, 0), (5, 2), (9, 3)]
    assert ["cursor=e-2" in head for head in server.requests] == [False, True, False, False]
    assert "cursor=e-5" in server.requests[3]


@both
def test_another_epoch_begins_anew(follow):
    with ScriptedWatch(
        [frame(message(7)), closing(4000)], [frame(message(1, epoch="f", kind="end", status="failed"))]
    ) as server:
        assert [(s.cursor, s.skipped) for s in follow(server.url)] == [("e-7", 0), ("f-1", 0)]


@both
@pytest.mark.parametrize(
    "code, kind",
    [
        (4501, "unauthenticated"),
        (4503, "forbidden"),
        (4504, "unknown"),
        (4510, "gone"),
        (4999, "refused"),
        (1008, "refused"),
    ],
)
def test_closes_that_are_final_raise(follow, code, kind):
    with ScriptedWatch([frame(message(1)), closing(code, "No.")]) as server, pytest.raises(ProgressError) as caught:
        follow(server.url)
    assert (caught.value.kind, str(caught.value)) == (kind, "No.")


@both
@pytest.mark.parametrize("code", [1000, 1001, 1011, 1013, 4000, 4008, 4499])
def test_closes_that_are_not_final_are_followed_by_another_try(follow, code):
    with ScriptedWatch([frame(message(1)), closing(code)], [END]) as server:
        assert [s.revision for s in follow(server.url)] == [1, 9]


@both
@pytest.mark.parametrize(
    "status, kind", [(401, "unauthenticated"), (403, "forbidden"), (404, "unknown"), (410, "gone"), (400, "refused")]
)
def test_refusals_in_http_raise_with_what_the_server_says(follow, status, kind):
    problem = json.dumps({"detail": "Not for you."})
    with ScriptedWatch(refusal(status, problem=problem)) as server, pytest.raises(ProgressError) as caught:
        follow(server.url)
    assert (caught.value.kind, str(caught.value)) == (kind, "Not for you.")


@both
def test_a_server_that_asks_to_wait_is_waited_for(follow):
    with ScriptedWatch(refusal(503, "Retry-After: 1"), refusal(429, "Retry-After: 0"), [END]) as server:
        assert [s.status for s in follow(server.url)] == ["succeeded"]
    assert len(server.requests) == 3


@both
def test_who_never_answers_is_given_up_after_five_tries(follow):
    tries = []
    with ScriptedWatch(*["SSH-2.0\r\n\r\n"] * 9) as server, pytest.raises(ProgressError) as caught:
        follow(server.url, token=lambda: tries.append(1))
    assert (caught.value.kind, len(tries)) == ("unreachable", 5)


@both
def test_frames_come_in_pieces_and_pings_are_answered(follow):
    whole = message(1, details={"text": "ü🚀" * 40_000})
    data = whole.encode()
    pieces = [
        frame(data[:7], 1, False),
        frame(b"are you there", 9),
        frame(data[7:70_000], 0, False),
        frame(data[70_000:], 0),
    ]
    stream = b"".join(pieces)
    parts = [stream[index : index + 1000] for index in range(0, len(stream), 1000)]
    with ScriptedWatch([*parts, unmasked, END, unmasked]) as server:
        snapshots = follow(server.url)
        assert server.received.get(timeout=5) == (10, b"are you there")
        assert server.received.get(timeout=5) == (8, struct.pack("!H", 1000))
    assert snapshots[0].details["text"] == "ü🚀" * 40_000


@both
def test_a_token_is_asked_again_and_sent_over_the_open_connection(follow):
    ending = frame(json.dumps({"type": "error", "error": {"type": "urn:live-progress:problem:unauthenticated"}}))
    tokens = iter(["first", "second", "third"])
    script = [frame(message(1)), ending, unmasked, ending, unmasked, END]
    with ScriptedWatch(script) as server:
        follow(server.url, token=lambda: next(tokens))
        sent = [json.loads(server.received.get(timeout=5)[1]) for _ in range(2)]
    assert "Authorization: Bearer first" in server.requests[0]
    assert sent == [{"type": "authenticate", "token": name} for name in ("second", "third")]


def test_an_asynchronous_token_is_awaited():
    async def token():
        await asyncio.sleep(0)
        return "async"

    with ScriptedWatch([END]) as server:
        asynchronous(server.url, token=token)
    assert "Authorization: Bearer async" in server.requests[0]


def test_closing_from_another_thread_ends_the_loop(server):
    op = live_progress.operation("Left")
    op.flush()
    for _ in range(3):
        followed = watch(op.url)
        first = threading.Event()
        over = threading.Event()

        def follow(followed=followed, first=first, over=over):
            for _ in followed:
                first.set()
            over.set()

        threading.Thread(target=follow, daemon=True).start()
        assert first.wait(5)
        followed.close()
        assert over.wait(2)


def test_leaving_an_asynchronous_loop_closes_the_connection(server):
    op = live_progress.operation("Left too")
    op.flush()

    async def leave():
        for _ in range(3):
            snapshots = awatch(op.url)
            async for snapshot in snapshots:
                assert snapshot.title == "Left too"
                break
            await snapshots.aclose()
        task = asyncio.ensure_future(anext_of(awatch(op.url)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def anext_of(snapshots):
        async for _ in snapshots:
            pass

    asyncio.run(leave())


def test_a_cursor_replays_what_was_missed(server):
    op = live_progress.operation("Replay")
    op.flush()
    cursor = next(watch(op.url)).cursor
    for number in range(3):
        op.update(f"State {number}")
    op.succeed()
    op.flush()
    assert [s.state for s in watch(op.url, cursor=cursor)] == ["State 0", "State 1", "State 2", "Succeeded"]


@pytest.mark.parametrize(
    "url", ["", "import-7", "ftp://a/api/v1/progress/x", "http://a/api/v1/progress/", "http://u:p@a/b/c"]
)
def test_what_is_no_url_of_an_operation_is_said_at_once(url):
    with pytest.raises(ValueError):
        watch(url)


def test_with_keys_each_has_what_its_token_allows(tmp_path):
    keys = tmp_path / "keys"
    with Server("--secret-file", str(keys)) as server:
        command = [str(BINARY), "token", "create", "--can", "create", "--for", "1h"]
        environment = plain_environment(LIVE_PROGRESS_SECRET_FILE=keys)
        token = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
        for number in range(3):
            with live_progress.operation(f"Keyed {number}", server=server.url, token=token) as op:
                op.update("Working")
                assert op.flush(5)
                assert op.link.startswith(f"{op.url}#token=")
            assert op.flush(5)
            assert [s.status for s in watch(op.link)] == ["succeeded"]
            with pytest.raises(ProgressError) as caught:
                next(watch(op.url))
            assert caught.value.kind == "unauthenticated"
        with pytest.raises(ProgressError) as caught:
            live_progress.cancel(op.link)
        assert caught.value.kind in ("forbidden", "refused")


def test_an_operation_that_is_deleted_is_gone(server):
    op = live_progress.operation("Deleted")
    op.flush()
    followed = watch(op.url)
    next(followed)
    request("DELETE", op.url)
    with pytest.raises(ProgressError) as caught:
        list(followed)
    assert caught.value.kind == "gone"
    op.cancelled()
