# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Methods, and header fields of requests."""

from __future__ import annotations

from harness import BASE
from rows import EDGE, HERE, QUIET, REPORT, json_request, request, row
from steps import Answer, Served


def not_allowed(line: str, allow: str):
    return row("9110-15.5.6", line, request(line), Answer(405, "method-not-allowed", has={"Allow": allow}), Served())


OPERATION, LIST, CANCEL = "DELETE, GET, HEAD, OPTIONS, PATCH, PUT", "GET, HEAD, OPTIONS, POST", "OPTIONS, POST"

METHODS = [
    not_allowed(f"POST {QUIET}", OPERATION),
    not_allowed(f"PUT {BASE}", LIST),
    not_allowed(f"PATCH {BASE}", LIST),
    not_allowed(f"DELETE {BASE}", LIST),
    not_allowed(f"GET {QUIET}/cancel", CANCEL),
    not_allowed(f"DELETE {QUIET}/cancel", CANCEL),
    *[
        row(
            "9110-15.6.2",
            f"{method} {QUIET}",
            request(f"{method} {QUIET}"),
            Answer(501, "method-not-implemented"),
            needs=EDGE,
        )
        for method in ("PROPFIND", "TRACE", "LINK", "MERGE")
    ],
    row("9110-9.3.7", "OPTIONS", request(f"OPTIONS {QUIET}"), Answer(204, has={"Allow": OPERATION}), Served()),
    row(
        "9110-12.5.1",
        "nothing acceptable",
        request(f"GET {QUIET}", "Accept: image/png"),
        Answer(406, "not-acceptable"),
        Served(),
    ),
    row(
        "9110-12.5.1",
        "everything refused",
        request(f"GET {QUIET}", "Accept: */*;q=0"),
        Answer(406, "not-acceptable"),
        Served(),
    ),
    row(
        "9110-12.5.1",
        "an Accept of 5,000 ranges",
        request(f"GET {QUIET}", "Accept: " + "a/b," * 5000 + "application/json"),
        Answer(200, body=HERE, within=2),
        Served(),
    ),
    row(
        "9110-12.5.1",
        "an invalid Accept",
        request(f"GET {QUIET}", "Accept: ;;;,,,///"),
        Answer(200, body=HERE),
        Served(),
    ),
    row(
        "9110-13.1.1",
        "an If-Match that is not an entity tag",
        json_request(f"PATCH {QUIET}", "{}", "If-Match: k3f9-42"),
        Answer(400, "malformed-header"),
        Served(),
    ),
    row(
        "9110-13.1.1",
        "an If-Match without its closing quote",
        json_request(f"PATCH {QUIET}", "{}", 'If-Match: "k3f9'),
        Answer(400, "malformed-header"),
        Served(),
    ),
    row(
        "9110-13.1.1",
        "an If-Match of another entity tag",
        json_request(f"PATCH {QUIET}", REPORT, 'If-Match: "other-0"'),
        Answer(412, "cursor-mismatch"),
        Served(),
    ),
    row(
        "9110-13.1.1",
        "6,000 entity tags",
        json_request(f"DELETE {QUIET}", "", "If-Match: " + ", ".join(['"a"'] * 6000)),
        Answer(412, "cursor-mismatch", within=2),
        Served(),
    ),
    row(
        "9110-13.1.2",
        "an If-None-Match that is not an entity tag",
        request(f"GET {QUIET}", "If-None-Match: nonsense"),
        Answer(400, "malformed-header"),
        Served(),
    ),
    row(
        "9110-13.1.2",
        "If-None-Match: * for an existing operation",
        json_request(f"PUT {QUIET}", REPORT, "If-None-Match: *"),
        Answer(412, "already-exists"),
        Served(),
    ),
    row(
        "9110-14.2",
        "a Range is ignored",
        request(f"GET {QUIET}", "Range: bytes=0-0"),
        Answer(200, body=HERE),
        Served(),
    ),
    row(
        "7240-2",
        "an invalid Prefer is ignored",
        request(f"GET {QUIET}", "Prefer: ==;;,wait=abc"),
        Answer(200, body=HERE),
    ),
    row(
        "7240-4.3",
        "a wait of 10^40 seconds without a condition",
        request(f"GET {QUIET}", "Prefer: wait=1" + "0" * 40),
        Answer(200, body=HERE),
    ),
    *[
        row(
            "draft-idempotency-key",
            f"an Idempotency-Key {name}",
            json_request(f"POST {BASE}", "{}", f"Idempotency-Key: {key}"),
            Answer(400, "malformed-header"),
            Served(),
        )
        for name, key in (("that is empty", ""), ("of 256 characters", "k" * 256))
    ],
]
