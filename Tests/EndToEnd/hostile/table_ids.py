# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Identifiers: lengths, characters, escapes and path traversal."""

from __future__ import annotations

from harness import BASE
from rows import HERE, QUIET, REPORT, json_request, request, row
from steps import Answer, Served

LONGEST = "i" * 128

BAD_IDS = {
    "of 129 characters": LONGEST + "i",
    "of 20,000 characters": "i" * 20_000,
    "with a NUL": "a%00b",
    "of a NUL": "%00",
    "with a slash": "a%2Fb",
    "with an overlong slash": "a%c0%afb",
    "with an overlong NUL": "a%c0%80b",
    "of bytes that are not UTF-8": "%ff%fe",
    "of a surrogate": "%ed%a0%80",
    "with a line break": "a%0d%0aX-Injected:%201",
    "with a space": "a%20b",
    "with a percent sign": "100%",
    "with an invalid escape": "a%zzb",
    "with an escaped escape": "a%2541",
    "with a letter beyond ASCII": "caf%C3%A9",
    "with full-width letters": "%EF%BD%81",
    "of one dot": "%2e",
    "of two dots": "%2e%2e",
    "with a backslash": "..%5c..",
    "of a script": "%3Cscript%3E",
    "with a question mark": "a%3Fb",
    "with a comma": "a,b",
    "with a semicolon": "a;b=1",
}

IDS = [
    *[
        row("inv-12", f"GET of an identifier {name}", request(f"GET {BASE}/{id}"), Answer(404, "unknown"), Served())
        for name, id in BAD_IDS.items()
    ],
    *[
        row(
            "design-5.4",
            f"PUT of an identifier {name}",
            json_request(f"PUT {BASE}/{id}", REPORT),
            Answer(422, "invalid-id"),
            Served(),
        )
        for name, id in BAD_IDS.items()
    ],
    *[
        row(
            "design-5.4",
            f"POST with the identifier {id[:12]!r}",
            json_request(f"POST {BASE}", '{"id":"%s"}' % id),
            Answer(422, "invalid-report"),
            Served(),
        )
        for id in ("", "..", "a/b", "a\\u0000b", LONGEST + "i", "caf\\u00e9")
    ],
    row(
        "design-5.4",
        "another identifier in the body",
        json_request(f"PUT {QUIET}", '{"id":"other"}'),
        Answer(422, "invalid-id"),
        Served(),
    ),
    row(
        "3986-6.2.2",
        "an escaped identifier is the same identifier",
        request(f"GET {BASE}/%71u%69et"),
        Answer(200, body=HERE),
        Served(),
    ),
    row(
        "3986-6.2.2",
        "an identifier in capitals is another identifier",
        request(f"GET {BASE}/QUIET"),
        Answer(404, "unknown"),
        Served(),
    ),
    *[
        row("design-5.4", f"GET {path}", request(f"GET {path}"), Answer(404, problem), Served())
        for path, problem in (
            (f"{BASE}/../progress/quiet", "no-such-resource"),
            (f"{BASE}/../../../etc/passwd", "no-such-resource"),
            (f"{BASE}//quiet", "no-such-resource"),
            (f"{QUIET}/cancel/more", "no-such-resource"),
            (f"{QUIET}%2Fcancel", "unknown"),
            (f"{QUIET}/events", "no-such-resource"),
            ("//api/v1/progress/quiet", "no-such-resource"),
            ("/../etc/passwd", "about:blank"),
            ("/%2e%2e/etc/passwd", "about:blank"),
            ("/live-progress.js/..%2f..%2fetc/passwd", "about:blank"),
            ("/API/v1/progress", "about:blank"),
        )
    ],
]
