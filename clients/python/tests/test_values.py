# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Values that a server refuses, or that cannot be encoded, cost neither the end nor the call."""

from __future__ import annotations

import decimal
import threading

import pytest

from live_progress import current, flush, operation


class Array:
    """A value like an array: it cannot be compared, converted or tested."""

    def no(self, *_):
        raise ValueError("ambiguous")

    __float__ = __bool__ = __ge__ = __le__ = __lt__ = __gt__ = no


class Number(float):
    def no(self, *_):
        raise RuntimeError("no number")

    __int__ = __add__ = __radd__ = no


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("result", [nested(120), {"n": 10**400}], ids=["levels", "number"])
def test_an_end_that_the_server_refuses_is_sent_without_its_result(server, result):
    for _ in range(3):
        op = operation("Refused end", total=3)
        op.succeed(result)
        assert op.flush(5)
        snapshot = server.get(op.url)
        assert (snapshot["status"], snapshot["result"], op.dropped) == ("succeeded", None, 1)


def test_an_end_is_sent_again_only_once(scripted):
    scripted.answer = lambda call: (201, {}, {}) if call.method == "POST" else (422, {}, {"detail": "No."})
    op = operation("Stubborn")
    op.succeed(1)
    assert op.flush(5)
    assert [call.report for call in scripted.calls[1:]] == [
        {"status": "succeeded", "result": 1},
        {"status": "succeeded"},
    ]


def test_counts_stay_within_the_wire(server):
    with operation("Huge") as op:
        for _ in range(3):
            op.advance(2**62)
    with operation("Full") as other:
        other.set(completed=2**63 - 1, total=2**63 - 1)
        other.advance(1)
    for told in (op, other):
        assert told.flush(5)
        snapshot = server.get(told.url)
        assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("succeeded", 2**63 - 1)


def test_decimal_counts_are_numbers(server):
    with operation("Decimal", total=3) as op:
        with op.part("Half", worth=decimal.Decimal("1"), total=decimal.Decimal("4")) as part:
            part.advance(decimal.Decimal("1"))
            op.flush()
            assert server.get(op.url)["progress"]["fractionCompleted"] == pytest.approx(1 / 12)
        op.advance(decimal.Decimal("0.5"))
    assert op.flush(5)
    assert (server.get(op.url)["status"], op.dropped) == ("succeeded", 0)


@pytest.mark.parametrize(
    "options",
    [
        {"labels": {"a": "漢" * 300}},
        {"labels": {"a b=c": "x"}},
        {"labels": {"": ""}},
        {"labels": {str(number): "x" for number in range(70)}},
        {"parent": "a b"},
        {"parent": 5 + 3j},
    ],
    ids=["long", "equals", "empty", "many", "parent", "number"],
)
def test_options_that_the_server_refuses_do_not_cost_the_operation(server, caplog, options):
    with operation(7, total=3, unit="rows", **options) as op:
        op.advance()
    assert op.flush(5)
    snapshot = server.get(op.url)
    assert (snapshot["status"], snapshot["title"], op.refusal) == ("succeeded", "7", None)
    progress = snapshot["progress"]
    assert (progress["completedCount"], progress["totalCount"], progress["unit"]) == (1, 3, "rows")
    assert len([record for record in caplog.records if "refused the options" in record.message]) == 1


def test_a_creation_is_simplified_only_once(scripted):
    scripted.answer = lambda call: (422, {}, {"detail": "No."})
    op = operation("Never", labels={"a": "b"}, id="fixed")
    assert op.flush(5)
    assert [sorted(call.report) for call in scripted.calls] == [
        ["cancellable", "id", "labels", "title"],
        ["cancellable", "id", "title"],
    ]
    assert op.refusal == ("refused", "No.")


def test_details_with_cycles_have_an_end(server):
    root = {"name": "root", "children": []}
    for number in range(8):
        root["children"].append({"name": number, "parent": root})
    wide = [[] for _ in range(300)]
    for item in wide:
        item.extend(wide)
    with operation("Cycles") as op:
        op.update("State", tree=root)
        assert op.flush(5)
        children = server.get(op.url)["details"]["tree"]["children"]
        assert children == [{"name": number, "parent": "…"} for number in range(8)]
        op.update("State", wide=wide)
        op.succeed(wide)
    assert op.flush(5)
    assert server.get(op.url)["status"] == "succeeded"


def test_values_are_encoded_without_the_lock(server):
    other = operation("Other")

    class Slow:
        def __str__(self):
            thread = threading.Thread(target=other.advance)
            thread.start()
            thread.join(20)
            results.append(thread.is_alive())
            return "slow"

    results = []
    with operation("Slow") as op:
        op.update("State", a=Slow())
        op.log(Slow(), b=Slow())
        op.set(title=Slow(), labels={"a": Slow()})
        op.succeed(Slow())
    assert len(results) >= 6
    assert not any(results)
    other.succeed()


@pytest.mark.parametrize(
    "value",
    [10**400, 10**5000, -1, decimal.Decimal("NaN"), Array(), Number(1), float("inf"), 1j, "x", ["a"], b"\xff"],
    ids=lambda value: type(value).__name__,
)
def test_no_value_makes_a_call_raise_or_costs_the_end(server, value):
    op = operation(value, total=value, unit=value, labels=value, parent=value)
    with op:
        op.update(value, value, n=value)
        op.advance(value)
        op.log(value, n=value)
        op.set(completed=value, total=value, unit=value, fraction=value, baseline=value, title=value, labels=value)
        with op.part(value, worth=value, total=value) as part:
            part.advance(value)
            part.set(total=value, completed=value)
        op.succeed(value)
    assert op.flush(5)
    assert server.get(op.url)["status"] == "succeeded"
    operation("Id", id=value).succeed()
    operation("Server", server=value).succeed()
    assert op.flush(value) and flush(5)


def test_an_identifier_can_be_a_number(server):
    with operation("Number", id=7) as op:
        pass
    assert op.flush(5)
    assert op.id == "7" and server.get(op.url)["status"] == "succeeded"


@pytest.mark.parametrize("limit", [float("inf"), 10**400, None, 5])
def test_a_flush_accepts_any_limit(server, limit):
    op = operation("Flushed")
    op.succeed()
    assert op.flush(limit) and flush(limit)


def test_parts_of_no_operation_are_not_kept():
    nothing = current()
    for _ in range(100):
        nothing.part("Part", total=3).advance()
    assert nothing._node.parts == []
