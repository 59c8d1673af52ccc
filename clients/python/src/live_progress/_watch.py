# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Watching an operation in a loop."""

from __future__ import annotations

import json
import socket
import threading
import urllib.parse
from types import TracebackType
from typing import Callable, Generator, Iterator, Optional, Tuple, Type, Union

from ._http import call, security
from ._settings import Target, settings
from ._snapshot import Snapshot
from ._watching import CONNECTING, Watching, WatchLost
from ._websocket import WebSocket

Token = Union[str, Callable[[], Optional[str]], None]


def watch(url: str, *, token: Token = None, cursor: Optional[str] = None) -> Watch:
    """Watches an operation to its end: yields the current snapshot, then each newer one, and always the last one.

    ```python
    for snapshot in watch(url):
        print(snapshot.status, snapshot.fraction)
    ```

    After a lost connection, the watch reconnects and continues at its cursor. Raises ``ProgressError`` if the operation
    cannot be watched. ``token`` can be a function, which is called before each connection and when the token expires.
    The default is the token in the fragment of the link, or ``LIVE_PROGRESS_TOKEN``. With a ``cursor``, the watch
    starts after that snapshot.
    """
    return Watch(Target.of_url(url), token, cursor)


def cancel(url: str, *, token: Optional[str] = None) -> None:
    """Requests the cancellation of an operation; the worker ends the operation. Raises ``ProgressError``.

    ```python
    cancel("http://127.0.0.1:8080/api/v1/progress/import-7")
    ```
    """
    target = Target.of_url(url)
    call("POST", f"{target.url}/cancel", token or target.token or settings().token)


class Watch:
    """An iterator over the snapshots of an operation. ``close`` from any thread ends the loop.

    Without ``close``, the connection is closed as soon as nothing refers to this object.
    """

    def __init__(self, target: Target, token: Token, cursor: Optional[str]) -> None:
        self._loop = _Loop(target, token, cursor)
        # The generator refers to the loop and not to this object; a cycle would keep the connection open.
        self._snapshots = self._loop.run()

    def __iter__(self) -> Iterator[Snapshot]:
        return self

    def __next__(self) -> Snapshot:
        return next(self._snapshots)

    def close(self) -> None:
        """Stops the watch; a loop that waits for the next snapshot ends."""
        self._loop.stop()
        try:
            self._snapshots.close()
        except ValueError:
            pass  # another thread runs the generator, and its loop ends now

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()


class _Loop:
    """The connections of a watch."""

    def __init__(self, target: Target, token: Token, cursor: Optional[str]) -> None:
        self._target = target
        self._token = token
        self._machine = Watching(target, cursor)
        self._closed = threading.Event()
        self._socket: Optional[socket.socket] = None

    def stop(self) -> None:
        """Ends the connection; any thread may call this."""
        self._closed.set()
        held = self._socket
        if held is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _ask(self) -> Optional[str]:
        token = self._token() if callable(self._token) else self._token
        return token or self._target.token or settings().token

    def run(self) -> Generator[Snapshot, None, None]:
        machine = self._machine
        while not self._closed.is_set():
            try:
                for snapshot in self._connection():
                    yield snapshot
                    if self._closed.is_set():
                        return
                if machine.is_over or self._closed.is_set():
                    return
            except WatchLost as error:
                if self._closed.is_set():
                    return
                self._closed.wait(machine.lost(error))

    def _connection(self) -> Iterator[Snapshot]:
        """Yields the snapshots of one connection; raises ``WatchLost`` if it ends before the operation."""
        protocol = self._machine.connection(self._ask())
        try:
            self._socket = held = _connected(self._target.url)
            try:
                held.sendall(taken(protocol))
                while not self._machine.is_over and not self._closed.is_set():
                    for event in protocol.received(held.recv(65536)):
                        snapshot = self._machine.received(event)
                        if snapshot is not None:
                            yield snapshot
                        if self._machine.is_over:
                            protocol.close()
                            break
                    self._renew(protocol)
                    if protocol.is_open:
                        held.settimeout(self._machine.silence)
                    held.sendall(taken(protocol))
            finally:
                self._socket = None
                held.close()
        except OSError as error:
            if not self._machine.is_over:
                raise WatchLost(str(error)) from error

    def _renew(self, protocol: WebSocket) -> None:
        if self._machine.wants_token and callable(self._token):
            self._machine.wants_token = False
            protocol.send(authentication(self._ask()))


def authentication(token: Optional[str]) -> str:
    """Returns the message that sends a new token over an open connection."""
    return json.dumps({"type": "authenticate", "token": token or ""})


def taken(protocol: WebSocket) -> bytes:
    data = bytes(protocol.outgoing)
    protocol.outgoing.clear()
    return data


def address(url: str) -> Tuple[str, int, bool]:
    parts = urllib.parse.urlsplit(url)
    is_encrypted = parts.scheme == "https"
    return parts.hostname or "", parts.port or (443 if is_encrypted else 80), is_encrypted


def _connected(url: str) -> socket.socket:
    host, port, is_encrypted = address(url)
    held = socket.create_connection((host, port), CONNECTING)
    if not is_encrypted:
        return held
    try:
        return security().wrap_socket(held, server_hostname=host)
    except BaseException:
        held.close()
        raise
