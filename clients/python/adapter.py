# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Runs this client for the conformance suite (`clients/conformance/ADAPTER.md`).

python adapter.py [--asyncio]
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
from typing import Any, Callable, Coroutine, Dict, List, Optional, Set

import live_progress
from adapter_snapshot import shown
from live_progress import Cancelled, Operation, ProgressError, Unanswered

Command = Dict[str, Any]

#: The maximum wait for an end to reach its server, in seconds.
PATIENCE = 4.0
_output = threading.Lock()


def tell(event: str, **members: Any) -> None:
    """Writes an event as one line."""
    with _output:
        sys.stdout.write(json.dumps({"event": event, **members}) + "\n")
        sys.stdout.flush()


def tokens(command: Command) -> Callable[[], Optional[str]]:
    """Returns a function that returns one token after the other, and then always the last one."""
    left: List[str] = list(command.get("tokens") or [])
    return lambda: left.pop(0) if len(left) > 1 else (left[0] if left else None)


class Watches:
    """The active watches."""

    def __init__(self) -> None:
        self._stops: Dict[int, Callable[[], object]] = {}

    def begin(self, command: Command) -> None:
        watch = live_progress.watch(command["url"], token=tokens(command), cursor=command.get("cursor"))
        self._stops[command["n"]] = watch.close
        threading.Thread(target=self._follow, args=(command["n"], watch), daemon=True).start()

    def stop(self, command: Command) -> None:
        stop = self._stops.get(command["watch"])
        if stop is not None:
            stop()
        tell("done", n=command["n"])

    def _follow(self, n: int, watch: live_progress.Watch) -> None:
        try:
            for snapshot in watch:
                tell("snapshot", n=n, snapshot=shown(snapshot))
                if snapshot.is_ended:
                    tell("end", n=n, status=snapshot.status)
        except ProgressError as error:
            tell("error", n=n, kind=error.kind, detail=str(error))
        tell("done", n=n)


class AsyncWatches(Watches):
    """The active watches with `awatch`, in a separate event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def begin(self, command: Command) -> None:
        coroutine: Coroutine[Any, Any, None] = self._afollow(command)
        self._stops[command["n"]] = asyncio.run_coroutine_threadsafe(coroutine, self._loop).cancel

    async def _afollow(self, command: Command) -> None:
        n = command["n"]
        try:
            async for snapshot in live_progress.awatch(
                command["url"], token=tokens(command), cursor=command.get("cursor")
            ):
                tell("snapshot", n=n, snapshot=shown(snapshot))
                if snapshot.is_ended:
                    tell("end", n=n, status=snapshot.status)
        except ProgressError as error:
            tell("error", n=n, kind=error.kind, detail=str(error))
        finally:
            tell("done", n=n)


class Workers:
    """The operations that this adapter reports on."""

    def __init__(self, is_async: bool) -> None:
        self._is_async = is_async
        self._operations: Dict[str, Operation] = {}
        self._told: Set[str] = set()
        self._queues: Dict[str, queue.SimpleQueue[Command]] = {}

    def do(self, command: Command) -> None:
        """Passes a command to the thread of its operation, which runs the commands in order."""
        name = command["op"]
        if name not in self._queues:
            self._queues[name] = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(self._queues[name],), daemon=True).start()
        self._queues[name].put(command)

    def _work(self, commands: queue.SimpleQueue[Command]) -> None:
        while True:
            command = commands.get()
            try:
                self._call(command)
            except Cancelled:
                self._tell_once("cancelling", command["op"])
            except Exception as error:
                tell("error", n=command["n"], kind="raised", detail=repr(error))
            tell("done", n=command["n"])

    def _call(self, command: Command) -> None:
        name, do = command["op"], command["do"]
        if do == "create":
            options = {key: command[key] for key in ("server", "id", "total", "unit", "token") if key in command}
            self._operations[name] = live_progress.operation(command.get("title", ""), **options)
            return
        operation = self._operations[name]
        if do == "ask":
            self._ask(operation, command)
        elif do == "update":
            operation.update(command["state"], command.get("details"))
        elif do == "advance":
            for _ in range(command.get("times", 1)):
                operation.advance(command["by"])
        else:
            if do == "succeed":
                operation.succeed(command.get("result"))
            elif do == "fail":
                operation.fail(command["title"], command.get("detail"))
            else:
                operation.cancelled()
            operation.flush(PATIENCE)

    def _ask(self, operation: Operation, command: Command) -> None:
        given = {name: command[name] for name in ("choices", "default", "timeout", "kind") if name in command}
        try:
            if self._is_async:
                answer = asyncio.run(operation.aask(command["message"], **given))
            else:
                answer = operation.ask(command["message"], **given)
            tell("answered", n=command["n"], answer=answer)
        except Unanswered as error:
            tell("error", n=command["n"], kind="unanswered", detail=str(error))
        except ProgressError as error:
            tell("error", n=command["n"], kind=error.kind, detail=str(error))
        except Cancelled as error:
            tell("error", n=command["n"], kind="cancelled", detail=str(error))
            raise

    def look(self) -> None:
        """Reports cancel requests and refusals that the client has received."""
        for name, operation in list(self._operations.items()):
            if operation.cancel_requested:
                self._tell_once("cancelling", name)
            if operation.refusal is not None:
                kind, detail = operation.refusal
                self._tell_once("refused", name, kind=kind, detail=detail)

    def _tell_once(self, event: str, name: str, **members: str) -> None:
        with _output:
            is_new = f"{event} {name}" not in self._told
            self._told.add(f"{event} {name}")
        if is_new:
            tell(event, op=name, **members)


def request(command: Command) -> None:
    """Sends the request of a watcher, to cancel or to answer."""
    try:
        if command["do"] == "cancel":
            live_progress.cancel(command["url"], token=command.get("token"))
        else:
            number, token = command.get("number"), command.get("token")
            live_progress.answer(command["url"], command["text"], number=number, token=token)
    except ProgressError as error:
        tell("error", n=command["n"], kind=error.kind, detail=str(error))
    tell("done", n=command["n"])


def main() -> None:
    is_async = "--asyncio" in sys.argv[1:]
    watches = AsyncWatches() if is_async else Watches()
    workers = Workers(is_async)
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            workers.look()

    threading.Thread(target=look, daemon=True).start()
    can = ["watch", "report", "cancel", "tokens", "environment", "cursor", "refusals", "ask", "answer"]
    client = "python (asyncio)" if is_async else "python (blocking)"
    tell("ready", client=client, can=can, transport="websocket", origins=[])
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "exit":
            break
        if command["do"] == "watch":
            watches.begin(command)
        elif command["do"] == "stop":
            watches.stop(command)
        elif command["do"] in ("cancel", "answer"):
            threading.Thread(target=request, args=(command,), daemon=True).start()
        else:
            workers.do(command)
    over.set()


if __name__ == "__main__":
    main()
