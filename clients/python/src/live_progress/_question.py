# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The state machine of a question: it learns the answer from snapshots. No I/O, no clock and no thread.

The caller must hold the lock.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ._fields import text_of, whole_of
from ._http import ProgressError
from ._json import encoded
from ._problem import Cancelled
from ._snapshot import ENDED
from ._waiting import last_answer_of, waiting_for_of

_LONGEST_MESSAGE, _LONGEST_TEXT, _MOST_CHOICES = 4096, 256, 16
_YEAR = 365 * 24 * 3600.0
_KINDS = ("question", "permission", "input")


class Unanswered(Exception):
    """Nobody has answered a question, and it has no default; raised by ``ask``.

    The deadline has passed, the question was withdrawn or replaced, or there is no server that could show it.
    ```python
    try:
        name = op.ask("Which branch?", kind="input", timeout=600)
    except Unanswered:
        name = "main"
    ```
    """


class Question:
    """One question of a worker."""

    def __init__(
        self, message: str, choices: Sequence[str], default: Optional[str], timeout: Optional[float], kind: str
    ) -> None:
        """Raises ``ValueError`` for a question that every server refuses."""
        if isinstance(choices, str):
            raise ValueError("The choices should be a list of texts.")
        self.kind, self.timeout = kind, timeout
        self.message = _text("message", message, _LONGEST_MESSAGE)
        self.choices: Tuple[str, ...] = tuple(_text("choice", choice, _LONGEST_TEXT) for choice in choices)
        self.default = None if default is None else _text("default", default, _LONGEST_MESSAGE)
        self._check()
        members: Dict[str, Any] = {"kind": kind, "message": self.message}
        if self.choices:
            members["choices"] = list(self.choices)
        if timeout is not None:
            members["timeout"] = timeout
        if self.default is not None:
            members["default"] = self.default
        #: The member of the report. This object identifies the report among others, also after reports are folded.
        self.text = encoded(members)
        #: Whether the server has the question.
        self.is_sent = False
        #: Whether a watch brings the answer. Without it, only the responses to reports do.
        self.is_watched = True
        self.is_over = False
        #: Whether the server may show the question, which then must be withdrawn.
        self.may_be_open = True
        #: Functions to call when the server has the question, and when the question is over.
        self.observers: List[Callable[[], None]] = []
        #: The highest number of an earlier question, whose answer is not the answer to this question.
        self.floor = -1
        self._number: Optional[int] = None
        self._place: Optional[Tuple[str, int]] = None
        self._answer: Optional[str] = None
        self._error: Optional[Exception] = None

    def _check(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"{self.kind!r} is not a kind of question: it should be one of {', '.join(_KINDS)}.")
        if len(self.choices) > _MOST_CHOICES or len(set(self.choices)) < len(self.choices):
            raise ValueError(f"The choices should be at most {_MOST_CHOICES} different texts.")
        if self.timeout is not None and not (math.isfinite(self.timeout) and 0 < self.timeout <= _YEAR):
            raise ValueError("The timeout should be more than 0 seconds and at most a year.")
        if self.default is not None:
            if self.timeout is None:
                raise ValueError("A default needs a timeout, after which it is the answer.")
            if self.choices and self.default not in self.choices:
                raise ValueError(f"The default {self.default!r} should be one of the choices.")

    def sent(self) -> None:
        """Notes that the server has the question."""
        self.is_sent = True
        self._tell()

    def heard(self, wire: Dict[str, Any]) -> None:
        """Handles a snapshot that is not older than the question, if the server has the question."""
        if self.is_over or not self.is_sent or self._is_older(wire):
            return
        waiting, last = waiting_for_of(wire.get("waitingFor")), last_answer_of(wire.get("lastAnswer"))
        if self._number is None:
            # The question may be answered before the response to its report arrives, or be replaced.
            for shown in (waiting, last):
                if shown is not None and shown.message == self.message and shown.number > self.floor:
                    self._number = shown.number
                    break
        is_open = waiting is not None and waiting.number == self._number
        self.may_be_open = is_open
        if last is not None and last.number == self._number:
            self.end(last.answer, None if last.answer is not None else Unanswered(self._late()))
        elif wire.get("status") == "cancelling":
            self.end(None, Cancelled(f"A watcher has requested the cancellation during the question {self.message!r}."))
        elif wire.get("status") in ENDED:
            self.end(None, ProgressError("ended", "The operation has ended before an answer."))
        elif not is_open:
            self.end(None, Unanswered(f"The question {self.message!r} was withdrawn or replaced."))

    def give_up(self) -> None:
        """Ends the question without the server: the default is the answer."""
        self.end(self.default, None if self.default is not None else Unanswered(self._late()))

    def end(self, answer: Optional[str], error: Optional[Exception]) -> None:
        """Ends the question with an answer or an error; only the first end counts."""
        if not self.is_over:
            self._answer, self._error, self.is_over = answer, error, True
            self._tell()

    def result(self) -> str:
        """Returns the answer; raises the error if there is none."""
        if self._error is not None:
            raise self._error
        return self._answer or ""

    def _late(self) -> str:
        return f"Nobody has answered the question {self.message!r}."

    def _tell(self) -> None:
        for observer in list(self.observers):
            observer()

    def _is_older(self, wire: Dict[str, Any]) -> bool:
        """Returns whether another node has sent a copy from before the question."""
        epoch = (text_of(wire.get("cursor")) or "").rpartition("-")[0]
        revision = whole_of(wire.get("revision"))
        if revision is None:
            return True
        if self._place is None:
            self._place = (epoch, revision)
        return self._place[0] == epoch and revision < self._place[1]


def _text(name: str, text: object, longest: int) -> str:
    """Returns a text as the server receives it; JSON cannot contain a lone surrogate."""
    if not isinstance(text, str):
        raise ValueError(f"The {name} should be a text.")
    data = text.encode("utf-8", "replace")
    if not 0 < len(data) <= longest:
        raise ValueError(f"The {name} should have 1 to {longest} bytes.")
    return data.decode()
