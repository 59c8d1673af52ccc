# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Forms, batches, types and sizes of bodies, and requests that an operation must refuse."""

from __future__ import annotations

from harness import BASE
from rows import QUIET, form_request, json_request, request, row
from steps import Answer, Ended, Served
from table_bodies import INVALID, MALFORMED, MEBIBYTE, TOO_LARGE

FORMS = [
    row("design-5.4", f"a form with {name}", form_request(f"PATCH {QUIET}", text), INVALID, Served())
    for name, text in {
        "an unknown field": "states=x",
        "details that are not JSON": "details={",
        "details of 101 levels": "details=" + "[" * 101 + "]" * 101,
        "a member of details that are a list": "details=[]&details.a=1",
        "a count that is a word": "completedCount=three",
        "a count of 2^63": "completedCount=9223372036854775808",
        "JSON in place of fields": '{"state":"x"}',
        "a label without a name": "labels.=x",
        "two counts, the last one invalid": "completedCount=1&completedCount=-1",
    }.items()
] + [
    row("9110-15.5.1", f"a form with {name}", form_request(f"PATCH {QUIET}", text), MALFORMED, Served())
    for name, text in {
        "a value that is not UTF-8": "state=%ff",
        "a name that is not UTF-8": "%ff=x",
        "an overlong character": "state=%c0%af",
        "a surrogate": "state=%ed%a0%80",
        "a percent sign at the end": "state=50%",
        "an incomplete escape": "state=%4",
        "an invalid escape": "state=%zz",
        "an invalid escape in a name": "st%te=x",
    }.items()
]


def typed(content_type: str):
    data = request(f"PATCH {QUIET}", f"Content-Type: {content_type}", body=b'{"state":"x"}')
    accepted = {"Accept-Patch": "application/json, application/x-www-form-urlencoded, application/x-ndjson"}
    return row(
        "9110-15.5.16",
        f"Content-Type: {content_type}",
        data,
        Answer(415, "unsupported-media-type", has=accepted),
        Served(),
    )


BODIES = [
    *[
        typed(content_type)
        for content_type in (
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/xml",
            "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1",
            "application/octet-stream",
            "application",
            "application/json, text/plain",
            "*/*",
        )
    ],
    row(
        "9110-15.5.14",
        "a body of one byte over the limit",
        json_request(f"PATCH {QUIET}", b" " * (MEBIBYTE + 1)),
        TOO_LARGE,
        Ended(),
    ),
    row(
        "9110-15.5.14",
        "a Content-Length of 1 TiB, refused before the body",
        json_request(f"PATCH {QUIET}", "", "Content-Length: 1099511627776"),
        TOO_LARGE,
        Ended(),
    ),
    row(
        "9110-15.5.14",
        "a Content-Length of 2^63-1",
        json_request(f"PATCH {QUIET}", "", "Content-Length: 9223372036854775807"),
        TOO_LARGE,
        Ended(),
    ),
    row(
        "9110-15.5.14",
        "chunks without an end",
        request(f"PATCH {QUIET}", "Content-Type: application/json", "Transfer-Encoding: chunked")
        + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 32,
        TOO_LARGE,
        Ended(),
    ),
    row(
        "9110-15.5.14",
        "a large body of a route that reads no body",
        request("GET /healthz", body=b" " * (MEBIBYTE + 1)),
        TOO_LARGE,
        Ended(),
    ),
    row(
        "9110-10.1.1",
        "a large body with Expect: 100-continue",
        json_request(f"PATCH {QUIET}", "", "Expect: 100-continue", "Content-Length: 9999999"),
        TOO_LARGE,
        Ended(),
    ),
    row(
        "design-5.4",
        "a batch whose first line is invalid",
        request(f"PATCH {QUIET}", "Content-Type: application/x-ndjson", body=b'\n{"advance":-1}\n{"state":"x"}\n'),
        Answer(422, "invalid-report", body=b'"line":2,"applied":0'),
        Served(),
    ),
    row(
        "design-5.4",
        "a batch of one line of random bytes",
        request(f"PATCH {QUIET}", "Content-Type: application/x-ndjson", body=bytes(range(256))),
        MALFORMED,
        Served(),
    ),
    row(
        "design-5.4",
        "an empty batch line of 100,000 carriage returns",
        request(f"PATCH {QUIET}", "Content-Type: application/x-ndjson", body=b"\r" * 100_000 + b"\n["),
        MALFORMED,
        Served(),
    ),
    row(
        "inv-6",
        "a report after the end",
        json_request(f"PATCH {BASE}/ended", '{"state":"Undead"}'),
        Answer(409, "ended"),
        Served(),
    ),
    row(
        "inv-6",
        "another end after the end",
        json_request(f"PATCH {BASE}/ended", '{"status":"failed"}'),
        Answer(409, "ended"),
        Served(),
    ),
    row(
        "design-5.4",
        "a cancel request for an operation that is not cancellable",
        request(f"POST {QUIET}/cancel"),
        Answer(409, "not-cancellable"),
        Served(),
    ),
    row(
        "design-5.4",
        "a report on an unknown operation",
        json_request(f"PATCH {BASE}/nobody", "{}"),
        Answer(404, "unknown"),
        Served(),
    ),
    row(
        "design-5.4",
        "a deletion of an unknown operation",
        request(f"DELETE {BASE}/nobody"),
        Answer(404, "unknown"),
        Served(),
    ),
    row(
        "design-5.4",
        "a creation of an existing operation",
        json_request(f"POST {BASE}", '{"id":"quiet"}'),
        Answer(409, "already-exists"),
        Served(),
    ),
]
