# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A worker asks, waits, and gets one answer or one clear error; a question that nobody waits for is withdrawn."""

from __future__ import annotations

import asyncio
import queue
import threading

import pytest
from desk import Desk
from support import PATIENCE, Scripted, run_python

import live_progress
from live_progress import Cancelled, ProgressError, Unanswered, _asking, operation

YES_OR_NO = ["yes", "no"]
WAIT = 5 * PATIENCE


@pytest.fixture
def desk(scripted):
    scripted.answer = Desk()
    return scripted.answer


def blocking(op, message, **options):
    return op.ask(message, **options)


def asynchronous(op, message, **options):
    return asyncio.run(op.aask(message, **options))


both = pytest.mark.parametrize("ask", [blocking, asynchronous])


def begun(ask, op, message, **options):
    """Asks in a thread; returns the queue that gets the answer or the error."""
    outcome = queue.SimpleQueue()

    def work():
        try:
            outcome.put(ask(op, message, **options))
        except Exception as error:
            outcome.put(error)

    threading.Thread(target=work, daemon=True).start()
    return outcome


@both
def test_an_answer_is_returned(desk, ask):
    with operation("Deploy") as op:
        outcome = begun(ask, op, "Apply?", choices=YES_OR_NO, default="no", timeout=60, kind="permission")
        assert desk.asked.get(timeout=WAIT) == {
            "kind": "permission",
            "message": "Apply?",
            "choices": YES_OR_NO,
            "default": "no",
            "timeout": 60,
        }
        desk.answer("yes")
        assert outcome.get(timeout=WAIT) == "yes"
        assert desk.withdrawn.empty()


@both
@pytest.mark.parametrize(
    "change, kind, text",
    [
        ({"lastAnswer": {"number": 1, "message": "Apply?", "answer": None, "isExpired": True}}, Unanswered, "Nobody"),
        ({}, Unanswered, "withdrawn or replaced"),
        ({"status": "cancelling"}, Cancelled, "cancellation"),
        ({"status": "failed"}, ProgressError, "has ended"),
    ],
    ids=["expired", "withdrawn", "cancelled", "ended"],
)
def test_a_question_without_an_answer_raises(desk, ask, change, kind, text):
    with operation("Deploy", raise_cancelled=False) as op:
        outcome = begun(ask, op, "Apply?", choices=YES_OR_NO, default="no", timeout=60)
        desk.asked.get(timeout=WAIT)
        desk.set(**change)
        error = outcome.get(timeout=WAIT)
    assert type(error) is kind and text in str(error)
    assert getattr(error, "kind", "ended") == "ended"


@both
def test_a_refused_question_raises_and_the_reports_go_on(scripted, ask):
    refusal = (422, {}, {"detail": "There is no member waitingFor."})
    scripted.answer = Desk(lambda report: refusal if "waitingFor" in report else None)
    with operation("Deploy") as op:
        with pytest.raises(ProgressError, match="no member waitingFor") as caught:
            ask(op, "Apply?")
        op.update("After")
        assert op.flush(WAIT)
    assert (caught.value.kind, op.refusal) == ("refused", None)
    assert [call.report["state"] for call in scripted.calls if call.report.get("state")] == ["After"]


@both
def test_a_server_that_refuses_all_reports_ends_the_question(scripted, ask):
    scripted.answer = lambda call: (401, {}, {"detail": "No token."}) if call.method == "PATCH" else (201, {}, {})
    with operation("Deploy") as op:
        for _ in range(2):  # the second question is not even reported
            with pytest.raises(ProgressError, match="No token") as caught:
                ask(op, "Apply?")
            assert caught.value.kind == "unauthenticated"


@both
def test_without_a_server_the_default_is_the_answer_at_once(ask):
    live_progress.configure(server="")
    try:
        with operation("Deploy") as op:
            assert ask(op, "Apply?", choices=YES_OR_NO, default="no", timeout=3600) == "no"
            with pytest.raises(Unanswered):
                ask(op, "Apply?", choices=YES_OR_NO)
            assert live_progress.ask("Apply?", default="yes", timeout=1) == "yes"
        assert asyncio.run(live_progress.aask("Nobody?", default="none", timeout=1)) == "none"
    finally:
        live_progress._settings._Configured.server = None


@both
def test_a_server_that_is_away_is_waited_for_until_10_s_after_the_deadline(monkeypatch, ask):
    assert _asking.GRACE == 10
    monkeypatch.setattr(_asking, "GRACE", 0.3)
    with Scripted(lambda call: "drop") as server:
        op = operation("Deploy", server=server.url, display=False)
        assert ask(op, "Apply?", choices=YES_OR_NO, default="no", timeout=0.2) == "no"
        with pytest.raises(Unanswered):
            ask(op, "Apply?", timeout=0.2)
        server.answer = desk = Desk()
        assert desk.withdrawn.get(timeout=10 * PATIENCE)


def test_another_question_of_the_program_replaces_the_question(desk):
    with operation("Deploy") as op:
        first = begun(blocking, op, "Apply?")
        desk.asked.get(timeout=WAIT)
        second = begun(blocking, op, "Restart?")
        assert isinstance(first.get(timeout=WAIT), Unanswered)
        assert desk.asked.get(timeout=WAIT)["message"] == "Restart?"
        desk.answer("now")
        assert second.get(timeout=WAIT) == "now"
        assert desk.withdrawn.empty()


def test_the_end_of_the_operation_ends_the_question(desk):
    with operation("Deploy") as op:
        outcome = begun(blocking, op, "Apply?")
        desk.asked.get(timeout=WAIT)
        op.succeed()
        assert outcome.get(timeout=WAIT).kind == "ended"
        with pytest.raises(ProgressError, match="has ended"):
            op.ask("Again?")


def test_the_question_of_a_guest_goes_to_the_operation_of_the_environment(scripted, monkeypatch):
    desk = scripted.answer = Desk()
    live_progress._settings._Configured.server = None
    monkeypatch.setenv("LIVE_PROGRESS_URL", f"{scripted.url}/api/v1/progress/of-a-guest")
    with operation("Inner", display=False) as op:
        outcome = begun(blocking, op, "Apply?")
        desk.asked.get(timeout=WAIT)
        desk.answer("yes")
        assert outcome.get(timeout=WAIT) == "yes"
        outcome = begun(blocking, op, "Again?")
        desk.asked.get(timeout=WAIT)
    # The operation of the program has ended, but not the one of the environment: nobody waits for the answer any more.
    assert outcome.get(timeout=WAIT).kind == "ended"
    assert desk.withdrawn.get(timeout=WAIT)


def test_a_cancelled_task_withdraws_the_question(desk):
    async def work(op):
        task = asyncio.ensure_future(op.aask("Apply?"))
        await asyncio.get_running_loop().run_in_executor(None, desk.asked.get)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with operation("Deploy") as op:
        asyncio.run(work(op))
        assert desk.withdrawn.get(timeout=WAIT)


def test_ctrl_c_withdraws_the_question(desk, scripted):
    code = """
        import os, signal, threading
        from live_progress import operation
        with operation("Deploy") as op:
            op.flush(10)
            asked = lambda: op._channel.question is not None and op._channel.question.is_sent
            def interrupt():
                while not asked():
                    over.wait(0.01)
                os.kill(os.getpid(), signal.SIGINT)
            over = threading.Event()
            threading.Thread(target=interrupt, daemon=True).start()
            try:
                op.ask("Apply?")
            except KeyboardInterrupt:
                print("interrupted")
        """
    assert run_python(code, LIVE_PROGRESS_SERVER=scripted.url).stdout == "interrupted\n"
    assert desk.withdrawn.get(timeout=WAIT)


def test_a_question_in_a_full_queue_is_not_lost(scripted):
    desk, opened = Desk(), threading.Event()
    scripted.answer = lambda call: desk(call) if opened.is_set() else "drop"
    with operation("Deploy") as op:
        outcome = begun(blocking, op, "Apply?")
        while op._channel.question is None:
            threading.Event().wait(0.01)
        for number in range(300):
            op.update(f"State {number}")
        opened.set()
        assert desk.asked.get(timeout=20 * PATIENCE)["message"] == "Apply?"
        desk.answer("yes")
        assert outcome.get(timeout=WAIT) == "yes"


@pytest.mark.parametrize(
    "options",
    [
        {"message": ""},
        {"message": "x" * 4097},
        {"message": 1},
        {"kind": "order"},
        {"choices": "yes"},
        {"choices": ["yes", "yes"]},
        {"choices": ["yes", ""]},
        {"choices": [str(number) for number in range(17)]},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": 366 * 24 * 3600},
        {"default": "no"},
        {"default": "perhaps", "timeout": 1, "choices": YES_OR_NO},
    ],
    ids=str,
)
@both
def test_a_question_that_no_server_accepts_raises_at_once(ask, options):
    with pytest.raises(ValueError):
        ask(live_progress.current(), **{"message": "Apply?", **options})
