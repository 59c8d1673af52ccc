# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Bodies of JSON (RFC 8259) and forms: their syntax, their content, and the time to read them."""

from __future__ import annotations

import json

from harness import BASE
from rows import QUIET, form_request, json_request, row
from steps import Answer, Served

MARKS = "\u0301\u0316"
"""Two combining marks out of canonical order; a comparison or hash of many marks takes quadratic time."""

ENDED = b'{"status":"cancelled","state":"s' + (MARKS * 120_000).encode()

INVALID = Answer(422, "invalid-report")
"""A well-formed body with invalid content (RFC 9110 section 15.5.21)."""
MALFORMED = Answer(400, "malformed-body")
"""A body that is not JSON, or not a form (RFC 9110 section 15.5.1)."""
TOO_LARGE = Answer(413, "body-too-large", closing=True)
MEBIBYTE = 1 << 20


def bad_json(name: str, text: str | bytes, rule: str = "8259", within: float = 15):
    return row(
        rule, name, json_request(f"PATCH {QUIET}", text), Answer(422, "invalid-report", within=within), Served()
    )


def no_json(name: str, text: str | bytes):
    return row(
        "8259", name, json_request(f"PATCH {QUIET}", text), Answer(400, "malformed-body", within=15), Served()
    )


SYNTAX = {
    "only a brace": "{",
    "a comma at the end": '{"state":"x",}',
    "two commas": '{"state":"x",,"title":"y"}',
    "names without quotes": '{state:"x"}',
    "single quotes": "{'state':'x'}",
    "a comment": '{"state":"x"/*y*/}',
    "a second text after the first": '{"state":"x"}{"state":"y"}',
    "a NUL after the text": '{"state":"x"}\x00',
    "a byte order mark": b'\xef\xbb\xbf{"state":"x"}',
    "UTF-16": '{"state":"x"}'.encode("utf-16-le"),
    "a byte that is not UTF-8": b'{"state":"\xff"}',
    "an overlong character": b'{"state":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"state":"\xed\xa0\x80"}',
    "a lone high surrogate": '{"state":"\\ud800"}',
    "a lone low surrogate": '{"state":"\\udc00"}',
    "two high surrogates": '{"state":"\\ud800\\ud800"}',
    "an incomplete escape": '{"state":"\\u12"}',
    "an invalid escape": '{"state":"\\x41"}',
    "a line break in a string": '{"state":"a\nb"}',
    "a string without an end": '{"state":"x',
    "NaN": '{"completedCount":NaN}',
    "Infinity": '{"details":Infinity}',
    "a leading zero": '{"completedCount":01}',
    "a leading plus": '{"completedCount":+1}',
    "a hexadecimal number": '{"completedCount":0x1}',
    "a point without digits": '{"details":1.}',
    "101 levels": '{"details":' + "[" * 100 + "]" * 100 + "}",
    "a depth bomb of arrays": "[" * 1_000_000,
    "a depth bomb of objects": '{"a":' * 200_000,
}

MEANING = {
    "a number above the range of a double": '{"details":1e309}',
    "a number with an exponent of 100,000 digits": '{"details":1e' + "9" * 100_000 + "}",
    "an array": "[]",
    "a text": '"state"',
    "null": "null",
    "a number": "1",
    "an unknown member": '{"states":"x"}',
    "a member in capitals": '{"State":"x"}',
    "a member with a NUL": '{"state\\u0000":"x"}',
    "a state that is not a text": '{"state":1}',
    "a state of null": '{"state":null}',
    "a count of 2^63": '{"completedCount":9223372036854775808}',
    "a count below zero": '{"completedCount":-1}',
    "a count with a fraction": '{"completedCount":1.5}',
    "a count as a text": '{"completedCount":"1"}',
    "a total below zero": '{"totalCount":-1}',
    "a count of 1e300": '{"advance":1e300}',
    "an attempt of zero": '{"attempt":0}',
    "an attempt of 2^63": '{"attempt":9223372036854775808}',
    "a status that is not an end": '{"status":"running"}',
    "an unknown status": '{"status":"SUCCEEDED"}',
    "a result without an end": '{"result":1}',
    "an error with a success": '{"status":"succeeded","error":{"title":"x"}}',
    "a result with a failure": '{"status":"failed","result":1}',
    "an error that is a list": '{"status":"failed","error":[1]}',
    "labels that are a list": '{"labels":["a"]}',
    "a label that is not a text": '{"labels":{"a":1}}',
    "a label without a name": '{"labels":{"":"x"}}',
    "a label whose name has 257 bytes": '{"labels":{"%s":"x"}}' % ("n" * 257),
    "cancellable as a text": '{"cancellable":"true"}',
    "a lease of 0 in a report": '{"lease":0}',
    "a lease of 1e300 in a report": '{"lease":1e300}',
    "a worker without a name": '{"worker":""}',
    "a worker whose name has 129 bytes": '{"worker":"%s"}' % ("n" * 129),
    "an id in a report": '{"id":"quiet"}',
}

JSON_BODIES = [
    *[no_json(name, text) for name, text in SYNTAX.items()],
    *[bad_json(name, text, "design-5.4") for name, text in MEANING.items()],
    *[
        row(
            "design-5.4",
            f"a creation with a lease of {lease}",
            json_request(f"POST {BASE}", '{"lease":%s}' % lease),
            INVALID,
            Served(),
        )
        for lease in ("0", "-1", "1e300", "31536001", '"10"')
    ],
    row(
        "design-5.4",
        "a creation with an attempt",
        json_request(f"POST {BASE}", '{"attempt":3}'),
        INVALID,
        Served(),
    ),
    row(
        "design-5.4",
        "a creation with an invalid parent",
        json_request(f"POST {BASE}", '{"parent":"../x"}'),
        INVALID,
        Served(),
    ),
    row(
        "8259-4",
        "a repeated name, whose last value is invalid",
        json_request(f"PATCH {QUIET}", '{"completedCount":1,"completedCount":-1}'),
        INVALID,
        Served(),
    ),
]

READING = 30
"""The time limit in seconds on a busy machine; quadratic time would take minutes."""
TIMES = [
    bad_json("a member of a million digits", '{"completedCount":' + "9" * 1_000_000 + "}", "inv-11", READING),
    bad_json("80,000 members", "{" + ",".join(f'"m{n}":1' for n in range(80_000)) + "}", "inv-11", READING),
    bad_json(
        "the same name 100,000 times", '{"details":{' + ",".join(['"m":1'] * 100_000) + '},"advance":-1}', "inv-11", READING
    ),
    bad_json(
        "details of 60,000 members",
        '{"details":{' + ",".join(f'"m{n}":1' for n in range(60_000)) + '},"advance":-1}',
        "inv-11",
        READING,
    ),
    bad_json("a member named by combining marks", json.dumps({"s" + MARKS * 80_000: 1}), "inv-11", READING),
    bad_json(
        "a member named by unescaped combining marks", b'{"s' + (MARKS * 200_000).encode() + b'":1}', "inv-11", READING
    ),
    bad_json(
        "a label named by combining marks", b'{"labels":{"s' + (MARKS * 200_000).encode() + b'":"x"}}', "inv-11", READING
    ),
    bad_json("a status of combining marks", b'{"status":"s' + (MARKS * 200_000).encode() + b'"}', "inv-11", READING),
    row(
        "inv-11",
        "an id of combining marks",
        json_request(f"POST {BASE}", b'{"id":"i' + (MARKS * 200_000).encode() + b'"}'),
        Answer(422, "invalid-report", within=READING),
        Served(),
    ),
    row(
        "inv-11",
        "another end in combining marks",
        json_request(f"PUT {BASE}/ended", ENDED + b'"}'),
        Answer(409, "ended", within=READING),
        Served(),
    ),
    row(
        "inv-11",
        "a form of combining marks",
        form_request(f"PATCH {QUIET}", b"s" + (MARKS * 200_000).encode() + b"=1"),
        Answer(422, "invalid-report", within=READING),
        Served(),
    ),
    row(
        "inv-11",
        "a form of 300,000 fields",
        form_request(f"PATCH {QUIET}", "advance=-1&" + "a&" * 300_000),
        Answer(422, "invalid-report", within=READING),
        Served(),
    ),
    row(
        "inv-11",
        "a form of 60,000 details",
        form_request(f"PATCH {QUIET}", "&".join(f"details.{n}=" for n in range(60_000)) + "&advance=-1"),
        Answer(422, "invalid-report", within=READING),
        Served(),
    ),
]
