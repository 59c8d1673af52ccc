# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""How an operation ended, from what ended its block."""

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
    """Somebody has asked the operation to stop; raised by ``advance()`` and by the loop of ``track``.

    Let it leave the block: the operation ends as cancelled.
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
    """The report that ends an operation."""
    report = {"status": encoded(status)}
    if error is not None:
        report["error"] = encoded(error)
    return report


def abandoned(detail: str) -> Report:
    """The end of an operation that nobody ended."""
    return end("failed", {"type": PREFIX + "abandoned", "title": "Abandoned", "detail": detail})


def end_of(error: Optional[BaseException]) -> Report:
    """The end that an exception means; ``None`` is success."""
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
    """An exception as problem details: its type, its message, its last frames, and no value of any variable."""
    result: Dict[str, object] = {"title": type(error).__name__}
    detail = short(error, 2000)
    if detail:
        result["detail"] = detail
    frames = _frames(error)
    if frames:
        result["frames"] = frames
    return result


def end_of_loop(code: CodeType) -> Report:
    """The end of a loop in that code which an exception has left: the one that nobody caught, if it was that."""
    error = getattr(sys, "last_value", None)
    if isinstance(error, BaseException) and passed_through(error, code):
        return end_of(error)
    return abandoned("The loop was left before its end, and not by break or return.")


def passed_through(error: BaseException, code: CodeType) -> bool:
    """Whether an exception passed through a function of that code."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            return True
        trace = trace.tb_next
    return False


def _is_cancellation(error: BaseException) -> bool:
    # Whoever raised one has imported asyncio; a worker without it need not pay for the import.
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
    # The folders above say more of the machine than of the fault.
    return file.replace("\\", "/").split("/")[-2:] or [file]
