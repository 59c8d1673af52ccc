# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""JSON encoding that never raises, and runs in the worker's thread."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, Iterable, Iterator, Mapping, Tuple

#: A report: the name of each member, and its value as a JSON text.
Report = Dict[str, str]

#: The maximum length of a member, which bounds the queue; a note replaces a longer member.
MAXIMUM_LENGTH = 64 * 1024
_DEEPEST = 32
#: The maximum number of values in a value that is not JSON; a note replaces the rest.
_MOST_VALUES = 10_000


def encoded(value: object) -> str:
    """Returns the value as a JSON text; later changes of the value have no effect on it."""
    return _limited(_text(value))


def members_of(details: object, more: Mapping[str, object]) -> Report:
    """Returns details with further members, each as a JSON text; details that are no mapping become a member."""
    try:
        given = dict(details) if isinstance(details, Mapping) else {} if details is None else {"value": details}
    except Exception:
        given = {"value": short(details)}
    return {short(name): _text(value) for name, value in {**given, **more}.items()}


def joined(members: Report) -> str:
    """Returns an object with the given members as a JSON text."""
    return _limited(_object(members))


def labels_of(labels: object) -> Dict[str, str]:
    """Returns the labels as texts; without a mapping, there are none."""
    try:
        given = dict(labels) if isinstance(labels, Mapping) else {}
    except Exception:
        given = {}
    return {short(name, 256): short(value, 256) for name, value in given.items()}


def _text(value: object) -> str:
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except Exception:
        return json.dumps(_Plain().of(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _object(members: Report) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in members.items()) + "}"


def _limited(text: str) -> str:
    if len(text) <= MAXIMUM_LENGTH:
        return text
    return json.dumps({"omitted": f"{len(text)} characters, more than {MAXIMUM_LENGTH}"})


def body(report: Report) -> bytes:
    """Returns the report as the body of a request."""
    return _object(report).encode("utf-8", "replace")  # JSON cannot contain a lone surrogate


def short(text: object, length: int = 1024) -> str:
    """Returns a text of at most ``length`` characters, even if ``__str__`` raises."""
    try:
        result = str(text)
    except Exception:
        result = f"<{type(text).__name__}>"
    result = result.encode("utf-8", "replace").decode()
    return result if len(result) <= length else result[: length - 1] + "…"


class _Plain:
    """Converts one value to the closest JSON value. A cycle, or too many values, ends with a note."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def of(self, value: object, above: Tuple[int, ...] = ()) -> object:
        """Converts a value; ``above`` has the identities of the containers around it."""
        self._left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return short(value, MAXIMUM_LENGTH)
        try:
            if isinstance(value, int):
                return int(value) if value.bit_length() < 1024 else short(value)
            if isinstance(value, float):
                return float(value) if math.isfinite(value) else None
            if isinstance(value, (Mapping, list, tuple, set, frozenset)):
                return self._container(value, above)
            item = getattr(value, "item", None)  # a NumPy number, or a tensor of one element
            if callable(item) and len(above) < _DEEPEST:
                return self.of(item(), (0,) * _DEEPEST)
        except Exception:
            pass
        return short(value)

    def _container(self, value: Any, above: Tuple[int, ...]) -> object:
        if len(above) >= _DEEPEST or self._left <= 0 or id(value) in above:
            return "…"
        inner = (*above, id(value))
        if isinstance(value, Mapping):
            return {short(name): self.of(item, inner) for name, item in self._first(value.items())}
        return [self.of(item, inner) for item in self._first(value)]

    def _first(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            if self._left <= 0:
                return
            yield item
