# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Queries of the list, and text with a slow comparison in queries and header fields."""

from __future__ import annotations

from harness import BASE
from rows import EDGE, QUIET, request, row, upgrade
from steps import Answer, Served

QUERIES = [
    row(
        "design-5.4",
        f"?{query[:40]}",
        request(f"GET {BASE}?{query}"),
        Answer(400, "invalid-query", within=2),
        Served(),
    )
    for query in (
        "status=bogus",
        "status=running,bogus",
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=1e3",
        "limit=99999999999999999999",
        "pageToken=x",
        "pageToken=-1",
        "label=novalue",
        "label=:x",
        "label==x",
        "label=team:data",
        "label.team=data",
        "label=a=1&label=a=2",
        "parent=a/b",
        "parent=..",
        "%ff=1",
        "status=%c0%af",
        "status=",
        "status=running,",
        "limit=%2",
        "limit=1&limit=1",
        "page_token=1",
        "cursor=k3f9-0",
        "x",
        "=",
    )
] + [
    row(
        "inv-11",
        "2,000 labels",
        request(f"GET {BASE}?" + "&".join(f"label=l{n}=x" for n in range(2000))),
        Answer(200, within=2),
        Served(),
    ),
    row(
        "inv-11",
        "15,000 ampersands",
        request(f"GET {BASE}?parent=quiet" + "&" * 15_000),
        Answer(200, within=2),
        Served(),
    ),
    row(
        "inv-11",
        "a label of 4,600 combining marks",
        request(f"GET {BASE}?label=a" + "%CC%81%CC%96" * 2300 + "=x"),
        Answer(400, "invalid-query", within=2),
        Served(),
    ),
    row(
        "inv-11",
        "two labels of combining marks that differ at the end",
        request(f"GET {BASE}?" + "&".join(f"label=a{'%CC%81%CC%96' * 1200}{n}=x" for n in (1, 2))),
        Answer(400, "invalid-query", within=2),
        Served(),
    ),
    row(
        "inv-11",
        "a status of 4,600 combining marks",
        request(f"GET {BASE}?status=" + "%CC%81%CC%96" * 2300),
        Answer(400, "invalid-query", within=2),
        Served(),
    ),
]

MARKS = "\u0301\u0316".encode().decode("latin-1") * 6000
"""24 KB of combining marks out of canonical order, as bytes of a header field."""

MARKED = (
    [
        row(
            "inv-11",
            f"{name} of 12,000 combining marks",
            request(f"{method} {QUIET}", f"{name}: {MARKS}"),
            Answer(status, problem, within=3),
        )
        for method, name, status, problem in (
            ("GET", "X-Trace", 200, None),
            ("GET", "User-Agent", 200, None),
            ("GET", "Cookie", 200, None),
            ("GET", "Referer", 200, None),
        )
    ]
    + [
        row(
            "inv-11",
            f"{name} of 12,000 combining marks",
            request(f"GET {QUIET}", f"{name}: {MARKS}"),
            Answer(400, "malformed-request", within=3),
            needs=EDGE,
        )
        for name in (
            "Accept",
            "Authorization",
            "Connection",
            "Content-Type",
            "Expect",
            "If-Match",
            "If-None-Match",
            "Last-Event-ID",
            "Origin",
            "Prefer",
            "Upgrade",
            "Sec-WebSocket-Version",
            "Idempotency-Key",
        )
    ]
    + [
        row(
            "inv-11",
            f"a handshake whose {name} has 12,000 combining marks",
            upgrade(QUIET, f"{name}: {MARKS}"),
            Answer(400, "malformed-request", within=3),
            needs=EDGE,
        )
        for name in (
            "Connection",
            "Upgrade",
            "Origin",
            "Sec-WebSocket-Protocol",
            "Sec-WebSocket-Extensions",
            "Last-Event-ID",
        )
    ]
)
