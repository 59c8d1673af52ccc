# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""JSON encoding that never raises, and runs in the worker's thread."""

from __future__ import annotations

import json
import math
from typing import Dict, Mapping

#: A report: the name of each member, and its value as a JSON text.
Report = Dict[str, str]

#: The maximum length of a member, which bounds the queue; a note replaces a longer member.
MAXIMUM_LENGTH = 64 * 1024
_DEEPEST = 32


def encoded(value: object) -> str:
    """Returns the value as a JSON text; later changes of the value have no effect on it."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except Exception:
        text = json.dumps(_plain(value, 0), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= MAXIMUM_LENGTH:
        return text
    return json.dumps({"omitted": f"{len(text)} characters, more than {MAXIMUM_LENGTH}"})


def body(report: Report) -> bytes:
    """Returns the report as the body of a request."""
    text = "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in report.items()) + "}"
    return text.encode("utf-8", "replace")  # JSON cannot contain a lone surrogate


def short(text: object, length: int = 1024) -> str:
    """Returns a text of at most ``length`` characters, even if ``__str__`` raises."""
    try:
        result = str(text)
    except Exception:
        result = f"<{type(text).__name__}>"
    result = result.encode("utf-8", "replace").decode()
    return result if len(result) <= length else result[: length - 1] + "…"


def _plain(value: object, depth: int) -> object:
    """Returns the closest JSON value."""
    if value is None or isinstance(value, (bool, str)):
        return short(value, MAXIMUM_LENGTH) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if depth >= _DEEPEST:
        return short(value)
    try:
        if isinstance(value, Mapping):
            return {short(name): _plain(item, depth + 1) for name, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [_plain(item, depth + 1) for item in value]
        item = getattr(value, "item", None)  # a NumPy number, or a tensor of one element
        if callable(item):
            return _plain(item(), _DEEPEST)
    except Exception:
        pass
    return short(value)
