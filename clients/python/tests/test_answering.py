# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A watcher sees the question and the answer, and can answer; the answer to one question is never that to another."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from support import API, Scripted
from terminal import DRAWN, on_terminal
from websocket_server import END, ScriptedWatch, both, frame, message

from live_progress import LastAnswer, ProgressError, Unanswered, WaitingFor, answer
from live_progress._question import Question

ASKED = {
    "number": 2,
    "kind": "permission",
    "message": "Apply?",
    "choices": ["yes", "no"],
    "default": "no",
    "askedAt": "2026-11-30T20:00:00.000Z",
    "deadline": "2026-11-30T20:01:00.000Z",
}
ANSWERED = {
    "number": 1,
    "message": "Go on?",
    "answer": None,
    "answeredAt": "2026-11-30T19:00:00.000Z",
    "isExpired": True,
}


@both
def test_a_watcher_sees_the_question_and_the_answer(follow):
    asked = frame(message(1, status="waiting", waitingFor=ASKED, lastAnswer=ANSWERED))
    odd = frame(message(2, waitingFor={"number": "two"}, lastAnswer=[1]))
    with ScriptedWatch([asked, odd, END]) as server:
        first, second, last = follow(server.url)
    moment = datetime(2026, 11, 30, 20, tzinfo=timezone.utc)
    assert first.waiting_for == WaitingFor(
        2, "permission", "Apply?", ("yes", "no"), "no", moment, moment.replace(minute=1)
    )
    assert first.last_answer == LastAnswer(1, "Go on?", None, None, moment.replace(hour=19), True)
    assert (second.waiting_for, second.last_answer, last.waiting_for) == (None, None, None)


def test_an_answer_is_sent_and_the_snapshot_is_returned():
    snapshot = {"cursor": "e-3", "revision": 3, "status": "running", "lastAnswer": {**ANSWERED, "answer": "yes"}}
    with Scripted(lambda call: (200, {}, snapshot)) as server:
        told = answer(f"{server.url}{API}/x#token=secret", "yes", number=1)
        answer(f"{server.url}{API}/x", "ü", token="other")
        first, second = server.next(), server.next()
    assert (told.revision, told.last_answer.answer) == (3, "yes")
    assert (first.method, first.path, first.report) == ("POST", f"{API}/x/answer", {"answer": "yes", "number": 1})
    assert (first.token, second.token, second.report) == ("Bearer secret", "Bearer other", {"answer": "ü"})


@pytest.mark.parametrize("prefix", ["urn:live-progress:problem:", "https://example.org/problems/"])
@pytest.mark.parametrize(
    "status, problem, kind",
    [
        (409, "not-waiting", "not-waiting"),
        (409, "already-answered", "already-answered"),
        (422, "answer-not-accepted", "answer-not-accepted"),
        (409, "ended", "ended"),
        (403, "forbidden", "forbidden"),
        (404, "unknown", "unknown"),
        (422, "invalid-report", "refused"),
        (503, "too-many-requests", "unreachable"),
    ],
)
def test_a_refused_answer_has_the_kind_of_its_problem(prefix, status, problem, kind):
    told = {"type": prefix + problem, "detail": "Not so."}
    with Scripted(lambda call: (status, {}, told)) as server, pytest.raises(ProgressError, match="Not so") as caught:
        answer(f"{server.url}{API}/x", "yes")
    assert caught.value.kind == kind


def asked(floor=0):
    question = Question("Apply?", ["yes", "no"], None, None, "question")
    question.floor = floor
    question.sent()
    return question


def snapshot(revision, status="running", **members):
    return {"cursor": f"e-{revision}", "revision": revision, "status": status, **members}


def test_an_answer_that_came_before_the_response_to_the_question_counts():
    question = asked(floor=1)
    question.heard(snapshot(5, lastAnswer={"number": 2, "message": "Apply?", "answer": "yes"}))
    assert question.result() == "yes"


@pytest.mark.parametrize("last", [{"number": 1, "message": "Apply?"}, {"number": 2, "message": "Delete?"}], ids=str)
def test_the_answer_to_an_earlier_or_another_question_does_not_count(last):
    question = asked(floor=1)
    question.heard(snapshot(5, lastAnswer={**last, "answer": "yes"}))
    with pytest.raises(Unanswered):
        question.result()


def test_a_copy_from_before_the_question_changes_nothing():
    question = asked()
    question.heard(snapshot(5, "waiting", waitingFor={"number": 1, "message": "Apply?"}))
    question.heard(snapshot(4))
    assert not question.is_over
    question.heard(snapshot(6, lastAnswer={"number": 1, "message": "Apply?", "answer": "no"}))
    assert question.result() == "no"


def test_the_line_of_a_terminal_shows_the_question():
    code = """
        from live_progress import operation
        from live_progress._question import Question
        op = operation("Deploy", total=3)
        op.advance()
        drawn()
        op._channel.question = Question("Apply\\x1b[2K 3 changes?", ["yes", "no"], None, None, "question")
        _terminal._screen.lines[0].draw()
        op._channel.question.end("yes", None)
        op.succeed()
        """
    output = on_terminal(code, prelude=DRAWN)
    assert "Deploy  waiting for an answer: Apply [2K 3 changes? [yes/no]" in output
    assert "succeeded after" in output.rpartition("waiting for")[2]
