# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Where operations begin, and which one the code at hand runs in."""

from __future__ import annotations

import logging
import uuid
import weakref
from typing import Any, Mapping, Optional, Tuple, Union

from . import _display
from ._channel import Channel
from ._counts import is_count
from ._guest import Guest, guest_of
from ._json import Report, encoded, short
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
    """Begins an operation: on the server that is configured, or within the one of ``LIVE_PROGRESS_URL``.

    As a block, with ``with`` or ``async with``, it is the current operation within and ends as the block ends: it
    succeeds, fails with what is raised, or is cancelled by ``KeyboardInterrupt``, ``asyncio.CancelledError`` and
    ``Cancelled``.
    Where there is no server, all calls are still good.

    ```python
    with operation("Deploy", total=3) as op:
        op.update("Building", sha=sha)
        op.advance()
    ```

    - ``id``: an identifier of your own, as of a nightly job; it starts anew where the former run has ended.
    - ``parent``: what it belongs to; by default the current operation.
    - ``cancellable``: whether a request to stop is taken; ``raise_cancelled``: whether ``advance`` then raises.
    - ``server``, ``token``, ``display``: as in ``configure``, for this one.
    """
    held = settings()
    if server:
        held = held._replace(server=server, url=None)
    if token:
        held = held._replace(token=token)
    if display is not None:
        held = held._replace(display=display)
    channel, guest = _channel(held, id, _creation(title, total, unit, labels, parent, cancellable), cancellable)
    channel.title = short(title)
    channel.counts.begin(total, unit, is_told=guest is None)
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
    """The operation that the code at hand runs in; where there is none, one that drops everything.

    Under ``live-progress run``, and wherever else ``LIVE_PROGRESS_URL`` is set, it is at least that operation. A new
    thread begins without one: hand it the operation, or run it in ``contextvars.copy_context()``.

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


_NOTHING = Operation(Channel(None), ends=False)


def _creation(title: str, total: Any, unit: Any, labels: Any, parent: Any, cancellable: bool) -> Report:
    report = {"title": encoded(short(title)), "cancellable": encoded(bool(cancellable))}
    if is_count(total):
        report["totalCount"] = str(int(total))
    if unit is not None:
        report["unit"] = encoded(short(unit, 256))
    if isinstance(labels, Mapping):
        report["labels"] = encoded({short(name, 256): short(value, 256) for name, value in labels.items()})
    outer = parent if parent is not None else current_operation.get()
    name = outer.id if isinstance(outer, Operation) else outer
    if name:
        report["parent"] = encoded(short(name, 128))
    return report


def _channel(held: Settings, id: Optional[str], creation: Report, cancellable: bool) -> Tuple[Channel, Optional[Guest]]:
    guest = None
    try:
        if not held.disabled and held.url is not None:
            guest = guest_of(held.url, held.token)
        elif not held.disabled and held.server is not None:
            target = Target.on_server(held.server, id or str(uuid.uuid4()), held.token)
            return Channel(target, creation, cancellable), None
    except ValueError as error:
        logging.getLogger("live_progress").warning("Nothing is reported: %s", error)
    return Channel(None), guest
