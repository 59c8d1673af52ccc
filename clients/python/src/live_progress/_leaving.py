# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Finds out how a loop was left before its end: by ``break`` or ``return``, by an exception, or by its consumer."""

from __future__ import annotations

import dis
import gc
from types import FrameType, TracebackType
from typing import Optional

from ._problem import Exit

_GENERATOR = 0x20  # the flag CO_GENERATOR of code
_YIELDS = ("YIELD_VALUE", "YIELD_FROM", "SEND", "RESUME")


def exit_of(frame: Optional[FrameType]) -> Optional[Exit]:
    """Returns where a frame left its loop; ``None`` means on purpose, by ``break`` or ``return``.

    ``break`` and ``return`` drop the iterator with a separate instruction. An exception comes from another instruction,
    and so does a consumer that drops the iterator without an exception, such as ``zip`` and ``any``.
    """
    # A generator that is closed where it yields was itself left by the frame that held it.
    while frame is not None and frame.f_code.co_flags & _GENERATOR and _instruction(frame) in _YIELDS:
        frame = frame.f_back
    if frame is None or _instruction(frame) in ("POP_TOP", "POP_ITER"):
        return None
    if _instruction(frame) == "RERAISE":
        return Exit(frame.f_code, None, True)  # the traceback has another instruction
    return Exit(frame.f_code, frame.f_lasti, _has_exception(frame))


def _instruction(frame: FrameType) -> str:
    code, last = frame.f_code.co_code, frame.f_lasti
    return dis.opname[code[last]] if 0 <= last < len(code) else ""


def _has_exception(frame: FrameType) -> bool:
    """Returns whether an exception leaves the current instruction of a frame.

    Python has no function for that, but the traceback of such an exception was created immediately before, so it is
    among the youngest objects of the garbage collector.
    """
    return any(
        type(item) is TracebackType and item.tb_frame is frame and item.tb_lasti == frame.f_lasti
        for generation in (0, 1)
        for item in gc.get_objects(generation)
    )
