# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The open question of an operation. The caller must hold the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, Optional

from ._http import ProgressError
from ._json import Report
from ._question import Question, Unanswered
from ._waiting import last_answer_of, waiting_for_of

if TYPE_CHECKING:
    from ._channel import Channel

#: The longest interval of the reports that ask for an answer, if no watch brings it, in seconds.
_LONGEST_BEAT = 2.0


class Asked:
    """The part of a channel that knows its open question."""

    #: The open question, or the last one.
    question: Optional[Question] = None
    #: The channel of the operation on the server that receives this channel's reports, if it is another one.
    host: Optional[Channel] = None
    _newest = -1

    def begin_question(self, question: Question) -> Report:
        """Makes a question the open one, which replaces an open question; returns its report."""
        self.end_question(Unanswered("Another question of this program has replaced the question."))
        question.floor = self._newest
        self.question = question
        return {"waitingFor": question.text}

    def end_question(self, error: Exception) -> None:
        """Ends an open question without an answer."""
        if self.question is not None:
            self.question.end(None, error)

    def beat_of_question(self, seconds: float) -> float:
        """Returns the interval of a silent worker's reports; a short one if only their responses bring an answer."""
        question = self.question
        is_blind = question is not None and not question.is_over and not question.is_watched
        return min(seconds, _LONGEST_BEAT) if is_blind else seconds

    def question_sent(self, reports: Iterable[Report]) -> None:
        """Handles reports that the server has taken."""
        question = self.question
        # The text is the same object in the report, whatever reports it was folded with.
        if question is not None and any(report.get("waitingFor") is question.text for report in reports):
            question.sent()

    def question_refused(self, report: Report, message: str) -> None:
        """Handles a report that the server has refused as invalid."""
        if self.question is not None and report.get("waitingFor") is self.question.text:
            self.question.may_be_open = False
            self.question.end(None, ProgressError("refused", message))

    def question_heard(self, wire: Dict[str, Any]) -> None:
        """Handles a snapshot of the operation."""
        if self.question is not None:
            self.question.heard(wire)
        for shown in (waiting_for_of(wire.get("waitingFor")), last_answer_of(wire.get("lastAnswer"))):
            if shown is not None:
                self._newest = max(self._newest, shown.number)
