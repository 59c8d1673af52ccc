# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The adapter of the reference client, which is the smallest client that passes every case."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from reference_ask import NoAnswer, ask
from reference_report import Reporter, post
from reference_watch import Refused, Watch

CAN = ["watch", "report", "cancel", "tokens", "environment", "cursor", "refusals", "ask", "answer"]


def write(**event: Any) -> None:
    print(json.dumps(event), flush=True)


class Adapter:
    """Reads commands, calls the client and writes events."""

    watch_type = Watch
    reporter_type = Reporter
    name = "reference"

    def __init__(self) -> None:
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.operations: dict[str, Reporter] = {}

    async def run(self) -> None:
        write(event="ready", client=self.name, can=CAN, transport="websocket", origins=[])
        reader = asyncio.StreamReader(limit=2**22)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async for line in reader:
            command = json.loads(line)
            if command["do"] == "exit":
                break
            await self.take(command)
        await asyncio.gather(*(operation.leave(2) for operation in self.operations.values()))
        # Reports that still wait for a server are dropped.
        os._exit(0)

    async def take(self, command: dict[str, Any]) -> None:
        do, n = command["do"], command["n"]
        if do in ("watch", "cancel", "stop", "ask", "answer"):
            self.tasks[n] = asyncio.create_task(getattr(self, do)(command))
            return
        if do == "create":
            self.create(command)
        else:
            self.report(self.operations[command["op"]], command)
        write(event="done", n=n)

    async def watch(self, command: dict[str, Any]) -> None:
        n, tokens = command["n"], command.get("tokens", [])
        watch = self.watch_type(command["url"], iter_tokens(tokens), command.get("cursor"))
        try:
            async for snapshot in watch:
                write(event="snapshot", n=n, snapshot=snapshot)
            if watch.ended:
                write(event="end", n=n, status=watch.ended)
        except Refused as refused:
            write(event="error", n=n, kind=refused.kind, detail=str(refused))
        except asyncio.CancelledError:
            pass
        write(event="done", n=n)

    async def stop(self, command: dict[str, Any]) -> None:
        self.tasks[command["watch"]].cancel()
        await asyncio.gather(self.tasks[command["watch"]], return_exceptions=True)
        write(event="done", n=command["n"])

    async def cancel(self, command: dict[str, Any]) -> None:
        if kind := await post(f"{command['url']}/cancel", command.get("token")):
            write(event="error", n=command["n"], kind=kind)
        write(event="done", n=command["n"])

    async def answer(self, command: dict[str, Any]) -> None:
        body = {"answer": command["text"], **({"number": command["number"]} if "number" in command else {})}
        if kind := await post(f"{command['url']}/answer", command.get("token"), body):
            write(event="error", n=command["n"], kind=kind)
        write(event="done", n=command["n"])

    async def ask(self, command: dict[str, Any]) -> None:
        n = command["n"]
        try:
            write(event="answered", n=n, answer=await ask(self.operations[command["op"]], command))
        except NoAnswer as none:
            write(event="error", n=n, kind=str(none))
        write(event="done", n=n)

    def create(self, command: dict[str, Any]) -> None:
        op = command["op"]
        self.operations[op] = self.reporter_type(
            command,
            told=lambda: write(event="cancelling", op=op),
            refused=lambda kind: write(event="refused", op=op, kind=kind),
        )

    def report(self, operation: Reporter, command: dict[str, Any]) -> None:
        match command["do"]:
            case "update":
                operation.update(command["state"], command.get("details"))
            case "advance":
                for _ in range(command.get("times", 1)):
                    operation.advance(command["by"])
            case "succeed":
                operation.end({"status": "succeeded", "result": command.get("result")})
            case "fail":
                operation.end({"status": "failed", "error": {"title": command["title"], "detail": command.get("detail")}})
            case "cancelled":
                operation.end({"status": "cancelled"})


def iter_tokens(tokens: list[str]) -> Any:
    """Returns a function that returns one token after the other, and then always the last one."""
    left = list(tokens)
    return lambda: (left.pop(0) if len(left) > 1 else left[0]) if left else None


if __name__ == "__main__":
    asyncio.run(Adapter().run())
