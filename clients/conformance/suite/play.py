# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Plays a case with a client, step by step."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

from .adapter import Adapter, Event
from .cases import OPERATION, Case, fill
from .failure import BadCase, Failure, expect
from .judge import judge
from .patience import patient
from .real import BASE
from .stage import Stage, stage

# The time limits of calls in seconds (ADAPTER.md); ends have a higher limit, because they wait for the server.
CALLS = {
    "create": 0.5, "update": 0.5, "advance": 0.5, "succeed": 5, "fail": 5, "cancelled": 5, "stop": 2, "cancel": 5, "answer": 5,
}
SLACK = 0.4  # additional time for a busy machine
WATCH_SECONDS = 15
LEAVE_SECONDS = 3


class Player:
    """The state of a running case."""

    def __init__(self, case: Case, adapter: Adapter, scene: Stage):
        self.case, self.adapter, self.scene = case, adapter, scene
        self.names: dict[str, int] = {}
        self.last = 0

    async def run(self) -> None:
        for step in self.case.steps:
            name, value = (step, None) if isinstance(step, str) else next(iter(step.items()))
            action = getattr(self, f"_{name}", None)
            if action is None:
                raise BadCase(f"{self.case.name}: no step {name!r}")
            await action(value)

    async def _do(self, value: dict[str, Any]) -> None:
        """Sends a command to the client, and waits until the call has returned, except for a watch and a question."""
        members = dict(value)
        command = next(iter(members))
        target = members.pop(command)
        label, repeat = members.pop("as", command), members.pop("repeat", 1)
        waits = members.pop("wait", command not in ("watch", "ask"))
        for index in range(repeat):
            self.last += 1
            self.names[label] = self.last
            filled = fill(members, {"i": index})
            await self.adapter.send(self.last, command, **await self._addressed(command, target, filled))
            if waits:
                await self.adapter.done(self.last, patient(members.get("within", CALLS.get(command, 5)) + SLACK))

    async def _addressed(self, command: str, target: Any, members: dict[str, Any]) -> dict[str, Any]:
        if real := self.scene.real:
            for name in ("token", "tokens"):
                given = members.get(name)
                if isinstance(given, dict):
                    members[name] = await real.token(given)
                elif isinstance(given, list):
                    members[name] = [await real.token(t) if isinstance(t, dict) else t for t in given]
        if command in ("watch", "cancel", "answer"):
            return {"url": f"{self.scene.url}{BASE}/{target or OPERATION}", **await self._numbered(members)}
        if command == "stop":
            return {"watch": self.names[target or "watch"], **members}
        if command == "create" and not self.case.variables:
            members.setdefault("server", self.scene.url)
        return {"op": target, **members}

    async def _await(self, value: dict[str, Any]) -> None:
        """Waits for an event, such as `{event: snapshot, state: Two}`; `after` is the shortest time since its command."""
        wanted = dict(value)
        kind, seconds = wanted.pop("event"), wanted.pop("within", WATCH_SECONDS)
        shortest, asked = wanted.pop("after", 0), wanted.pop("asked", {})
        number = self.names[wanted.pop("of")] if "of" in wanted else None

        def matches(event: Event) -> bool:
            if event["event"] != kind or (number is not None and event.get("n") != number):
                return False
            about = event.get("snapshot", event)
            is_asked = all(holds(about.get(name), content) for name, content in asked.items())
            return is_asked and all(about.get(name) == content for name, content in wanted.items())

        if kind == "done" and number is None:
            number = self.last
        event = await self.adapter.wait(matches, patient(seconds), f"{kind} {wanted or ''}".strip())
        if number is not None:
            after = event["at"] - self.adapter.sent[number]["at"]
            expect(after >= shortest, f"{kind} came {after:.1f} s after its command; expected {shortest:g} s or more")

    async def _worker(self, value: dict[str, Any]) -> None:
        """The runner reports: `{put: {…}}`, `{patch: {…}}`, `{delete: conf-1}`, `{cancel: it}`, `{answer: {…}}`."""
        assert self.scene.hand is not None
        value = dict(value)
        method, body = next(iter(value.items()))
        name, repeat = value.get("id", OPERATION), value.get("repeat", 1)
        for index in range(repeat):
            if method == "delete":
                await self.scene.hand.request("DELETE", f"/{body}")
            elif method == "cancel":
                await self.scene.hand.request("POST", f"/{await self._only()}/cancel")
            elif method == "answer":
                await self.scene.hand.request("POST", f"/{await self._only()}/answer", await self._numbered(body))
            else:
                path = "" if method == "post" else f"/{name}"
                await self.scene.hand.request(method.upper(), path, fill(body, {"i": index}))

    async def _only(self) -> str:
        """Waits for the only operation on the server, and returns its identifier."""
        assert self.scene.hand is not None
        deadline = time.monotonic() + patient(5)
        while time.monotonic() < deadline:
            if found := await self.scene.hand.operations():
                return str(found[0]["id"])
            await asyncio.sleep(0.02)
        raise Failure("the client created no operation within 5 s")

    async def _numbered(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Returns an answer with the number of the open question in place of `number: open`."""
        if answer.get("number") != "open" or not self.scene.hand:
            return answer
        asked = [o["waitingFor"]["number"] for o in await self.scene.hand.operations() if "waitingFor" in o]
        expect(len(asked) == 1, f"{len(asked)} open questions at the server")
        return {**answer, "number": asked[0]}

    async def _observe(self, value: dict[str, Any]) -> None:
        """Waits until the operation on the server has the given members: `{state: One, status: running}`."""
        assert self.scene.hand is not None
        wanted = dict(value)
        deadline = time.monotonic() + patient(wanted.pop("within", 10))
        found: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            found = await self.scene.hand.operations()
            if any(all(flat(o).get(k) == v for k, v in wanted.items()) for o in found):
                return
            await asyncio.sleep(0.02)
        raise Failure(f"the server never had {wanted}; it has {[flat(o) for o in found]}")

    async def _repeat(self, value: dict[str, Any]) -> None:
        """Repeats a command to the client until an event arrives."""
        deadline = time.monotonic() + patient(value.get("within", 10))
        while not any(e["event"] == value["until"] for e in self.adapter.events):
            expect(time.monotonic() < deadline, f"no {value['until']} within {value.get('within', 10)} s")
            await self._do(value["do"])
            await asyncio.sleep(0.05)

    async def _server(self, value: str) -> None:
        real, relay = self.scene.real, self.scene.relay
        if value in ("pause", "resume", "cut"):
            assert relay is not None
            relay.cut() if value == "cut" else setattr(relay, "paused", value == "pause")
            return
        assert real is not None
        if value == "start":
            await real.start()
        elif value in ("stop", "kill"):
            await real.stop(kill=value == "kill")
        else:
            raise BadCase(f"no server {value!r}")

    async def _release(self, value: str) -> None:
        assert self.scene.scripted is not None
        self.scene.scripted.gate(value).set()

    async def _attempts(self, value: int) -> None:
        """Waits until the client has made the given number of attempts."""
        assert self.scene.scripted is not None
        deadline = time.monotonic() + patient(WATCH_SECONDS)
        while len(self.scene.scripted.attempts) < value:
            expect(time.monotonic() < deadline, f"no try {value} within {WATCH_SECONDS} s")
            await asyncio.sleep(0.02)

    async def _calls(self, value: dict[str, Any]) -> None:
        """Waits for the given number of requests of a kind: `{create: 1}`."""
        assert self.scene.relay is not None
        kind, number = next(iter(value.items()))
        deadline = time.monotonic() + patient(WATCH_SECONDS)
        while sum(call.kind == kind for call in self.scene.relay.calls) < number:
            expect(time.monotonic() < deadline, f"no {kind} {number} within {WATCH_SECONDS} s")
            await asyncio.sleep(0.02)

    async def _pause(self, value: float) -> None:
        """Waits, so that a faulty client has time to show its fault."""
        await asyncio.sleep(value)

    async def _exit(self, value: Any) -> None:
        await self.adapter.leave(patient(LEAVE_SECONDS + SLACK))


def holds(given: Any, wanted: Any) -> bool:
    """Returns whether a value is the wanted one; an object can have further members."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(given.get(name) == content for name, content in wanted.items())
    return bool(given == wanted)


def flat(operation: dict[str, Any]) -> dict[str, Any]:
    """Returns an operation with its counts as direct members."""
    return {**operation, **(operation.get("progress") or {})}


async def play(case: Case, command: str, binary: Path) -> tuple[str, str]:
    """Plays a case that applies to the client; returns `passed` or `failed`, and the reason."""
    adapter = None
    try:
        variables = dict(case.variables)
        async with contextlib.AsyncExitStack() as stack:
            if variables:  # start the server before the adapter, which gets the URL in its environment
                scene = await stack.enter_async_context(stage(case, binary, []))
                variables = await environment(case, scene)
                adapter = await Adapter.start(command, variables)
            else:
                adapter = await Adapter.start(command)
                scene = await stack.enter_async_context(stage(case, binary, adapter.ready.get("origins", [])))
            stack.push_async_callback(adapter.kill)
            player = Player(case, adapter, scene)
            await asyncio.wait_for(perform(player), patient(case.limit))
        return "passed", ""
    except BadCase as bad:
        return "failed", f"THE SUITE: {bad}"
    except asyncio.TimeoutError:
        return "failed", f"the case took more than {case.limit:g} s"
    except Failure as failure:
        tail = adapter.stderr.decode(errors="replace").strip()[-600:] if adapter else ""
        return "failed", f"{failure}" + (f"\n      stderr: {tail}" if tail else "")


async def environment(case: Case, scene: Stage) -> dict[str, str]:
    """Returns the environment variables of a case; `$(url)` is its operation, and `$(token)` a token to report."""
    values: dict[str, Any] = {"url": f"{scene.url}{BASE}/{OPERATION}"}
    if scene.real and scene.real.key_file:
        values["token"] = await scene.real.token({"can": "report"})
    return dict(fill(case.variables, values))


async def perform(player: Player) -> None:
    await player.run()
    for server in (player.scene.scripted, player.scene.relay):
        if server and server.bugs:
            raise BadCase(f"{player.case.name}: a server of the suite failed: {server.bugs[0]!r}")
    await judge(player.case, player.adapter, player.scene, player.names)
    if player.case.leave and player.adapter.process.returncode is None:
        await player.adapter.leave(patient(LEAVE_SECONDS + SLACK))
