# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Bars of tqdm as operations. The sender's thread reads the bars, so a step of a bar costs no extra time."""

from __future__ import annotations

import sys
import weakref
from typing import Any, Callable, Dict, Optional

from ._begin import operation
from ._counts import count_of
from ._operation import Operation
from ._problem import end, end_of
from ._sender import sender
from ._state import lock


def patch_tqdm() -> Callable[[], None]:
    """Makes each new tqdm bar of this process report as an operation; returns a function that undoes the patch.

    ```python
    live_progress.patch_tqdm()
    for row in tqdm(rows, desc="Import", unit="rows"):
        insert(row)
    ```

    Subclasses such as the bars of ``tqdm.auto`` also report; disabled bars do not. A bar that is closed before its
    total ends as cancelled, or as failed with the exception of its ``with`` block.
    """
    try:
        from tqdm.std import tqdm  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return lambda: None
    if "_live_progress" in vars(tqdm):
        return lambda: None
    replaced = {name: vars(tqdm).get(name) for name in ("__init__", "close", "__exit__", "reset")}

    def undo() -> None:
        for name, value in {**replaced, "_live_progress": None}.items():
            if value is None:
                delattr(tqdm, name)
            else:
                setattr(tqdm, name, value)

    # The originals may be no plain functions, so they are read with getattr.
    for name, value in _wrappers({name: getattr(tqdm, name) for name in replaced}).items():
        setattr(tqdm, name, value)
    setattr(tqdm, "_live_progress", None)  # noqa: B010
    return undo


def _wrappers(original: Dict[str, Any]) -> Dict[str, Any]:
    def __init__(self: Any, *arguments: Any, **options: Any) -> None:
        original["__init__"](self, *arguments, **options)
        self._live_progress = None
        try:
            if not getattr(self, "disable", False):
                self._live_progress = _Bar(self)
        except Exception:
            pass  # a bar must work even if it cannot report

    def close(self: Any) -> None:
        bar, self._live_progress = getattr(self, "_live_progress", None), None
        if bar is not None:
            # When a loop is left, its bar closes while the bar's generator closes.
            bar.close(self, bar.new_error(self, sys.exc_info()[1]))
        original["close"](self)

    def __exit__(self: Any, kind: Any, error: Optional[BaseException], trace: Any) -> Any:
        bar, self._live_progress = getattr(self, "_live_progress", None), None
        if bar is not None:
            bar.close(self, error)
        return original["__exit__"](self, kind, error, trace)

    def reset(self: Any, total: Optional[float] = None) -> None:
        bar = getattr(self, "_live_progress", None)
        original["reset"](self, total)
        if bar is not None:
            try:
                bar.read(self)
            except Exception:
                pass

    return {"__init__": __init__, "close": close, "__exit__": __exit__, "reset": reset}


class _Bar:
    """A bar and its operation."""

    def __init__(self, bar: Any) -> None:
        # A bar without a description gets the title "tqdm".
        self._title = bar.desc.rstrip(": ") if bar.desc else ""
        unit = "bytes" if bar.unit == "B" else {"it": None}.get(bar.unit, bar.unit)
        self.operation: Operation = operation(
            self._title or "tqdm", total=bar.total, unit=unit, display=False, raise_cancelled=False
        )
        self._total = bar.total
        self._postfix = ""
        #: The exception that is handled while the bar is created.
        self._handled = id(sys.exc_info()[1])  # a reference would be a cycle
        reference = weakref.ref(bar)

        def watch() -> None:
            held = reference()
            if held is None or self.operation._channel.has_end:
                sender().watchers.remove(watch)
            else:
                self.read(held)

        if self.operation._channel.is_told:
            sender().watchers.append(watch)

    def read(self, bar: Any) -> None:
        """Reports the values of the bar."""
        channel = self.operation._channel
        done, total = count_of(bar.n) or 0, count_of(bar.total)
        with lock:
            # A bar can be reset, but the reported count must not fall.
            channel.counts.done = max(channel.counts.done, done)
            if bar.total != self._total:
                self._total = bar.total
                channel.counts.set_total(total)
        title, postfix = (bar.desc or "").rstrip(": "), str(getattr(bar, "postfix", None) or "")
        if title and title != self._title:
            self._title = title
            self.operation.set(title=title)
        if postfix != self._postfix:
            self._postfix = postfix
            self.operation.update(title or "Running", line=postfix)

    def new_error(self, bar: Any, error: Optional[BaseException]) -> Optional[BaseException]:
        """Returns an exception that ends the bar; ``None`` if the handler of the exception only uses the bar."""
        total = count_of(bar.total)
        is_complete = total is not None and (count_of(bar.n) or 0) >= total
        return None if id(error) == self._handled or (isinstance(error, Exception) and is_complete) else error

    def close(self, bar: Any, error: Optional[BaseException]) -> None:
        try:
            self.read(bar)
            is_short = bar.total is not None and bar.n < bar.total
        except Exception:
            is_short = False
        if isinstance(error, (StopIteration, StopAsyncIteration)):
            error = None  # an asynchronous bar is closed during the end of its iteration
        if error is None or isinstance(error, GeneratorExit):
            self.operation._finish(end("cancelled") if is_short or error is not None else end_of(None))
        else:
            self.operation._finish(end_of(error))
