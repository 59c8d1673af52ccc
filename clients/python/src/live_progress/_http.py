# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""HTTP requests over a persistent connection, with a timeout for each."""

from __future__ import annotations

import email.utils
import functools
import http.client
import io
import json
import os
import re
import socket
import ssl
import time
import urllib.parse
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

_LARGEST_ANSWER = 16 * 1024 * 1024
#: The longest delay that a server can request, in seconds.
_LONGEST_RETRY_AFTER = 24 * 3600.0

#: Status codes after which the same request may succeed later.
TRANSIENT = frozenset((408, 425, 429, 500, 502, 503, 504))


class Answer(NamedTuple):
    status: int
    json: Dict[str, Any]
    retry_after: Optional[float]

    @property
    def problem(self) -> str:
        """The last component of the problem's type, such as ``ended``."""
        return re.split("[:/]", str(self.json.get("type", "")))[-1]

    @property
    def message(self) -> str:
        text = self.json.get("detail") or self.json.get("title")
        return str(text) if text else f"The server answered with status {self.status}."


class ProgressError(Exception):
    """A request or a watch that the server refused, or a server that cannot be reached.

    ``kind`` is one of ``unauthenticated``, ``forbidden``, ``unknown``, ``gone``, ``refused`` and ``unreachable``. Of
    ``ask`` and ``answer``, it can also be ``ended``; of ``answer``, also ``not-waiting``, ``already-answered`` and
    ``answer-not-accepted``.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


KINDS = {401: "unauthenticated", 403: "forbidden", 404: "unknown", 410: "gone"}


def security() -> ssl.SSLContext:
    """Returns a TLS context that trusts the certificates of ``LIVE_PROGRESS_CA``, or else those of the system."""
    return ssl.create_default_context(cafile=os.environ.get("LIVE_PROGRESS_CA") or None)


def token_of(value: object) -> Optional[str]:
    """Returns a value that is a token; other values could not be sent, or could change the request or a terminal."""
    is_token = isinstance(value, str) and value != "" and all("!" <= character <= "~" for character in value)
    return str(value) if is_token else None


def headers_with(token: Optional[str], headers: Dict[str, str]) -> Dict[str, str]:
    return headers if token_of(token) is None else {**headers, "Authorization": f"Bearer {token}"}


def retry_after(value: Optional[str]) -> Optional[float]:
    """Returns the seconds of a Retry-After field, which has a number or a date; at most one day."""
    text = (value or "").strip()
    try:
        if text.isascii() and text.isdigit():
            seconds = float(text)
        else:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER)


def answer_of(status: int, fields: Any, body: bytes) -> Answer:
    """Returns the parsed response; a body that is not a JSON object is ignored."""
    try:
        value = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        value = {}
    return Answer(status, value if isinstance(value, dict) else {}, retry_after(fields.get("Retry-After")))


#: The connections from before a fork; their destructors would wait for locks that no thread releases.
_abandoned: List[http.client.HTTPConnection] = []


class _Until(io.RawIOBase):
    """The bytes that a socket receives before a deadline, so that a slow server cannot extend a response."""

    def __init__(self, held: socket.socket, deadline: float) -> None:
        self._held = held
        self._bytes = held.makefile("rb", buffering=0)
        self._deadline = deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The response takes too long.")
        self._held.settimeout(left)
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


def _response(deadline: float, held: socket.socket, **options: Any) -> http.client.HTTPResponse:
    return http.client.HTTPResponse(_Until(held, deadline), **options)  # type: ignore[arg-type]


class Connection:
    """A connection to a server for one request at a time."""

    def __init__(self) -> None:
        self._http: Optional[http.client.HTTPConnection] = None

    def exchange(self, method: str, url: str, headers: Dict[str, str], body: bytes, timeout: float = 10.0) -> Answer:
        """Returns the response. On ``OSError`` or ``http.client.HTTPException``, the next call reconnects.

        A server or a proxy may close an idle connection; then the request is repeated once on a new connection. The
        idempotency key permits this. ``timeout`` limits the whole call.
        """
        deadline = time.monotonic() + timeout
        is_reused = self._http is not None and self._http.sock is not None
        try:
            try:
                response = self._begun(method, url, headers, body, deadline)
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                if not is_reused:
                    raise
                self.close()
                response = self._begun(method, url, headers, body, deadline)
            text = response.read(_LARGEST_ANSWER)
            if not response.isclosed():
                raise http.client.HTTPException("The answer is too large.")
            return answer_of(response.status, response.headers, text)
        except BaseException:
            self.close()
            raise

    def _begun(
        self, method: str, url: str, headers: Dict[str, str], body: bytes, deadline: float
    ) -> http.client.HTTPResponse:
        """Sends the request, and returns the response without its body."""
        parts = urllib.parse.urlsplit(url)
        timeout = max(0.05, deadline - time.monotonic())
        if self._http is None:
            self._http = _connection(parts, timeout)
        if self._http.sock is None:
            self._http.timeout = timeout
        else:
            self._http.sock.settimeout(timeout)
        self._http.response_class = functools.partial(_response, deadline)  # type: ignore[assignment]
        self._http.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        return self._http.getresponse()

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


def call(
    method: str,
    url: str,
    token: Optional[str] = None,
    report: Optional[Dict[str, Any]] = None,
    kinds: FrozenSet[str] = frozenset(),
) -> Answer:
    """Sends one request on a new connection, and waits for the response.

    ``kinds`` are the names of problems that become the kind of the error.
    """
    connection = Connection()
    headers = {} if report is None else {"Content-Type": "application/json"}
    body = b"" if report is None else json.dumps(report).encode()
    try:
        answer = connection.exchange(method, url, headers_with(token, headers), body)
    except (OSError, http.client.HTTPException) as error:
        raise ProgressError("unreachable", f"The server at {url} cannot be reached: {error}") from error
    finally:
        connection.close()
    if answer.status >= 300:
        kind = "unreachable" if answer.status in TRANSIENT else KINDS.get(answer.status, "refused")
        raise ProgressError(answer.problem if answer.problem in kinds else kind, answer.message)
    return answer
