# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""HTTP requests over a persistent connection, with a timeout for each."""

from __future__ import annotations

import email.utils
import http.client
import json
import os
import ssl
import time
import urllib.parse
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

_LARGEST_ANSWER = 16 * 1024 * 1024

#: Status codes after which the same request may succeed later.
TRANSIENT = frozenset((408, 425, 429, 500, 502, 503, 504))


class Answer(NamedTuple):
    status: int
    json: Dict[str, Any]
    retry_after: Optional[float]

    @property
    def problem(self) -> str:
        """The last component of the problem's type, such as ``ended``."""
        return str(self.json.get("type", "")).rpartition(":")[2]

    @property
    def message(self) -> str:
        text = self.json.get("detail") or self.json.get("title")
        return str(text) if text else f"The server answered with status {self.status}."


class ProgressError(Exception):
    """A request or a watch that the server refused, or a server that cannot be reached.

    ``kind`` is one of ``unauthenticated``, ``forbidden``, ``unknown``, ``gone``, ``refused`` and ``unreachable``.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


KINDS = {401: "unauthenticated", 403: "forbidden", 404: "unknown", 410: "gone"}


def security() -> ssl.SSLContext:
    """Returns a TLS context that trusts the certificates of ``LIVE_PROGRESS_CA``, or else those of the system."""
    return ssl.create_default_context(cafile=os.environ.get("LIVE_PROGRESS_CA") or None)


def headers_with(token: Optional[str], headers: Dict[str, str]) -> Dict[str, str]:
    if token is None or not all("!" <= character <= "~" for character in token):
        return headers
    return {**headers, "Authorization": f"Bearer {token}"}


def retry_after(value: Optional[str]) -> Optional[float]:
    """Returns the seconds of a Retry-After field, which has a number or a date."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, date.timestamp() - time.time())


def answer_of(status: int, fields: Any, body: bytes) -> Answer:
    """Returns the parsed response; a body that is not a JSON object is ignored."""
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        value = {}
    return Answer(status, value if isinstance(value, dict) else {}, retry_after(fields.get("Retry-After")))


#: The connections from before a fork; their destructors would wait for locks that no thread releases.
_abandoned: List[http.client.HTTPConnection] = []


class Connection:
    """A connection to a server for one request at a time."""

    def __init__(self) -> None:
        self._http: Optional[http.client.HTTPConnection] = None

    def exchange(self, method: str, url: str, headers: Dict[str, str], body: bytes, timeout: float = 10.0) -> Answer:
        """Returns the response. On ``OSError`` or ``http.client.HTTPException``, the next call reconnects."""
        parts = urllib.parse.urlsplit(url)
        try:
            if self._http is None:
                self._http = _connection(parts, timeout)
            if self._http.sock is None:
                self._http.timeout = timeout
            else:
                self._http.sock.settimeout(timeout)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            self._http.request(method, target, body, headers)
            response = self._http.getresponse()
            text = response.read(_LARGEST_ANSWER)
            if not response.isclosed():
                raise http.client.HTTPException("The answer is too large.")
            return answer_of(response.status, response.headers, text)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        connection, self._http = self._http, None
        if connection is not None:
            connection.close()

    def abandon(self) -> None:
        """Closes only the descriptor, in the child of a fork; other objects may have locks of the parent's thread."""
        connection, self._http = self._http, None
        if connection is not None:
            _abandoned.append(connection)
            if connection.sock is not None:
                os.close(connection.sock.detach())


def _connection(parts: urllib.parse.SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=security())
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)


def origin(url: str) -> Tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc


def call(method: str, url: str, token: Optional[str] = None, body: bytes = b"", timeout: float = 10.0) -> Answer:
    """Sends one request on a new connection, and waits for the response."""
    connection = Connection()
    try:
        answer = connection.exchange(method, url, headers_with(token, {}), body, timeout)
    except (OSError, http.client.HTTPException) as error:
        raise ProgressError("unreachable", f"The server at {url} cannot be reached: {error}") from error
    finally:
        connection.close()
    if answer.status >= 300:
        kind = "unreachable" if answer.status in TRANSIENT else KINDS.get(answer.status, "refused")
        raise ProgressError(kind, answer.message)
    return answer
