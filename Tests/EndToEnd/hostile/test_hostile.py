# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Tables of hostile clients, played with regular clients; `--rows TEXT` plays only the rows that contain a text."""

from __future__ import annotations

import asyncio
import warnings

import pytest
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
from harness import Failure, expect, expect_equal, request
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
"""The allowed growth of the server's memory after all rows, in bytes."""


pytestmark = [pytest.mark.xdist_group("hostile"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def kit(binary, pytestconfig) -> Kit:
    """Plays all rows once and concurrently, because the regular clients run during all rows."""
    text = pytestconfig.getoption("rows")
    with served(binary) as server:
        kit = Kit(server)
        kit.prepare()
        asyncio.run(kit.run([row for rows in GROUPS.values() for row in rows if text in str(row)]))
        kit.untouched = request("GET", f"{server.url}{QUIET}").json["revision"] == 0
        return kit


def check_rows(kit: Kit, group: str) -> None:
    outcomes = [outcome for outcome in kit.outcomes if outcome.row.group == group]
    for outcome in outcomes:
        if outcome.row.known and outcome.problem:
            warnings.warn(f"known defect: {outcome.row}: {outcome.row.known}")
    failed = [outcome for outcome in outcomes if bool(outcome.problem) != bool(outcome.row.known)]
    if failed:
        told = "\n".join(f"{one.row}\n  {one.problem or 'passes now: remove its mark `known`'}" for one in failed)
        raise Failure(f"{len(failed)} rows failed:\n{told}")
    skipped = [row for row in kit.skipped if row.group == group]
    for needed in sorted({row.needs for row in skipped}):
        warnings.warn(f"{sum(row.needs == needed for row in skipped)} rows of {group}: the server does not have {needed}")
    if not outcomes:
        pytest.skip("no row of this group was played")


@pytest.mark.parametrize("group", GROUPS, ids=[f"{group}, {len(rows)} rows" for group, rows in GROUPS.items()])
def test_rows(kit, group):
    """Hostile clients: the server answers each row of the table as expected."""
    check_rows(kit, group)


def test_company(kit, pytestconfig):
    """Invariant 11: among hostile clients, a watcher receives every update, and so do late watchers."""
    expect(not kit.company, "\n".join(kit.company))
    if pytestconfig.getoption("rows"):
        pytest.skip("these rows end before many late watchers can connect")
    expect(kit.late_joiners > 3, f"only {kit.late_joiners} late watchers connected, so this run tests nothing")
    print(f"     {kit.figures}")


def test_untouched(kit):
    """Refused requests have changed nothing."""
    expect(kit.untouched, "a report changed the quiet operation")


def test_left_behind(kit):
    """Invariant 10: hostile clients leave no memory, descriptors, connections or watchers behind."""
    print(f"     before: {kit.before}\n     after:  {kit.after}")
    expect_equal(kit.after.held, kit.before.held, "connections, WebSockets and streams")
    expect(kit.after.descriptors <= kit.before.descriptors, f"{kit.after.descriptors} descriptors are open")
    grown = kit.after.resident - kit.before.resident
    expect(grown <= MEMORY, f"the server has grown by {grown} bytes")


def test_tokens(binary):
    """Tokens that are expired or forged, or that lack the operation or the permission, are refused."""
    kit = run_tokens(binary)
    if kit is None:
        pytest.skip("the tool cannot create tokens")
    check_rows(kit, "")
