# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The sending of a request, and the effect of its response on the operation."""

from __future__ import annotations

import http.client
import logging
import random
import ssl
import time
from typing import Optional

from ._channel import Channel
from ._http import KINDS, TRANSIENT, Answer, Connection, headers_with
from ._request import Refusal, Request
from ._state import lock

log = logging.getLogger("live_progress")

_LONGEST_DELAY = 10.0
#: How long the reports of another process wait for the creation of their operation, in seconds.
_PATIENCE = 10.0


class Server:
    """The connection to a server, and the times before which it must not be used."""

    def __init__(self) -> None:
        self.connection = Connection()
        #: The earliest times of the next request: after a failure, and after a Retry-After.
        self.not_before = 0.0
        self.asked_to_wait = 0.0
        self._failures = 0

    def is_ready(self, now: float) -> bool:
        return now >= max(self.not_before, self.asked_to_wait)

    def deliver(self, channel: Channel, request: Request, timeout: float, is_last_try: bool) -> None:
        """Sends a request and passes the result to the channel. Blocks; the caller must not hold the lock."""
        token = channel.token()
        try:
            answer = self.connection.exchange(
                request.method, request.url, headers_with(token, request.headers), request.body, timeout
            )
        except (OSError, http.client.HTTPException, ValueError) as error:
            with lock:
                self._failed(channel, error, is_last_try)
            return
        with lock:
            now = time.monotonic()
            if answer.status in TRANSIENT or answer.problem == "idempotency-key-in-use":
                self._postponed(channel, answer, now)
            else:
                self._failures = 0
                _settle(channel, request, answer, token, now)

    def _failed(self, channel: Channel, error: Exception, is_last_try: bool) -> None:
        if is_last_try or isinstance(error, (ValueError, ssl.SSLCertVerificationError)):
            text = str(error).rstrip(".")
            _stop(channel, Refusal("unreachable", f"The server cannot be reached: {text}. {_advice(channel, error)}"))
            return
        self.not_before = time.monotonic() + self._delay()

    def _postponed(self, channel: Channel, answer: Answer, now: float) -> None:
        asked = answer.retry_after
        if answer.status == 429 or answer.status == 409:
            # The status applies to this operation only; other operations can continue.
            channel.wait(now + (asked if asked is not None else backoff(channel.tried())), asked is not None)
        elif asked is not None:
            self.asked_to_wait = now + asked
        else:
            self.not_before = now + self._delay()

    def _delay(self) -> float:
        self._failures += 1
        return backoff(self._failures)


def _advice(channel: Channel, error: Exception) -> str:
    """Returns what to do about a server that cannot be reached."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "Set LIVE_PROGRESS_CA to a file with the certificates to trust."
    if channel.is_created:
        return "Is it still running?"
    return "Is it running? Set LIVE_PROGRESS_SERVER to the URL of a running server, or unset it to report nothing."


def backoff(failures: int) -> float:
    """Returns the delay after consecutive failures: exponential, with jitter, and never 0."""
    return min(_LONGEST_DELAY, 0.25 * 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1.0)


def _settle(channel: Channel, request: Request, answer: Answer, token: Optional[str], now: float) -> None:
    if answer.status < 300:
        channel.settle(request, now)
        channel.taken(answer.json)
    elif answer.status == 401 and channel.report_token is not None and token == channel.report_token:
        # The operation's own token has expired; the token of the creation may also permit reports.
        channel.report_token = None
    elif answer.status == 404 and request.method != "POST" and _expects_creation(channel, now):
        channel.wait(now + backoff(1), False)
    elif answer.status in (400, 413, 422) and request.method == "POST" and channel.simplify(request):
        log.warning("live-progress: The server refused the options of an operation: %s", answer.message)
    elif answer.status in (400, 413, 415, 422) and request.method != "POST":
        line = answer.json.get("line")
        line = line if isinstance(line, int) and 0 < line <= len(request.reports) else 1
        channel.question_refused(request.reports[line - 1], answer.message)
        channel.drop(request, line, now)
        log.warning("live-progress: The server refused a report: %s", answer.message)
    else:
        kind = answer.problem if answer.status == 409 and answer.problem else KINDS.get(answer.status, "refused")
        _stop(channel, Refusal(kind, answer.message))


def _expects_creation(channel: Channel, now: float) -> bool:
    if channel.patient_until is None:
        channel.patient_until = now + _PATIENCE
    return not channel.is_created and now < channel.patient_until


def _stop(channel: Channel, refusal: Refusal) -> None:
    url = channel.target and channel.target.url
    log.warning("live-progress: Nothing more is reported to %s: %s", url, refusal.message)
    channel.stop(refusal)
