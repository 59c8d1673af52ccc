# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The reports of a worker arrive, and the end of its block is the end of the operation."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest
from support import request

import live_progress
from live_progress import Cancelled, current, operation


def test_a_whole_operation_arrives_in_order(server):
    with operation("Deploy", total=3, unit="steps", labels={"team": "data"}) as op:
        watch = live_progress.watch(op.url)
        op.flush()
        first = next(watch)
        for number in range(3):
            op.update(f"Step {number}", number=number)
            op.advance()
        op.succeed({"rows": 7})
    seen = [first, *watch]
    last = seen[-1]
    assert (last.status, last.result, last.completed, last.total, last.unit) == (
        "succeeded",
        {"rows": 7},
        3,
        3,
        "steps",
    )
    assert (last.title, dict(last.labels)) == ("Deploy", {"team": "data"})
    states = [s.state for s in seen]
    assert [state for i, state in enumerate(states) if i == 0 or state != states[i - 1]] == [
        "Pending",
        "Step 0",
        "Step 1",
        "Step 2",
        "Succeeded",
    ]


def test_details_are_cleared_kept_and_added_to(server):
    with operation("Log") as op:
        op.update("One", {"a": 1}, b=2)
        op.log("first", b=3)
        op.flush()
        assert server.get(op.url)["details"] == {"a": 1, "b": 3, "line": "first"}
        op.log("second")
        op.log("third")
        op.flush()
        snapshot = server.get(op.url)
        assert (snapshot["state"], snapshot["details"]) == ("One", {"a": 1, "b": 3, "line": "third"})
        op.update("Two")
        op.flush()
        assert server.get(op.url)["details"] is None


def test_counts_are_set_and_never_fall(server):
    with operation("Count") as op:
        op.set(total=10, completed=4, unit="rows", title="Rows")
        op.advance(2)
        op.flush()
        assert server.get(op.url)["progress"]["completedCount"] == 6
        op.set(completed=5)
        op.advance()
        op.flush()
        snapshot = server.get(op.url)
        assert (snapshot["progress"]["completedCount"], snapshot["progress"]["totalCount"]) == (7, 10)
        op.set(total=None)
        op.flush()
        assert server.get(op.url)["progress"]["totalCount"] is None


def test_a_part_counts_while_it_runs(server):
    with operation("Deploy", total=4) as op:
        op.advance()
        for number in range(3):
            with op.part(f"Part {number}", worth=1, total=4) as part:
                part.advance(2)
                op.flush()
                snapshot = server.get(op.url)
                assert snapshot["state"] == f"Part {number}"
                assert snapshot["progress"]["fractionCompleted"] == pytest.approx((1 + number + 0.5) / 4)
        op.succeed()
    op.flush()
    progress = server.get(op.url)["progress"]
    assert (progress["completedCount"], progress["totalCount"], progress["fractionCompleted"]) == (4, 4, 1)


def test_parts_have_parts_and_a_failed_one_is_not_done(server):
    with operation("Nested", total=2) as op:
        with op.part(worth=1, total=2) as outer, outer.part(worth=1, total=10) as inner:
            inner.advance(5)
            op.flush()
            assert server.get(op.url)["progress"]["fractionCompleted"] == pytest.approx(0.125)
        with pytest.raises(ZeroDivisionError), op.part(worth=1, total=2) as part:
            part.advance()
            raise ZeroDivisionError
        op.flush()
        assert server.get(op.url)["progress"]["completedCount"] == 1


def test_async_blocks_end_as_others_do(server):
    async def work(number):
        async with operation(f"Async {number}", total=1) as op:
            assert current() is op
            await asyncio.sleep(0)
            assert current() is op
            current().advance()
            return op

    async def together():
        operations = await asyncio.gather(*(work(number) for number in range(3)))
        task = asyncio.ensure_future(hang())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return [*operations, hanging[0]]

    hanging = []

    async def hang():
        async with operation("Hangs") as op:
            hanging.append(op)
            await asyncio.Event().wait()

    operations = asyncio.run(together())
    live_progress.flush(5)
    assert [server.get(op.url)["status"] for op in operations] == ["succeeded"] * 3 + ["cancelled"]


def test_current_is_the_innermost_and_belongs_to_the_outer_one(server):
    nothing = current()
    nothing.advance()
    nothing.update("Nobody hears this")
    assert nothing.url == ""
    with operation("Outer") as outer:
        with operation("Inner") as inner:
            assert current() is inner
        assert current() is outer
        outer.flush()
        live_progress.flush(5)
        assert server.get(inner.url)["parent"] == outer.id
    assert current() is nothing


def test_threads_count_together(server):
    with operation("Threads", total=40_000) as op:
        context = contextvars.copy_context()

        def count():
            for _ in range(10_000):
                op.advance()

        threads = [threading.Thread(target=count) for _ in range(3)]
        threads.append(threading.Thread(target=lambda: context.run(lambda: current().advance(10_000))))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    op.flush()
    assert server.get(op.url)["progress"]["completedCount"] == 40_000


def test_a_cancelled_operation_raises_at_the_next_advance(server):
    with pytest.raises(Cancelled), operation("Cancel") as op:
        op.flush()
        live_progress.cancel(op.url)
        while True:
            op.advance()
    op.flush()
    assert server.get(op.url)["status"] == "cancelled"


def test_a_silent_worker_learns_of_a_cancel_too(server):
    with operation("Silent", raise_cancelled=False) as op:
        op.flush()
        live_progress.cancel(op.url)
        asked = threading.Event()
        live_progress._sender.sender().watchers.append(lambda: op.cancel_requested and asked.set())
        assert asked.wait(5)
        op.advance()  # does not raise, because of raise_cancelled=False
    del live_progress._sender.sender().watchers[:]
    op.flush()
    assert server.get(op.url)["status"] == "succeeded"


def test_one_that_is_not_cancellable_refuses(server):
    with operation("Firm", cancellable=False) as op:
        op.flush()
        with pytest.raises(live_progress.ProgressError) as caught:
            live_progress.cancel(op.url)
        assert caught.value.kind == "refused"


def test_a_fixed_name_starts_anew_three_times(server):
    for number in range(3):
        with operation(f"Run {number}", id="nightly") as op:
            op.advance()
        op.flush()
        snapshot = server.get(op.url)
        assert (snapshot["title"], snapshot["status"]) == (f"Run {number}", "succeeded")
    request("POST", server.url + "/api/v1/progress", {"id": "nightly"})
    with operation("Second at once", id="nightly") as op:
        op.advance()
    op.flush()
    assert op.refusal is not None and op.refusal[0] == "already-exists"


class Rude:
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


@pytest.mark.parametrize("value", [Rude(), float("nan"), {1: {2}, "x": object()}, b"\xff", "\ud800", 2**80, [[]] * 3])
def test_no_value_makes_a_call_raise(server, value):
    with operation("Odd") as op:
        op.update("State", value=value)
        op.log(value, more=value)
        op.advance(value if isinstance(value, float) else -1)
        op.advance("one")
        op.set(completed=value, total=value if value != 2**80 else -1, fraction=value, baseline=value)
        op.succeed(value)
    op.flush()
    assert server.get(op.url)["status"] == "succeeded"


def test_what_is_too_large_is_named_and_left_out(server):
    with operation("Large") as op:
        op.update("State", text="x" * 100_000)
        op.flush()
        assert "more than 65536" in server.get(op.url)["details"]["omitted"]
