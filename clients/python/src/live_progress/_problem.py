# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The end of an operation, derived from the exception that left its block."""

from __future__ import annotations

import os
import sys
import traceback
from types import CodeType
from typing import Dict, List, NamedTuple, Optional, Tuple

from ._json import Report, encoded, short

PREFIX = "urn:live-progress:problem:"
_FRAMES = 8
_CAUSES = 16


class Cancelled(Exception):
    """A watcher has requested the cancellation; raised by ``advance()`` and by the loop of ``track``.

    If the exception leaves the block, the operation ends as cancelled.
    ```python
    try:
        with operation("Import", total=len(rows)) as op:
            for row in rows:
                insert(row)
                op.advance()
    except Cancelled:
        roll_back()
    ```
    """


def end(status: str, error: Optional[Dict[str, object]] = None) -> Report:
    """Returns the report that ends an operation."""
    report = {"status": encoded(status)}
    if error is not None:
        report["error"] = encoded(error)
    return report


def abandoned(detail: str) -> Report:
    """Returns the end of an operation whose worker did not end it."""
    return end("failed", {"type": PREFIX + "abandoned", "title": "Abandoned", "detail": detail})


def end_of(error: Optional[BaseException]) -> Report:
    """Returns the end for an exception; ``None`` means success."""
    if error is None:
        return end("succeeded")
    if isinstance(error, (KeyboardInterrupt, Cancelled)) or _is_cancellation(error):
        return end("cancelled")
    if isinstance(error, SystemExit):
        if error.code in (None, 0):
            return end("succeeded")
        return end("failed", {"title": "SystemExit", "detail": short(error.code), "exitCode": _exit_code(error)})
    return end("failed", problem(error))


def problem(error: BaseException) -> Dict[str, object]:
    """Returns an exception as problem details: its type, message and last frames, without values of variables."""
    result: Dict[str, object] = {"title": type(error).__name__}
    detail = short(error, 2000)
    if detail:
        result["detail"] = detail
    frames = _frames(error)
    if frames:
        result["frames"] = frames
    return result


class Exit(NamedTuple):
    """The place where a loop was left; ``instruction`` is ``None`` if it is not known."""

    code: CodeType
    instruction: Optional[int]
    is_by_exception: bool


def end_of_loop(left: Exit) -> Report:
    """Returns the end of a loop that was left; an exception is known only if no code caught it."""
    error = getattr(sys, "last_value", None)
    if isinstance(error, BaseException) and passed_through(error, left):
        return end_of(error)
    return abandoned("An exception left the loop before its end.") if left.is_by_exception else end("cancelled")


def passed_through(error: BaseException, left: Exit) -> bool:
    """Returns whether an exception, or one that was handled when it was raised, passed through that place."""
    cause: Optional[BaseException] = error
    for _ in range(_CAUSES):
        trace = None if cause is None else cause.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code is left.code and left.instruction in (None, trace.tb_lasti):
                return True
            trace = trace.tb_next
        cause = None if cause is None else cause.__context__
    return False


def _is_cancellation(error: BaseException) -> bool:
    # A CancelledError exists only after an import of asyncio, so this function need not import it.
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def _exit_code(error: SystemExit) -> int:
    return error.code if isinstance(error.code, int) else 1


def _frames(error: BaseException) -> List[str]:
    places: List[Tuple[str, int, str]] = [
        (frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in traceback.walk_tb(error.__traceback__)
    ][-_FRAMES:]
    return [f"{os.path.join(*_tail(file))}:{line} in {name}" for file, line, name in places]


def _tail(file: str) -> List[str]:
    # The outer folders are details of the machine, not of the fault.
    return file.replace("\\", "/").split("/")[-2:] or [file]
