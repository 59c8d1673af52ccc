# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Hostile clients, a table of them, while good ones look on.

python3 Tests/EndToEnd/hostile/test_hostile.py --binary bin/live-progress [--only TEXT]     rows that contain a text
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import table_api
import table_bodies
import table_closing
import table_forms
import table_frames
import table_handshake
import table_http
import table_ids
import table_lengths
import table_origins
import table_queries
import table_slow
from harness import Failure, case, expect, expect_equal, request
from kit import Kit, run_tokens, served
from rows import QUIET

GROUPS = {
    "request lines": table_http.REQUEST_LINES,
    "fields": table_http.FIELDS,
    "lengths": table_lengths.LENGTHS,
    "handshakes": table_handshake.HANDSHAKE,
    "cursors": table_handshake.CURSORS,
    "frames": table_frames.FRAMES,
    "messages": table_frames.MESSAGES,
    "control frames": table_closing.CONTROL,
    "closing": table_closing.CLOSING,
    "UTF-8": table_closing.UTF8,
    "origins": table_origins.ORIGINS,
    "hosts": table_origins.HOSTS,
    "identifiers": table_ids.IDS,
    "methods and fields": table_api.METHODS,
    "queries": table_queries.QUERIES,
    "combining marks": table_queries.MARKED,
    "JSON": table_bodies.JSON_BODIES,
    "reading times": table_bodies.TIMES,
    "forms": table_forms.FORMS,
    "bodies": table_forms.BODIES,
    "slow clients": table_slow.SLOW,
    "deaf clients": table_slow.DEAF,
    "floods": table_slow.FLOODS,
}
for group, rows in GROUPS.items():
    for one in rows:
        one.group = group

MEMORY = 10 * 2**20
"""Bytes by which the server's memory may have grown after all of it."""


@functools.cache
def whole(binary: Path) -> Kit:
    """All rows, run once for all cases."""
    return run(binary, [row for rows in GROUPS.values() for row in rows])


def run(binary: Path, rows: list) -> Kit:
    with served(binary) as server:
        kit = Kit(server)
        kit.prepare()
        asyncio.run(kit.run(rows))
        kit.untouched = request("GET", f"{server.url}{QUIET}").json["revision"] == 0
        return kit


def check_rows(kit: Kit, group: str) -> None:
    outcomes = [outcome for outcome in kit.outcomes if outcome.row.group == group]
    for outcome in outcomes:
        if outcome.row.known and outcome.problem:
            print(f"KNOWN {outcome.row}: {outcome.row.known}")
    failed = [outcome for outcome in outcomes if bool(outcome.problem) != bool(outcome.row.known)]
    if failed:
        told = "\n".join(f"{one.row}\n  {one.problem or 'passes now: take its mark away'}" for one in failed)
        raise Failure(f"{len(failed)} rows failed:\n{told}")
    skipped = [row for row in kit.skipped if row.group == group]
    for needed in sorted({row.needs for row in skipped}):
        print(f"SKIP {sum(row.needs == needed for row in skipped)} rows of {group}: the server has not {needed}")


def register(group: str, count: int) -> None:
    @case(f"Hostile clients: {group}, {count} rows", seconds=240)
    def rows_of_group(environment):
        check_rows(whole(environment.binary), group)


for group, rows in GROUPS.items():
    register(group, len(rows))


@case("Invariant 11: among hostile clients a watcher gets every update, late joiners too", seconds=240)
def company(environment):
    kit = whole(environment.binary)
    expect(not kit.company, "\n".join(kit.company))
    expect(kit.late_joiners > 3, f"only {kit.late_joiners} joined late; the case shows nothing")
    print(f"     {kit.figures}")


@case("What was refused has changed nothing", seconds=240)
def untouched(environment):
    expect(whole(environment.binary).untouched, "somebody has reported on the quiet operation")


@case("Invariant 10: hostile clients leave no memory, descriptors, connections or watchers behind", seconds=240)
def left_behind(environment):
    kit = whole(environment.binary)
    print(f"     before: {kit.before}\n     after:  {kit.after}")
    expect_equal(kit.after.held, kit.before.held, "connections, WebSockets and streams")
    expect(kit.after.descriptors <= kit.before.descriptors, f"{kit.after.descriptors} descriptors are open")
    grown = kit.after.resident - kit.before.resident
    expect(grown <= MEMORY, f"the server has grown by {grown} bytes")


@case("Tokens that are expired, forged, of another operation or for something else are refused", seconds=120)
def tokens(environment):
    kit = run_tokens(environment.binary)
    if kit is None:
        return print("SKIP the rows about tokens: the tool makes no tokens")
    check_rows(kit, "")


def main() -> int:
    """Some of the rows, and how long they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--only", default="", help="run the rows that contain this text")
    options = parser.parse_args()
    kit = run(options.binary, [row for rows in GROUPS.values() for row in rows if options.only in str(row)])
    failed = [outcome for outcome in kit.outcomes if outcome.problem]
    for outcome in failed:
        print(f"FAIL {outcome.row}\n  {outcome.problem}\n")
    print(
        f"{len(kit.outcomes)} rows, {len(failed)} failed, {len(kit.skipped)} skipped\n{kit.figures}",
        *kit.company,
        sep="\n",
    )
    print(
        f"before: {kit.before}\nafter:  {kit.after}\nthe quiet operation is {'' if kit.untouched else 'NOT '}as it was"
    )
    for outcome in sorted(kit.outcomes, key=lambda outcome: -outcome.took)[:10]:
        print(f"{outcome.took:6.1f} s {outcome.row}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
