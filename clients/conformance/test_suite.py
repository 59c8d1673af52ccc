# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Tests of the suite: the reference client passes each case, and a client with a fault fails the case about that fault.

    pytest clients/conformance/test_suite.py
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from suite.cases import Case, load
from suite.play import play

FOLDER = Path(__file__).resolve().parent
BINARY = Path(os.environ.get("LIVE_PROGRESS_BINARY", FOLDER.parent.parent / "bin/live-progress"))
CASES = {case.name: case for case in load(FOLDER / "cases")}

# The client with a fault, a case that must detect the fault, and a part of the failure message.
BROKEN = [
    ("LosesATransition", "snapshot: the state comes first, then each change, then the end", "skipped between e1-1 and e1-3"),
    ("TakesFullForTheEnd", "end: 100 % is not an end, and a failure can follow", "never inferred"),
    ("TakesFullForTheEnd", "end: 100 % and a lost connection are not an end", "never inferred"),
    ("TakesACloseForTheEnd", "end: a close 1000 without an end message is not an end", "never inferred"),
    ("ShowsADuplicate", "order: a repeated message is returned once", "e1-1 came after e1-1"),
    ("ShowsADuplicate", "order: a message that a new connection repeats is returned once", "e1-2 came after e1-2"),
    ("NeverReconnects", "drop: the watch continues at its cursor, four times", "no end"),
    ("NeverReconnects", "close: the client reconnects after each of these codes", "no end"),
    ("IgnoresRetryAfter", "refusal: 429 with Retry-After delays the next attempt", "Retry-After"),
    ("ForgetsItsCursor", "drop: the watch continues at its cursor, four times", "cursor"),
    ("HidesWhatItMissed", "order: the client counts revisions that it missed without a connection", "skipped"),
    ("StaysWithTheOldEpoch", "epoch: the watch continues after the server has restarted", "no end"),
    ("Hammers", "drop: attempts have growing delays if a server always drops", "more than ten attempts"),
    ("ReconnectsForEver", "close: 4510 is the end of the watch: gone", "no done"),
    ("TriesAgainAfter404", "refusal: 404 is the end of the watch: unknown", "no done"),
    ("KeepsItsFirstToken", "token: the function is called before each connection", "tokens sent to connect"),
    ("KeepsItsFirstToken", "token: an expiring token is renewed over the open connection, three times", "tokens sent"),
    ("DropsDetailsOfNull", "contents: null, deep, long and non-ASCII values arrive unchanged", "details of e1-0"),
    ("CannotBeLeft", "stop: a connected watch can be stopped", "no done of 'stop'"),
    ("FoldsTransitions", "report: 56 transitions in a row are 56 revisions", "transitions in the journal"),
    ("CountsTwice", "lost: a lost response does not count an advance twice", "completedCount"),
    ("CreatesAgain", "lost: a lost response to the creation does not create a second operation", "operations at the server"),
    ("ForgetsTheEnd", "lost: the end is repeated until it arrives", "no end"),
    ("ReportsWithoutRest", "busy: 429 with Retry-After delays a report", "Retry-After"),
    ("WaitsForItsServer", "dead: a dead server does not delay calls", "no done of 'update'"),
    ("DoesNotHearOfCancelling", "cancel: the worker receives a cancel request", "no cancelling"),
    ("IgnoresBeingDisabled", "environment: LIVE_PROGRESS_DISABLED sends nothing", "requests of the kind any"),
    ("EndsAsAGuest", "environment: a guest does not end the operation", "requests of the kind end"),
    ("DoesNotEndWhatItOwns", "environment: an owner ends the operation, with a result", "no end"),
    ("DoesNotEndWhatItOwns", "environment: an owner ends the operation as failed", "no end"),
    ("ReportsAfterARefusal", "refused: 404 stops the reports, not the worker", "requests of the kind report"),
    ("HidesTheQuestion", "ask: a watcher sees the question and the answer", "waitingFor"),
    ("TakesAnyAnswer", "ask, model: two questions, and the second choice", "no answered"),
    ("AnswersItself", "ask, model: the answer of a person", "no answered"),
    ("AsksOnAfterCancelling", "ask, model: a cancel request during the question", "no error"),
    ("WaitsForTheServer", "ask, model: the server is away until 10 s after the deadline", "no answered"),
    ("LeavesItsQuestion", "ask, model: the server is away until 10 s after the deadline", "lastAnswer at the end"),
    ("WithdrawsForOthers", "ask, model: another question replaces the question", "the server never had"),
    ("StaysForEver", "dead: a silent server does not delay the exit of a program without an end", "did not end"),
]


def command(*arguments: str) -> str:
    return " ".join([sys.executable, *arguments])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_reference(case: Case) -> None:
    """The reference client passes the case."""
    outcome, why = asyncio.run(play(case, command(f"{FOLDER}/adapters/reference.py"), BINARY))
    assert outcome == "passed", why


@pytest.mark.parametrize(("fault", "name", "said"), BROKEN, ids=[f"{b[0]}-{b[1][:30]}" for b in BROKEN])
def test_fault_is_caught(fault: str, name: str, said: str) -> None:
    """The case fails for the expected reason."""
    outcome, why = asyncio.run(play(CASES[name], command(f"{FOLDER}/adapters/broken.py", fault), BINARY))
    assert outcome == "failed", f"{fault} passed {name!r}"
    assert said in why


def test_each_fault_is_in_the_table() -> None:
    sys.path.insert(0, str(FOLDER / "adapters"))
    from broken import FAULTS

    assert set(FAULTS) == {fault for fault, _, _ in BROKEN}
