# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The logic of a watch that outlives its connections: what happens goes in, what to do comes out.

Each revision is handed on once and in order, over however many connections. Knows no socket and no clock.
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

#: How long connecting and the handshake may take, and how long a server may say nothing: it pings every 25 s.
CONNECTING, SILENCE = 10.0, 40.0
_LONGEST_DELAY = 10.0
#: How often a watch tries that has never had a message.
_FIRST_TRIES = 5


class WatchLost(Exception):
    """The connection is of no use any more; another try follows, not before what the server has asked for."""

    def __init__(self, reason: str, retry_after: Optional[float] = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Watching:
    """One watch: how far it is, and how often it has failed."""

    def __init__(self, target: Target, cursor: Optional[str]) -> None:
        self._target = target
        self.cursor = cursor
        self.is_over = False
        #: Whether the server asks for a new token.
        self.wants_token = False
        self._revision: Optional[int] = None
        self._failures = 0
        self._has_received = False
        if cursor is not None:
            revision = cursor.rpartition("-")[2]
            self._revision = int(revision) if revision.isdigit() else None

    def connection(self, token: Optional[str]) -> WebSocket:
        """The next connection, which goes on where the last one broke."""
        query = f"?cursor={urllib.parse.quote(self.cursor)}" if self.cursor else ""
        return WebSocket(self._target.url + query, token)

    def received(self, event: Event) -> Optional[Snapshot]:
        """A snapshot to hand on, or none; raises ``ProgressError`` where the watch cannot go on, else ``WatchLost``."""
        if isinstance(event, Refused):
            self._refused(event)
        if isinstance(event, Closed):
            self._closed(event)
        try:
            message = json.loads(event)  # type: ignore[arg-type]
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise WatchLost("The server sent what is no JSON object.")
        if message.get("type") == "removed":
            raise ProgressError("gone", "The operation was deleted, or its retention is over.")
        if message.get("type") == "error":
            self.wants_token = str(_member(message, "error", "type")).endswith(":unauthenticated")
            return None
        if message.get("type") not in ("snapshot", "update", "end"):
            return None
        return self._snapshot(message)

    def lost(self, error: WatchLost) -> float:
        """How long to wait before the next try; raises ``ProgressError`` where there is none."""
        self._failures += 1
        if not self._has_received and self._failures >= _FIRST_TRIES:
            raise ProgressError("unreachable", f"{self._target.url} cannot be watched: {error}")
        if error.retry_after is not None:
            # As exact as it is asked, and yet not all at the same moment.
            return error.retry_after + random.uniform(0.05, 0.5)
        return min(_LONGEST_DELAY, 0.25 * 2.0 ** min(self._failures, 10)) * random.uniform(0.5, 1.0)

    def _snapshot(self, message: Dict[str, Any]) -> Optional[Snapshot]:
        try:
            snapshot = snapshot_of(message)
        except ValueError as error:
            raise WatchLost(str(error)) from None
        # A message is success, and not a connection: a server that accepts and drops must not be hammered.
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
        # 1000 says that the operation has ended; how, only a message can say, so it is asked for again.
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
