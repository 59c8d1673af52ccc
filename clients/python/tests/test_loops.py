# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A loop that is left by its consumer is cancelled; only an exception that passes fails it."""

from __future__ import annotations

import itertools

import pytest
from support import run_python

from live_progress import operation, track


def by_zip(rows):
    for _ in zip(rows, [1, 2]):
        pass


def by_unzip(rows):
    for number, _ in zip(rows, range(9)):
        if number == 2:
            break


def by_islice(rows):
    for _ in itertools.islice(rows, 2):
        pass


def by_any(rows):
    assert any(row == 2 for row in rows)


def by_next(rows):
    assert next(row for row in rows if row == 2) == 2


def by_takewhile(rows):
    assert list(itertools.takewhile(lambda row: row < 2, rows)) == [0, 1]


def by_in(rows):
    assert 2 in rows


def by_generator(rows):
    def inner():
        for row in rows:
            yield row

    for row in (row for row in inner()):
        if row == 2:
            break


def by_delegation(rows):
    def inner():
        yield from rows

    next(inner())


def in_a_handler(rows):
    try:
        raise KeyError("k")
    except KeyError:
        by_any(rows)
        assert not any(row for row in ())


def with_a_kept_exception(rows):
    kept = []
    for _ in range(2):
        try:
            raise KeyError("k")
        except KeyError as error:
            kept.append(error)
    by_zip(rows)


CONSUMERS = [value for name, value in list(globals().items()) if name.split("_")[0] in ("by", "in", "with")]


def ends_of(server, leave):
    """Returns the status of three loops that `leave` leaves, and their errors."""
    ends = []
    for _ in range(3):
        rows = track(range(5), "Rows")
        leave(rows)
        snapshot = server.await_end(rows.operation.url)
        ends.append((snapshot["status"], (snapshot.get("error") or {}).get("title")))
    return ends


@pytest.mark.parametrize("leave", CONSUMERS, ids=lambda function: function.__name__)
def test_a_loop_that_its_consumer_leaves_is_cancelled(server, leave):
    assert ends_of(server, leave) == [("cancelled", None)] * 3


def by_raise(rows):
    for row in rows:
        if row == 2:
            raise ValueError("row 2 is broken")


def by_a_call(rows):
    for _row in rows:
        int("x")


def by_another_handler(rows):
    for _row in rows:
        try:
            int("x")
        except KeyError:
            pass


def by_a_handler(rows):
    for _row in rows:
        try:
            {}["k"]
        except KeyError as error:
            raise ValueError("row") from error


def by_finally(rows):
    for _row in rows:
        try:
            int("x")
        finally:
            len("x")


def by_a_consumer(rows):
    for _row in (row for row in rows):
        int("x")


def by_two_generators(rows):
    def inner():
        for row in rows:
            yield row

    for _row in zip(inner(), range(9)):
        int("x")


FAILURES = [by_raise, by_a_call, by_another_handler, by_a_handler, by_finally, by_a_consumer, by_two_generators]


@pytest.mark.parametrize("leave", FAILURES, ids=lambda function: function.__name__)
def test_an_exception_that_passes_fails_the_loop(server, leave):
    def caught(rows):
        with pytest.raises(ValueError):
            leave(rows)

    def around(rows):
        with pytest.raises(ValueError), operation("Around"):
            leave(rows)

    assert ends_of(server, caught) == [("failed", "Abandoned")] * 3
    assert ends_of(server, around) == [("failed", "ValueError")] * 3


def test_an_exception_of_a_function_in_the_consumer_is_told_by_the_block_around(server):
    def leave(rows):
        with pytest.raises(ValueError), operation("Around"):
            list(map(lambda row: int("x"), rows))

    assert ends_of(server, leave) == [("failed", "ValueError")] * 3


def test_another_exception_of_the_same_function_does_not_fail_the_loop(server):
    def leave(rows):
        with pytest.raises(ValueError), operation("Around"):
            by_any(rows)
            raise ValueError("another")

    assert ends_of(server, leave) == [("cancelled", None)] * 3


def test_at_the_end_of_the_program_an_exception_in_the_consumer_is_known(own_server):
    code = """
        from live_progress import track
        list(map(int, track(["1", "x"], "Rows")))
        """
    run_python(code, check=False, LIVE_PROGRESS_SERVER=own_server.url)
    (snapshot,) = own_server.list()
    assert (snapshot["status"], snapshot["error"]["title"]) == ("failed", "ValueError")
