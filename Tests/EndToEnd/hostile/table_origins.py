# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Requests from other origins, and requests for other host names (DNS rebinding)."""

from __future__ import annotations

from harness import BASE
from rows import EDGE, FULL, QUIET, REPORT, json_request, request, row, upgrade
from steps import Alive, Answer, Upgraded

BAD_ORIGINS = {
    "of another site": "https://evil.example",
    "null": "null",
    "of another port": "http://localhost:1",
    "that begins like ours": "http://localhost.evil.example",
    "that ends like ours": "http://evil-localhost",
    "with our name as a user": "http://localhost@evil.example",
    "of a file": "file://",
    "of an extension": "chrome-extension://abcdefghijklmnop",
    "that is not a URL": "localhost",
    "of two": "http://localhost http://evil.example",
}

ORIGINS = [
    *[
        row(
            "design-6",
            f"an upgrade from an origin {name}",
            upgrade(QUIET, f"Origin: {origin}"),
            Answer(403, "origin-not-allowed"),
        )
        for name, origin in BAD_ORIGINS.items()
    ],
    row(
        "design-6",
        "an upgrade from two origins",
        upgrade(QUIET, "Origin: http://localhost", "Origin: https://evil.example"),
        Answer(403, "origin-not-allowed"),
    ),
    row(
        "design-6",
        "an upgrade from the page itself",
        upgrade(QUIET, "Origin: http://localhost"),
        Upgraded(FULL),
        Alive(),
    ),
    row(
        "6454-4",
        "an upgrade from the page itself, in capitals",
        upgrade(QUIET, "Origin: HTTP://LOCALHOST"),
        Upgraded(FULL),
        Alive(),
    ),
    *[
        row(
            "design-6",
            f"{line.split()[0]} from another site",
            json_request(line, REPORT, "Origin: https://evil.example"),
            Answer(403, "origin-not-allowed"),
        )
        for line in (f"POST {BASE}", f"PUT {QUIET}", f"PATCH {QUIET}", f"DELETE {QUIET}", f"POST {QUIET}/cancel")
    ],
    row(
        "design-6",
        "a form of another site",
        request(
            f"POST {BASE}",
            "Content-Type: application/x-www-form-urlencoded",
            "Origin: https://evil.example",
            body=b"state=x",
        ),
        Answer(403, "origin-not-allowed"),
    ),
    row(
        "design-6",
        "a preflight of another site is refused",
        request(f"OPTIONS {QUIET}", "Origin: https://evil.example", "Access-Control-Request-Method: DELETE"),
        Answer(403, "origin-not-allowed", has={"Access-Control-Allow-Origin": None}),
    ),
]

BAD_HOSTS = (
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil-localhost",
    "0.0.0.0",
    "128.0.0.1",
    "127.0.0.256",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "[::2]",
    "[::ffff:10.0.0.1]",
)

HOSTS = [
    *[row("design-6", f"Host: {host}", upgrade(host=host), Answer(421, "host-not-served")) for host in BAD_HOSTS],
    *[
        row("design-6", f"{line} for another host name", request(line, host="evil.example"), Answer(421, "host-not-served"))
        for line in (f"GET {QUIET}", f"DELETE {QUIET}", f"GET {BASE}", "GET /")
    ],
    row(
        "design-6",
        "GET /metrics for another host name",
        request("GET /metrics", host="evil.example"),
        Answer(421, "host-not-served"),
        needs=EDGE,
    ),
    *[
        row("design-6", f"Host: {host} is served", upgrade(host=host), Upgraded(FULL), Alive())
        for host in (
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1",
            "127.255.0.1:65535",
            "[::1]",
            "[::1]:8080",
            "x.localhost",
        )
    ],
]
