# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The settings of this process, from the environment and from ``configure``."""

from __future__ import annotations

import os
import re
import urllib.parse
from typing import NamedTuple, Optional

API = "/api/v1/progress"
IDENTIFIER = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9._~:@-]{1,128}\Z")


class Settings(NamedTuple):
    """The settings for a new operation; ``None`` means not set."""

    server: Optional[str] = None
    url: Optional[str] = None
    token: Optional[str] = None
    disabled: bool = False
    display: Optional[bool] = None


class _Configured:
    server: Optional[str] = None
    token: Optional[str] = None
    disabled: Optional[bool] = None
    display: Optional[bool] = None


def configure(
    *,
    server: Optional[str] = None,
    token: Optional[str] = None,
    disabled: Optional[bool] = None,
    display: Optional[bool] = None,
) -> None:
    """Sets the server and other defaults for new operations; these settings override the environment.

    An argument that is ``None`` changes nothing; an empty text means none. Existing operations do not change.

    ```python
    live_progress.configure(server="https://progress.example.org", token=token)
    ```

    - ``server``: the base URL of the server to create operations on (``LIVE_PROGRESS_SERVER``); it also replaces
      ``LIVE_PROGRESS_URL``. With ``""``, nothing is sent.
    - ``token``: authorizes the requests (``LIVE_PROGRESS_TOKEN``).
    - ``disabled``: sends nothing and draws nothing (``LIVE_PROGRESS_DISABLED=1``).
    - ``display``: whether operations are drawn; by default on a terminal and in a notebook.
    """
    for name, value in (("server", server), ("token", token), ("disabled", disabled), ("display", display)):
        if value is not None:
            setattr(_Configured, name, value)


def settings() -> Settings:
    """Returns the settings for a new operation."""
    server, token = _Configured.server, _Configured.token
    disabled = _Configured.disabled
    if disabled is None:
        disabled = _variable("DISABLED", "0").lower() not in ("0", "false", "no", "off")
    return Settings(
        server=(_variable("SERVER") if server is None else server) or None,
        # A server that the program sets overrides the operation in LIVE_PROGRESS_URL.
        url=(_variable("URL") if server is None else "") or None,
        token=(_variable("TOKEN") if token is None else token) or None,
        disabled=disabled,
        display=_Configured.display,
    )


def _variable(name: str, default: str = "") -> str:
    return os.environ.get(f"LIVE_PROGRESS_{name}", "").strip() or default


class Target(NamedTuple):
    """The URL of an operation on a server, and a token."""

    url: str
    token: Optional[str] = None

    @property
    def id(self) -> str:
        return urllib.parse.unquote(self.url.rpartition("/")[2])

    @property
    def collection(self) -> str:
        return self.url.rpartition("/")[0]

    @classmethod
    def of_url(cls, url: str, token: Optional[str] = None) -> Target:
        """Returns the operation at a URL or link; without ``token``, uses the token in the fragment of the link."""
        base, _, fragment = url.partition("#")
        if token is None:
            token = urllib.parse.parse_qs(fragment).get("token", [None])[0]
        parts = _split(base)
        path = parts.path.rstrip("/")
        if (
            not IDENTIFIER.match(urllib.parse.unquote(path.rpartition("/")[2]))
            or path.count("/") < 2
            or path.endswith(API)
        ):
            raise ValueError(f"{base!r} is not the URL of an operation: it should end in {API}/ID.")
        return cls(f"{parts.scheme}://{parts.netloc}{path}", token)

    @classmethod
    def on_server(cls, server: str, id: str, token: Optional[str] = None) -> Target:
        """Returns an operation on the server with that base URL."""
        if not IDENTIFIER.match(id):
            raise ValueError(f"{id!r} is not an identifier: 1 to 128 of A-Z a-z 0-9 - . _ ~ : @ are allowed.")
        parts = _split(server.partition("#")[0])
        path = parts.path.rstrip("/")
        if not path.endswith(API):
            path += API
        return cls(f"{parts.scheme}://{parts.netloc}{path}/{id}", token)


_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def _split(url: str) -> urllib.parse.SplitResult:
    parts = urllib.parse.urlsplit(url.strip())
    if parts.scheme not in _SCHEMES or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"{url!r} is not a URL of a server: it should begin with http:// or https://.")
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        raise ValueError(f"{url!r} has a name that cannot be the name of a server.") from None
    _ = parts.port  # raises ValueError if the port is not a number
    if not re.fullmatch(r"[!-~]*", parts.netloc + parts.path):
        raise ValueError(f"{url!r} has characters that are not allowed in a URL.")
    return parts._replace(scheme=_SCHEMES[parts.scheme])
