# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The creation of operations, and the current operation."""

from __future__ import annotations

import logging
import uuid
import weakref
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

from . import _display
from ._channel import Channel
from ._counts import count_of
from ._guest import Guest, guest_of, take_ownership
from ._http import token_of
from ._json import Report, encoded, labels_of, short
from ._operation import Operation
from ._sender import sender
from ._settings import Settings, Target, settings
from ._state import current_operation


def operation(
    title: str = "",
    *,
    total: Optional[float] = None,
    unit: Optional[str] = None,
    id: Optional[str] = None,
    labels: Optional[Mapping[str, str]] = None,
    parent: Union[Operation, str, None] = None,
    cancellable: bool = True,
    raise_cancelled: bool = True,
    server: Optional[str] = None,
    token: Optional[str] = None,
    display: Optional[bool] = None,
) -> Operation:
    """Begins an operation on the configured server, or within the operation of ``LIVE_PROGRESS_URL``.

    With ``LIVE_PROGRESS_OWNER=1``, the first operation is the operation of ``LIVE_PROGRESS_URL``, and ends it.

    In a ``with`` or ``async with`` block, it is the current operation, and ends with the block: it succeeds, fails with
    the exception, or is cancelled by ``KeyboardInterrupt``, ``asyncio.CancelledError`` and ``Cancelled``.
    Without a server, all calls do nothing.

    ```python
    with operation("Deploy", total=3) as op:
        op.update("Building", sha=sha)
        op.advance()
    ```

    - ``id``: a fixed identifier, for example of a nightly job; the operation restarts if its last run has ended.
    - ``parent``: the parent operation; by default the current operation.
    - ``cancellable``: whether cancel requests are accepted; ``raise_cancelled``: whether ``advance`` then raises.
    - ``server``, ``token``, ``display``: as in ``configure``, for this operation.
    """
    held = settings()
    if server is not None:
        held = held._replace(server=short(server) or None, url=None)
    if token is not None:
        held = held._replace(token=token_of(token))
    if display is not None:
        held = held._replace(display=display)
    channel, guest = _channel(held, id, _creation(title, total, unit, labels, parent, cancellable), cancellable)
    channel.title = short(title)
    channel.counts.begin(total, unit, is_told=not channel.is_created)
    result = Operation(channel, raises=raise_cancelled and cancellable)
    reference = weakref.ref(result)
    channel.is_held = lambda: reference() is not None
    if guest is not None:
        guest.begin(channel)
        sender().attend(guest.channel)
    is_shown = not held.disabled and _display.show(channel, held.display)
    if channel.is_told or is_shown:
        sender().attend(channel)
    return result


def current() -> Operation:
    """Returns the current operation of the calling code; without one, an operation that ignores all calls.

    If ``LIVE_PROGRESS_URL`` is set, as under ``live-progress run``, the default is that operation. A new thread has no
    current operation: pass the operation to the thread, or run the thread in ``contextvars.copy_context()``.

    ```python
    def insert(row):
        ...
        current().advance()
    ```
    """
    result = current_operation.get()
    if result is not None:
        return result
    held = settings()
    if held.url is None or held.disabled:
        return _NOTHING
    try:
        guest = guest_of(held.url, held.token)
    except ValueError:
        return _NOTHING
    return Operation(guest.channel, ends=False)


def ask(
    message: str,
    *,
    choices: Sequence[str] = (),
    default: Optional[str] = None,
    timeout: Optional[float] = None,
    kind: str = "question",
) -> str:
    """Asks a question of the current operation, waits for the answer, and returns its text; see ``Operation.ask``.

    ```python
    if ask("Apply 3 changes?", choices=["yes", "no"], default="no", timeout=60) == "yes":
        apply(changes)
    ```

    Without a current operation, the answer is the default at once; without a default, raises ``Unanswered``.
    """
    return current().ask(message, choices=choices, default=default, timeout=timeout, kind=kind)


async def aask(
    message: str,
    *,
    choices: Sequence[str] = (),
    default: Optional[str] = None,
    timeout: Optional[float] = None,
    kind: str = "question",
) -> str:
    """Asks like ``ask``, and lets other tasks run until the answer.

    ```python
    name = await aask("Which branch?", kind="input", default="main", timeout=600)
    ```
    """
    return await current().aask(message, choices=choices, default=default, timeout=timeout, kind=kind)


_NOTHING = Operation(Channel(None), ends=False)
_NOTHING._channel.has_end = True


def _creation(title: str, total: Any, unit: Any, labels: Any, parent: Any, cancellable: bool) -> Report:
    report = {"title": encoded(short(title)), "cancellable": encoded(bool(cancellable))}
    count = count_of(total)
    if count is not None:
        report["totalCount"] = str(int(count))
    if unit is not None:
        report["unit"] = encoded(short(unit, 256))
    if labels is not None:
        report["labels"] = encoded(labels_of(labels))
    outer = parent if parent is not None else current_operation.get()
    name = outer.id if isinstance(outer, Operation) else "" if outer is None else short(outer, 128)
    if name:
        report["parent"] = encoded(name)
    return report


def _channel(held: Settings, id: Optional[str], creation: Report, cancellable: bool) -> Tuple[Channel, Optional[Guest]]:
    guest = None
    name = "" if id is None else short(id, 256)
    try:
        if not held.disabled and held.url is not None:
            guest = guest_of(held.url, held.token)
            if take_ownership():
                return guest.own(), None
            if guest.channel.has_end:
                guest = None  # this program has ended the operation, so its later operations report nothing
        elif not held.disabled and held.server is not None:
            target = Target.on_server(str(held.server), name or str(uuid.uuid4()), held.token)
            return Channel(target, creation, cancellable), None
    except ValueError as error:
        logging.getLogger("live_progress").warning("live-progress: Nothing is reported: %s", error)
    return Channel(None), guest
