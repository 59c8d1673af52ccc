# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A failing server: no report is lost or counted twice, retries have delays, and dropped reports are counted."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest
from support import Scripted, run_python

import live_progress
from live_progress import _delivery, operation
from live_progress._channel import CAPACITY

TAKEN = (200, {}, {})


def answers(*firsts, then=TAKEN):
    """Returns a function that gives `firsts` to the first reports, and then always `then`."""
    left = list(firsts)
    return lambda call: left.pop(0) if left and call.report is not None else then


def patches(server):
    return [report for call in server.calls if call.method == "PATCH" for report in call.reports]


@pytest.mark.parametrize("failure", ["drop", (500, {}, {}), (503, {}, {}), (429, {}, {}), (408, {}, {})], ids=str)
def test_a_report_is_sent_again_under_its_key_until_it_is_taken(scripted, failure):
    scripted.answer = answers(TAKEN, failure, failure, failure)
    op = operation("Again", total=10)
    scripted.next()
    op.advance(3)
    first, *again = [scripted.next(10) for _ in range(4)]
    assert [(call.key, call.report) for call in again] == [(first.key, first.report)] * 3
    assert first.report == {"advance": 3}
    times = [first.time, *(call.time for call in again)]
    if failure == "drop":
        del times[0]  # the first repetition, on a new connection, has no delay
    # The delays are exponential, with jitter: each is at least half of 0.25 s, 0.5 s and 1 s.
    for index, (before, after) in enumerate(zip(times, times[1:])):
        assert after - before >= 0.125 * 2**index - 0.01
    op.succeed()
    assert op.flush(5)
    assert op.dropped == 0


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_and_later_reports_wait_with_it(scripted, status):
    scripted.answer = answers(TAKEN, (status, {"Retry-After": "1"}, {}))
    op = operation("Patient")
    scripted.next()
    for number in range(3):
        op.update(f"State {number}")
    first = scripted.next()
    second = scripted.next()
    assert second.time - first.time >= 1.0
    assert second.reports == first.reports
    op.succeed()
    assert op.flush(5)
    states = [report.get("state") for call in scripted.calls[2:] for report in call.reports]
    assert states == ["State 0", "State 1", "State 2", None]


def test_a_creation_is_sent_again_under_its_key(scripted):
    scripted.answer = answers("drop", (503, {}, {}), then=(201, {}, {}))
    op = operation("Create")
    keys = [scripted.next().key for _ in range(3)]
    assert len(set(keys)) == 1
    assert op.flush(5)


@pytest.mark.parametrize(
    "status, kind", [(401, "unauthenticated"), (403, "forbidden"), (404, "unknown"), (410, "gone"), (418, "refused")]
)
def test_a_refusal_stops_the_reports_and_not_the_worker(scripted, caplog, status, kind):
    scripted.answer = answers(TAKEN, then=(status, {}, {"detail": "No."}))
    with operation("Refused") as op:
        scripted.next()
        for number in range(3):
            op.update(f"State {number}")
            op.flush(5)
            op.advance()
    op.flush(5)
    assert op.refusal == (kind, "No.")
    assert len(scripted.calls) == 2
    assert op.dropped >= 1
    assert len([record for record in caplog.records if "Nothing more is reported" in record.message]) == 1


def test_an_ended_operation_takes_no_more(scripted):
    ended = (409, {}, {"type": "urn:live-progress:problem:ended", "detail": "It has ended."})
    scripted.answer = answers(TAKEN, then=ended)
    with operation("Ended elsewhere") as op:
        op.update("State")
    op.flush(5)
    assert op.refusal == ("ended", "It has ended.")


def test_one_bad_report_of_many_is_dropped_alone(server):
    gate = threading.Event()
    with operation("Batch") as op:
        op.flush()
        live_progress._sender.sender().watchers.append(lambda: gate.wait(5))
        for number in range(3):
            op.update(f"Before {number}")
        op._channel.push({"bogus": "1"})
        for number in range(3):
            op.update(f"After {number}")
        del live_progress._sender.sender().watchers[:]
        gate.set()
        op.flush()
        assert op.dropped == 1
        assert server.get(op.url)["state"] == "After 2"
        assert server.get(op.url)["revision"] == 6


def test_past_its_capacity_the_oldest_are_folded_and_counted(scripted):
    scripted.answer = lambda call: "hang" if not scripted.let_go.is_set() else TAKEN
    op = operation("Bounded")
    scripted.next()
    for number in range(CAPACITY + 100):
        op.update(f"State {number}", number=number)
        op.advance(2)
    assert op.dropped == 100
    scripted.let_go.set()
    op.succeed({"rows": 1})
    assert op.flush(10)
    told = patches(scripted)
    # The end is also in the queue.
    states = [report["state"] for report in told if "state" in report]
    assert states == [f"State {number}" for number in range(101, CAPACITY + 100)]
    assert sum(report.get("advance", 0) for report in told) == 2 * (CAPACITY + 100)
    assert (told[-1]["status"], told[-1]["result"]) == ("succeeded", {"rows": 1})


def test_operations_without_a_server_are_bounded():
    from live_progress._sender import MAXIMUM_CHANNELS, sender

    before = sender().dropped
    operations = []
    for number in range(MAXIMUM_CHANNELS + 50):
        op = operation(f"Lost {number}", server="http://127.0.0.1:1")
        op.succeed()
        operations.append(op)
    assert len(sender().channels) <= MAXIMUM_CHANNELS
    assert sender().dropped - before >= 50
    for op in operations:
        op._channel.stop(live_progress._channel.Refusal("unreachable", "The test is over."))
    assert live_progress.flush(5)


def test_an_operation_falls_back_from_its_own_token(scripted):
    created = (201, {}, {"tokens": {"report": "short", "watch": "look"}})
    scripted.answer = answers(created, TAKEN, (401, {}, {}))
    op = operation("Tokens", token="long")
    scripted.next()
    tokens = []
    for number in range(3):
        op.update(f"State {number}")
        tokens.append(scripted.next().token)
        op.flush(0.01)
    tokens.append(scripted.next().token)
    assert op.link == f"{op.url}#token=look"
    assert tokens == ["Bearer short", "Bearer short", "Bearer long", "Bearer long"]


def test_a_token_is_in_no_log_and_no_text(scripted, caplog):
    caplog.set_level("DEBUG")
    scripted.answer = answers(then=(401, {}, {"detail": "No."}))
    with operation("Secret", token="very-secret") as op:
        op.update("State")
    op.flush(5)
    assert "very-secret" not in caplog.text + repr(op)


def test_a_server_that_comes_late_gets_it_all():
    with Scripted() as first:
        url, port = first.url, first.listener.server_address[1]
    op = operation("Late", server=url, total=3)
    for number in range(3):
        op.update(f"State {number}")
        op.advance()
    assert not op.flush(0.3)
    with Scripted(port=port) as late:
        op.succeed()
        assert op.flush(10)
        assert late.calls[0].method == "POST"
        assert sum(report.get("advance", 0) for report in patches(late)) == 3


def test_a_program_says_that_the_server_is_away_and_what_to_do():
    code = "from live_progress import track\nfor row in track(range(3), 'Import', id='x'): pass"
    server = "http://127.0.0.1:1"
    said = run_python(code, prelude="", LIVE_PROGRESS_SERVER=server).stderr
    what = f"Nothing more is reported to {server}/api/v1/progress/x: The server cannot be reached: "
    advice = "Set LIVE_PROGRESS_SERVER to the URL of a running server, or unset it to report nothing."
    assert said.startswith(f"live-progress: {what}")
    assert said.endswith(f" refused. Is it running? {advice}\n")


def test_the_advice_depends_on_the_failure():
    channel = live_progress._channel.Channel(None)  # of an operation that a server has created
    assert _delivery._advice(channel, ConnectionError()) == "Is it still running?"
    assert "LIVE_PROGRESS_CA" in _delivery._advice(channel, ssl.SSLCertVerificationError())


def test_what_is_no_http_is_tried_again():
    listener = socket.create_server(("127.0.0.1", 0))
    op = operation("Nonsense", server=f"http://127.0.0.1:{listener.getsockname()[1]}")
    for _ in range(3):
        listener.settimeout(5)
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
        connection.close()
    listener.close()
    assert op.refusal is None
    op._channel.stop(live_progress._channel.Refusal("unreachable", "The test is over."))
