# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Answering the question of an operation."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ._http import ProgressError, call
from ._settings import Target, settings
from ._snapshot import Snapshot, snapshot_of

_KINDS = frozenset(("not-waiting", "already-answered", "answer-not-accepted", "ended"))


def answer(url: str, text: str, *, number: Optional[int] = None, token: Optional[str] = None) -> Snapshot:
    """Answers the open question of an operation; returns the snapshot with the answer. Raises ``ProgressError``.

    ```python
    for snapshot in watch(url):
        question = snapshot.waiting_for
        if question is not None:
            answer(url, input(f"{question.message} "), number=question.number)
    ```

    With ``number``, only the question with that number is answered, so that an answer never meets a newer question.
    Without it, the open question is answered. The kind of the error is ``not-waiting`` if no question is open,
    ``already-answered`` if another question than ``number`` is open, and ``answer-not-accepted`` if the text is not one
    of the choices. The default of ``token`` is that of ``watch``; it needs the permission ``answer``.
    """
    target = Target.of_url(url)
    report: Dict[str, Any] = {"answer": text}
    if number is not None:
        report["number"] = number
    held = token or target.token or settings().token
    response = call("POST", f"{target.url}/answer", held, report, _KINDS)
    try:
        return snapshot_of(response.json)
    except ValueError as error:
        raise ProgressError("refused", f"The server at {url} has answered without a snapshot: {error}") from None
