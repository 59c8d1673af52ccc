# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A loop as an operation, whose end depends on how the loop ends."""

from __future__ import annotations

import asyncio
import time

import pytest
from support import run_python

import live_progress
from live_progress import Cancelled, operation, track


def left(server, loop):
    """Returns the last snapshot of a loop that `loop` leaves."""
    tracked = track(range(10), "Loop", unit="rows")
    loop(tracked)
    tracked.operation.flush()
    return server.await_end(tracked.operation.url)


def test_a_loop_that_is_used_up_succeeds_three_times(server):
    for _ in range(3):
        tracked = track([1, 2, 3], "Import", unit="rows", labels={"a": "b"})
        assert [item for item in tracked] == [1, 2, 3]
        assert len(tracked) == 3
        tracked.operation.flush()
        snapshot = server.get(tracked.operation.url)
        assert snapshot["status"] == "succeeded"
        assert (snapshot["progress"]["completedCount"], snapshot["progress"]["totalCount"]) == (3, 3)


def test_a_generator_has_no_total_and_a_given_total_counts(server):
    tracked = track((number for number in range(3)), "Unknown")
    assert list(tracked) == [0, 1, 2]
    given = track((number for number in range(3)), "Given", total=5)
    assert list(given) == [0, 1, 2]
    live_progress.flush(5)
    assert server.get(tracked.operation.url)["progress"]["totalCount"] is None
    assert server.get(given.operation.url)["progress"]["totalCount"] == 5


def test_break_and_return_are_no_success(server):
    def by_break(tracked):
        for item in tracked:
            if item == 4:
                break

    def by_return(tracked):
        for item in tracked:
            if item == 4:
                return item * 2

    def by_nested_break(tracked):
        for item in tracked:
            for other in range(3):
                if other == 1 and item == 4:
                    return [other, item]

    for loop in (by_break, by_return, by_nested_break):
        snapshot = left(server, loop)
        assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("cancelled", 4)


def test_an_exception_in_the_loop_fails_it_with_that_exception(server):
    def work(tracked):
        for item in tracked:
            if item == 4:
                raise ValueError("row 4 is broken")

    tracked = track(range(10), "Loop")
    with pytest.raises(ValueError), operation("Around") as around:
        work(tracked)
    live_progress.flush(5)
    for url in (tracked.operation.url, around.url):
        snapshot = server.get(url)
        assert (snapshot["status"], snapshot["error"]["title"]) == ("failed", "ValueError")


def test_as_a_block_it_tells_exactly(server):
    for error, status in ((None, "cancelled"), (KeyError("k"), "failed"), (KeyboardInterrupt(), "cancelled")):
        try:
            with track(range(10), "Block") as tracked:
                for item in tracked:
                    if item == 4 and error is not None:
                        raise error
                    if item == 4:
                        break
        except (KeyError, KeyboardInterrupt):
            pass
        tracked.operation.flush()
        assert server.get(tracked.operation.url)["status"] == status


def test_an_exception_that_somebody_catches_is_no_success(server):
    def work(tracked):
        try:
            for item in tracked:
                if item == 4:
                    raise ValueError
        except ValueError:
            pass

    snapshot = left(server, work)
    assert (snapshot["status"], snapshot["error"]["title"]) == ("failed", "Abandoned")


def test_what_the_source_raises_fails_it(server):
    def source():
        yield 1
        raise OSError("the file is gone")

    tracked = track(source(), "Source")
    with pytest.raises(OSError):
        list(tracked)
    tracked.operation.flush()
    assert server.get(tracked.operation.url)["error"]["title"] == "OSError"


def test_a_request_to_stop_raises_in_the_loop(server):
    def endless():
        while True:
            yield time.monotonic()

    tracked = track(endless(), "Endless")
    with pytest.raises(Cancelled):
        for index, _ in enumerate(tracked):
            if index == 0:
                tracked.operation.flush()
                live_progress.cancel(tracked.operation.url)
    tracked.operation.flush()
    assert server.get(tracked.operation.url)["status"] == "cancelled"


def test_an_asynchronous_source_is_counted(server):
    async def source():
        for number in range(3):
            await asyncio.sleep(0)
            yield number

    async def main():
        tracked = track(source(), "Async", total=3)
        return tracked, [item async for item in tracked]

    tracked, items = asyncio.run(main())
    assert items == [0, 1, 2]
    tracked.operation.flush()
    snapshot = server.get(tracked.operation.url)
    assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("succeeded", 3)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LIVE_PROGRESS_SERVER": "http://127.0.0.1:1"},
        {"LIVE_PROGRESS_SERVER": "not a url"},
        {"LIVE_PROGRESS_URL": "http://[::1"},
        {"LIVE_PROGRESS_SERVER": "http://127.0.0.1:1", "LIVE_PROGRESS_DISABLED": "1"},
    ],
    ids=str,
)
def test_it_yields_all_the_same_where_no_server_is(environment):
    code = """
        from live_progress import track, operation, current
        with operation("Outer", total=3) as op:
            print([x for x in track(range(3), "Import", unit="rows")])
            op.update("A", b=1); op.advance(); op.log("x"); current().advance()
            with op.part("P", total=3) as part: part.advance()
        """
    assert run_python(code, **environment).stdout == "[0, 1, 2]\n"


def test_a_program_that_dies_in_its_loop_has_failed_with_that(server):
    code = """
        from live_progress import track
        def insert(row):
            if row == 3: raise ValueError("row 3 is broken")
        for row in track(range(10), "Dies", id="dies-in-its-loop"): insert(row)
        """
    for number in range(3):
        process = run_python(code, check=False, LIVE_PROGRESS_SERVER=server.url)
        assert process.returncode == 1, process.stderr
        snapshot = server.get(f"{server.url}/api/v1/progress/dies-in-its-loop")
        assert (snapshot["status"], snapshot["error"]["title"]) == ("failed", "ValueError"), number
        assert snapshot["progress"]["completedCount"] == 3


def test_a_program_that_ends_without_an_end_is_abandoned(server):
    code = """
        import live_progress
        op = live_progress.operation("Open", id="open-at-the-end")
        op.advance(3)
        items = iter(live_progress.track(range(9), "Suspended", id="suspended-at-the-end"))
        next(items), next(items)
        """
    run_python(code, LIVE_PROGRESS_SERVER=server.url)
    for name, count in (("open-at-the-end", 3), ("suspended-at-the-end", 1)):
        snapshot = server.get(f"{server.url}/api/v1/progress/{name}")
        assert (snapshot["status"], snapshot["error"]["title"]) == ("failed", "Abandoned")
        assert snapshot["progress"]["completedCount"] == count
