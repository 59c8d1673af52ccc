# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The end of an operation, derived from the exception that left its block."""

from __future__ import annotations

import os
import sys
import traceback
from types import CodeType
from typing import Dict, List, Optional, Tuple

from ._json import Report, encoded, short

PREFIX = "urn:live-progress:problem:"
_FRAMES = 8


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


def end_of_loop(code: CodeType) -> Report:
    """Returns the end of a loop that an exception left: the uncaught exception if it passed through that code."""
    error = getattr(sys, "last_value", None)
    if isinstance(error, BaseException) and passed_through(error, code):
        return end_of(error)
    return abandoned("An exception left the loop before its end.")


def passed_through(error: BaseException, code: CodeType) -> bool:
    """Returns whether an exception passed through a function with that code."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            return True
        trace = trace.tb_next
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
