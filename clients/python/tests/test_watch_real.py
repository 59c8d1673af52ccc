# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A watcher with a real server."""

from __future__ import annotations

import asyncio
import gc
import queue
import subprocess
import threading

import pytest
from support import BINARY, Server, plain_environment, request
from websocket_server import both

import live_progress
from live_progress import ProgressError, awatch, watch
from live_progress._awatch import within


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
    # A late watcher receives the end as its first snapshot.
    assert [snapshot.status for snapshot in follow(op.url)] == ["succeeded"]
    assert last.updated_at >= last.created_at


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


@both
def test_at_the_cursor_of_the_end_there_is_nothing_more(server, follow):
    for number in range(3):
        with live_progress.operation(f"Over {number}") as op:
            op.update("Working")
        op.flush()
        last = next(watch(op.url))
        assert (last.status, follow(op.url, cursor=last.cursor)) == ("succeeded", [])


def test_a_dropped_watch_closes_its_connection_at_once(server):
    op = live_progress.operation("Dropped")
    op.flush()
    gc.disable()
    try:
        for _ in range(3):
            followed = watch(op.url)
            next(followed)
            held = followed._loop._socket
            assert held.fileno() >= 0
            del followed
            assert held.fileno() == -1
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "url",
    ["", "import-7", "ftp://a/api/v1/progress/x", "http://a/api/v1/progress/", "http://u:p@a/b/c", "http://a..b/c/d"],
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


def test_a_cancellation_that_arrives_with_a_message_is_not_dropped():
    async def work():
        arrived = asyncio.get_running_loop().create_future()

        async def read():
            return await arrived

        task = asyncio.ensure_future(within(10, read()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        arrived.set_result(b"message")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for _ in range(3):
        asyncio.run(work())
