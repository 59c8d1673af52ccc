# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The question and the answer in a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Optional, Tuple

from ._fields import date_of, mapping_of, text_of, whole_of


@dataclass(frozen=True)
class WaitingFor:
    """The open question of an operation; an immutable value.

    ```python
    if snapshot.waiting_for is not None:
        print(snapshot.waiting_for.message, snapshot.waiting_for.choices)
    ```
    """

    #: Identifies the question among those of the operation; a newer question has a higher number.
    number: int
    #: question, permission or input.
    kind: str
    message: str
    #: The possible answers; empty if every text is an answer.
    choices: Tuple[str, ...]
    #: The answer at the deadline; ``None`` if there is none.
    default: Optional[str]
    asked_at: Optional[datetime]
    deadline: Optional[datetime]


@dataclass(frozen=True)
class LastAnswer:
    """The newest question that was answered, or whose deadline has passed; an immutable value.

    ```python
    if snapshot.last_answer is not None:
        print(snapshot.last_answer.message, snapshot.last_answer.answer)
    ```
    """

    number: int
    message: str
    #: The answer; ``None`` if the deadline has passed and there is no default.
    answer: Optional[str]
    #: Who answered; ``None`` if unknown, and after the deadline.
    answered_by: Optional[str]
    answered_at: Optional[datetime]
    #: Whether the deadline has passed without an answer of a person.
    is_expired: bool


def waiting_for_of(value: object) -> Optional[WaitingFor]:
    """Returns the open question in a member of a message; ``None`` if there is none."""
    wire = mapping_of(value)
    number, message = whole_of(wire.get("number")), text_of(wire.get("message"))
    if number is None or message is None:
        return None
    choices = wire.get("choices")
    return WaitingFor(
        number=number,
        kind=text_of(wire.get("kind")) or "question",
        message=message,
        choices=tuple(text for text in choices if isinstance(text, str)) if isinstance(choices, list) else (),
        default=text_of(wire.get("default")),
        asked_at=date_of(wire.get("askedAt")),
        deadline=date_of(wire.get("deadline")),
    )


def last_answer_of(value: object) -> Optional[LastAnswer]:
    """Returns the newest answer in a member of a message; ``None`` if there is none."""
    wire = mapping_of(value)
    number, message = whole_of(wire.get("number")), text_of(wire.get("message"))
    if number is None or message is None:
        return None
    return LastAnswer(
        number=number,
        message=message,
        answer=text_of(wire.get("answer")),
        answered_by=text_of(wire.get("answeredBy")),
        answered_at=date_of(wire.get("answeredAt")),
        is_expired=wire.get("isExpired") is True,
    )
