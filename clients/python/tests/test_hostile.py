# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Answers of a server that are invalid or hostile do not stop the reports."""

from __future__ import annotations

import email.utils
import time

import pytest

from live_progress import operation
from live_progress._http import answer_of, headers_with, retry_after

DAY = 24 * 3600


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("3", 3),
        (" 3 ", 3),
        ("9" * 400, DAY),
        ("9" * 5000, DAY),
        ("²", None),
        ("٣", None),
        ("-1", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
    ],
)
def test_a_retry_after_is_a_number_of_at_most_a_day(value, seconds):
    assert retry_after(value) == seconds


def test_a_date_is_a_retry_after_too():
    assert retry_after(email.utils.formatdate(time.time() + 60, usegmt=True)) == pytest.approx(60, abs=3)


def test_an_answer_with_very_many_levels_is_ignored():
    assert answer_of(200, {}, b"[" * 200_000 + b"]" * 200_000).json == {}


@pytest.mark.parametrize("tokens", [{"report": 5, "watch": {}}, {"report": "a\nb", "watch": "\x1b]2;x\x07"}, [], 5])
def test_what_is_no_token_is_ignored(scripted, tokens):
    scripted.answer = lambda call: (201, {}, {"status": "running", "tokens": tokens})
    op = operation("Tokens", token="given")
    assert op.flush(5)
    for number in range(3):
        op.update(f"State {number}")
        assert op.flush(5)
    assert [call.token for call in scripted.calls] == ["Bearer given"] * len(scripted.calls)
    assert op.link == op.url
    op.succeed()


@pytest.mark.parametrize("token", ["a\nb", "a b", "ü", "", 7, None])
def test_what_cannot_be_sent_as_a_token_is_left_out(scripted, token):
    assert headers_with(token, {"A": "b"}) == {"A": "b"}
    with operation("Token", token=token) as op:
        op.update("State")
    assert op.flush(5)
    assert {call.token for call in scripted.calls} == {None}
    assert op.refusal is None
