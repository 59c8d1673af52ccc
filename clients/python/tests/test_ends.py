# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The end of an operation, which depends on how its block ends."""

from __future__ import annotations

import asyncio

import pytest

from live_progress import Cancelled, operation


def raised(error, server, block=operation):
    secret = "not to be told"
    with pytest.raises(type(error)), block("Ends") as op:
        assert secret
        raise error
    op.flush()
    return server.get(op.url)


def test_an_exception_fails_with_type_message_and_frames(server):
    snapshot = raised(ValueError("row 7 is broken"), server)
    assert snapshot["status"] == "failed"
    error = snapshot["error"]
    assert (error["title"], error["detail"]) == ("ValueError", "row 7 is broken")
    assert any("test_ends.py" in frame and "raised" in frame for frame in error["frames"])
    assert "not to be told" not in str(snapshot)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), asyncio.CancelledError(), Cancelled()], ids=repr)
def test_what_stops_work_cancels(server, error):
    assert raised(error, server)["status"] == "cancelled"


@pytest.mark.parametrize("code, status", [(0, "succeeded"), (None, "succeeded"), (3, "failed"), ("no disk", "failed")])
def test_exits_end_by_their_code(server, code, status):
    snapshot = raised(SystemExit(code), server)
    assert snapshot["status"] == status
    if status == "failed":
        assert snapshot["error"]["exitCode"] == (3 if code == 3 else 1)


def test_only_the_first_end_counts(server):
    with operation("Once") as op:
        op.fail("The disk is full", "0 bytes left")
        op.succeed()
        op.cancelled()
        op.update("Too late")
    op.flush()
    snapshot = server.get(op.url)
    assert (snapshot["status"], snapshot["error"]["title"], snapshot["error"]["detail"]) == (
        "failed",
        "The disk is full",
        "0 bytes left",
    )


def test_one_that_nobody_holds_is_abandoned(server):
    op = operation("Forgotten")
    url = op.url
    del op
    snapshot = server.await_end(url)
    assert snapshot["status"] == "failed"
    assert snapshot["error"]["type"].endswith(":abandoned")
