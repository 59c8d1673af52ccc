# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The bars of tqdm report, and otherwise do not change."""

from __future__ import annotations

import io

import pytest

import live_progress

tqdm_module = pytest.importorskip("tqdm")


@pytest.fixture
def bars(server):
    """Patches tqdm; returns a function that creates a bar and its operation."""
    from tqdm.std import tqdm

    undo = live_progress.patch_tqdm()

    def bar(*arguments, **options):
        made = tqdm(*arguments, file=io.StringIO(), **options)
        return made, made._live_progress.operation

    yield bar
    undo()
    assert not hasattr(tqdm, "_live_progress")
    assert tqdm(range(2), file=io.StringIO()).__dict__.get("_live_progress") is None


def at_end(server, op):
    assert op.flush(5)
    return server.await_end(op.url)


def test_a_bar_is_an_operation(server, bars):
    for _ in range(3):
        bar, op = bars(range(10), desc="Import", unit="rows")
        assert list(bar) == list(range(10))
        snapshot = at_end(server, op)
        assert (snapshot["title"], snapshot["status"]) == ("Import", "succeeded")
        progress = snapshot["progress"]
        assert (progress["completedCount"], progress["totalCount"], progress["unit"]) == (10, 10, "rows")


def test_a_bar_that_is_left_is_cancelled(server, bars):
    bar, op = bars(range(10))
    for item in bar:
        if item == 4:
            break
    assert at_end(server, op)["status"] == "cancelled"


def test_a_block_fails_with_what_it_raises(server, bars):
    bar, op = bars(total=10, unit="B", unit_scale=True)
    with pytest.raises(KeyError), bar:
        bar.update(4)
        raise KeyError("k")
    snapshot = at_end(server, op)
    assert (snapshot["status"], snapshot["error"]["title"]) == ("failed", "KeyError")
    assert (snapshot["progress"]["completedCount"], snapshot["progress"]["unit"]) == (4, "bytes")


def test_a_bar_in_the_handler_of_an_exception_does_not_fail_with_it(server, bars):
    def by_hand(bar):
        bar.update(3)
        bar.close()

    for use in (list, by_hand):
        early, early_op = bars(range(3))
        try:
            raise KeyError("the first attempt")
        except KeyError:
            bar, op = bars(range(3))
            short, short_op = bars(total=5)
            use(bar)
            use(early)
            short.update(1)
            short.close()
        assert [at_end(server, o)["status"] for o in (op, early_op, short_op)] == [
            "succeeded",
            "succeeded",
            "cancelled",
        ]


def test_a_source_that_raises_fails_the_bar(server, bars):
    def source():
        yield 1
        raise OSError("the file is gone")

    bar, op = bars(source(), total=3)
    with pytest.raises(OSError):
        try:
            raise KeyError("the first attempt")
        except KeyError:
            list(bar)
    assert at_end(server, op)["error"]["title"] == "OSError"


def test_a_total_that_is_no_count_does_not_matter(server, bars):
    bar, op = bars(total=3)
    bar.update(3)
    bar.reset(total=float("inf"))
    bar.close()
    assert at_end(server, op)["status"] == "succeeded"


def test_a_bar_by_hand_tells_its_name_postfix_and_total(server, bars):
    bar, op = bars(total=10)
    bar.update(3)
    bar.set_description("Loading")
    bar.set_postfix(loss=0.5)
    bar.total = 12
    snapshot = server.wait(op.url, lambda s: s["title"] == "Loading" and s["progress"]["totalCount"] == 12)
    snapshot = server.wait(op.url, lambda s: (s["details"] or {}).get("line") == "loss=0.5")
    assert snapshot["progress"]["completedCount"] == 3
    bar.update(9)
    bar.close()
    bar.close()
    assert at_end(server, op)["status"] == "succeeded"


def test_nested_and_reset_bars(server, bars):
    outer, outer_op = bars(range(2), desc="Outer")
    inner_ops = []
    for _ in outer:
        inner, op = bars(range(3), desc="Inner", leave=False)
        inner_ops.append(op)
        for _ in inner:
            pass
    reset, reset_op = bars(total=5)
    for _ in range(3):
        reset.update(5)
        reset.reset()
    reset.update(5)
    reset.close()
    for op in (outer_op, *inner_ops, reset_op):
        assert at_end(server, op)["status"] == "succeeded"


def test_other_kinds_of_bars_report_and_disabled_ones_do_not(server, bars):
    import asyncio

    from tqdm import trange
    from tqdm.asyncio import tqdm as async_tqdm

    bar = trange(3, file=io.StringIO())
    op = bar._live_progress.operation
    assert list(bar) == [0, 1, 2]
    assert at_end(server, op)["status"] == "succeeded"

    async def main():
        async def source():
            yield 1
            yield 2

        bar = async_tqdm(source(), total=2, file=io.StringIO())
        return bar._live_progress.operation, [item async for item in bar]

    op, items = asyncio.run(main())
    assert items == [1, 2]
    assert at_end(server, op)["status"] == "succeeded"
    disabled = trange(3, disable=True)
    assert disabled._live_progress is None
    assert list(disabled) == [0, 1, 2]


def test_patching_twice_and_undoing_leaves_tqdm_as_it_was():
    from tqdm.std import tqdm

    before = dict(vars(tqdm))
    for _ in range(3):
        undo = live_progress.patch_tqdm()
        second = live_progress.patch_tqdm()
        second()
        assert hasattr(tqdm, "_live_progress")
        undo()
        assert dict(vars(tqdm)) == before


def test_without_a_server_bars_are_only_bars():
    undo = live_progress.patch_tqdm()
    from tqdm.std import tqdm

    stream = io.StringIO()
    assert list(tqdm(range(3), file=stream)) == [0, 1, 2]
    assert "3/3" in stream.getvalue()
    undo()
