# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A watcher receives the newest snapshot first, each revision once and in order, and always the end."""

from __future__ import annotations

import asyncio
import json
import struct

import pytest
from websocket_server import END, ScriptedWatch, asynchronous, both, closing, frame, message, refusal, silent, unmasked

from live_progress import ProgressError, _watching


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


@both
def test_a_silent_server_is_left_after_its_missing_pings(follow, monkeypatch):
    assert 25 < _watching.SILENCE < 60  # a server pings every 25 s
    monkeypatch.setattr(_watching, "SILENCE", 0.3)
    with ScriptedWatch([frame(message(1)), silent], [END]) as server:
        assert [s.revision for s in follow(server.url)] == [1, 9]


@both
def test_a_message_with_very_many_levels_is_followed_by_another_try(follow):
    deep = "[" * 200_000 + "]" * 200_000
    with ScriptedWatch([frame(message(1)), frame(deep)], [END]) as server:
        assert [s.revision for s in follow(server.url)] == [1, 9]


@both
def test_numbers_that_are_no_numbers_are_left_out(follow):
    end = frame(message(9, status="succeeded", kind="end", progress={"throughput": 10**400, "completedCount": 3}))
    with ScriptedWatch([end]) as server:
        assert [(s.throughput, s.completed) for s in follow(server.url)] == [(None, 3)]


def test_an_asynchronous_token_is_awaited():
    async def token():
        await asyncio.sleep(0)
        return "async"

    with ScriptedWatch([END]) as server:
        asynchronous(server.url, token=token)
    assert "Authorization: Bearer async" in server.requests[0]
