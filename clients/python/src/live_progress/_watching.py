# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The state machine of a watch over several connections, without I/O and without a clock.

Each revision is returned once and in order, over all connections.
"""

from __future__ import annotations

import dataclasses
import json
import random
import urllib.parse
from typing import Any, Dict, Optional

from ._http import KINDS, TRANSIENT, ProgressError
from ._settings import Target
from ._snapshot import Snapshot, snapshot_of
from ._websocket import Closed, Event, Refused, WebSocket

#: The timeouts in seconds of a connection with its handshake, and of a silent server, which pings every 25 s.
CONNECTING, SILENCE = 10.0, 40.0
_LONGEST_DELAY = 10.0
#: The number of attempts before the first message.
_FIRST_TRIES = 5


class WatchLost(Exception):
    """The connection is lost; another attempt follows, not before the Retry-After of the server."""

    def __init__(self, reason: str, retry_after: Optional[float] = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Watching:
    """The state of a watch: its cursor and its failed attempts."""

    def __init__(self, target: Target, cursor: Optional[str]) -> None:
        self._target = target
        self.cursor = cursor
        self.is_over = False
        #: Whether the server has requested a new token.
        self.wants_token = False
        self._revision: Optional[int] = None
        self._failures = 0
        self._has_received = False
        #: The maximum time without a message or a ping, in seconds.
        self.silence = SILENCE
        if cursor is not None:
            revision = cursor.rpartition("-")[2]
            self._revision = int(revision) if revision.isdecimal() and len(revision) < 20 else None

    def connection(self, token: Optional[str]) -> WebSocket:
        """Returns the next connection, which continues at the cursor."""
        query = f"?cursor={urllib.parse.quote(self.cursor)}" if self.cursor else ""
        return WebSocket(self._target.url + query, token)

    def received(self, event: Event) -> Optional[Snapshot]:
        """Returns a new snapshot or ``None``; raises ``ProgressError`` if the watch has failed, else ``WatchLost``."""
        if isinstance(event, Refused):
            self._refused(event)
        if isinstance(event, Closed):
            if event.code == 1000 and self.cursor is not None and not self._has_received:
                self.is_over = True  # the caller has the end already
                return None
            self._closed(event)
        try:
            message = json.loads(event)  # type: ignore[arg-type]
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise WatchLost("The server sent a message that is not a JSON object.")
        if message.get("type") == "removed":
            raise ProgressError("gone", "The operation was deleted, or its retention is over.")
        if message.get("type") == "error":
            self.wants_token = str(_member(message, "error", "type")).endswith(":unauthenticated")
            return None
        if message.get("type") not in ("snapshot", "update", "end"):
            return None
        return self._snapshot(message)

    def lost(self, error: WatchLost) -> float:
        """Returns the seconds before the next attempt; raises ``ProgressError`` if there is no further attempt."""
        self._failures += 1
        if not self._has_received and self._failures >= _FIRST_TRIES:
            raise ProgressError("unreachable", f"{self._target.url} cannot be watched: {error}")
        if error.retry_after is not None:
            # A short random delay after Retry-After, so that not all clients return at the same time.
            return error.retry_after + random.uniform(0.05, 0.5)
        return min(_LONGEST_DELAY, 0.25 * 2.0 ** min(self._failures, 10)) * random.uniform(0.5, 1.0)

    def _snapshot(self, message: Dict[str, Any]) -> Optional[Snapshot]:
        try:
            snapshot = snapshot_of(message)
        except ValueError as error:
            raise WatchLost(str(error)) from None
        # Only a message resets the backoff, because a server may accept connections and drop them.
        self._failures = 0
        self._has_received = True
        is_end = message.get("type") == "end" or snapshot.is_ended
        self.is_over = self.is_over or is_end
        skipped = snapshot.skipped
        if self.cursor is not None and self._revision is not None and _epoch(self.cursor) == _epoch(snapshot.cursor):
            if snapshot.revision <= self._revision:
                return None
            skipped = max(skipped, snapshot.revision - self._revision - 1)
        self.cursor, self._revision = snapshot.cursor, snapshot.revision
        return dataclasses.replace(snapshot, skipped=skipped)

    def _refused(self, event: Refused) -> None:
        answer = event.answer
        if answer.status in TRANSIENT:
            raise WatchLost(answer.message, answer.retry_after)
        raise ProgressError(KINDS.get(answer.status, "refused"), answer.message)

    def _closed(self, event: Closed) -> None:
        # The code 1000 means that the operation has ended. Only a message contains the end, so the watch reconnects.
        comes_back = event.code in (1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014) or 4000 <= event.code < 4500
        reason = event.reason or f"The server closed the connection with {event.code}."
        if comes_back:
            raise WatchLost(reason)
        raise ProgressError(_CLOSED.get(event.code, "refused"), reason)


_CLOSED = {4501: "unauthenticated", 4503: "forbidden", 4504: "unknown", 4510: "gone"}


def _epoch(cursor: str) -> str:
    return cursor.rpartition("-")[0]


def _member(message: Dict[str, Any], *names: str) -> object:
    value: Any = message
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
