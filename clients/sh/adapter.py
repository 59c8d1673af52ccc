# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Runs live-progress.sh for the conformance suite (clients/conformance/ADAPTER.md).

    python adapter.py [SHELL [ARGUMENT ...]]

Each operation is a separate shell, which receives its lines one by one. The lines call only public functions.
"""

from __future__ import annotations

import json
import queue
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

LIBRARY = Path(__file__).resolve().parent / "live-progress.sh"
MARK = "over"
#: The kinds of an error, by the status of progress_ask.
KINDS = {"100": "unanswered", "101": "cancelled", "102": "ended"}
Command = dict[str, Any]


def tell(event: str, **members: Any) -> None:
    """Writes an event as one line in one piece, because several threads write."""
    sys.stdout.write(json.dumps({"event": event, **members}) + "\n")
    sys.stdout.flush()


class Script:
    """A shell with the library for one operation."""

    def __init__(self, shell: list[str], op: str):
        self.op, self.is_told = op, False
        self.commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self.process = subprocess.Popen([*shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.call(f". {shlex.quote(str(LIBRARY))}")
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self) -> None:
        """Runs the commands in their order; a question takes as long as its answer."""
        while command := self.commands.get():
            if command["do"] == "ask":
                self.ask(command)
            else:
                self.call(line(command))
            self.ask_whether_cancelled()
            tell("done", n=command["n"])

    def ask(self, command: Command) -> None:
        options = [[f"--{name}", command[name]] for name in ("default", "timeout", "kind") if name in command]
        words = ["progress_ask", *sum(options, []), command["message"], *command.get("choices", [])]
        *printed, status = self.call(f"{join(words)}; echo $?")
        if status in KINDS:
            tell("error", n=command["n"], kind=KINDS[status])
        else:
            expected = command.get("choices", printed)[int(status)]
            tell("answered", n=command["n"], answer=expected if printed == [expected] else f"{printed} with {status}")

    def call(self, line: str) -> list[str]:
        """Runs a line, and returns its output."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{line}\necho {MARK}\n")
        self.process.stdin.flush()
        printed = []
        while (text := self.process.stdout.readline()) and text.strip() != MARK:
            printed.append(text.rstrip("\n"))
        return printed

    def ask_whether_cancelled(self) -> None:
        if not self.is_told and self.call("if progress_is_cancelled; then echo yes; fi") == ["yes"]:
            self.is_told = True
            tell("cancelling", op=self.op)

    def leave(self) -> None:
        self.commands.put(None)
        self.thread.join(2)
        assert self.process.stdin
        self.process.stdin.close()


def line(command: Command) -> str:
    """Returns the line of a script for a command."""
    match command["do"]:
        case "create":
            named = ["--id", command["id"]] if "id" in command else []
            words = ["progress_start", *named, "--cancellable", command.get("title", ""), command.get("total", "")]
            return variables(command) + join([*words, command.get("unit", "")])
        case "update":
            details = [f"{name}={text(value)}" for name, value in (command.get("details") or {}).items()]
            return join(["progress_step", command["state"], *details])
        case "advance" if command.get("times", 1) == 1:
            return join(["progress_advance", command["by"]])
        case "advance":
            step = join(["progress_advance", command["by"]])
            return f"i=0; while [ $i -lt {command['times']} ]; do {step}; i=$((i + 1)); done"
        case "succeed":
            return join(["progress_succeed", *([json.dumps(command["result"])] if "result" in command else [])])
        case "fail":
            return join(["progress_fail", command["title"], command.get("detail", "")])
    return "progress_cancelled"


def variables(command: Command) -> str:
    server, token = command.get("server"), command.get("token")
    settings = [("LIVE_PROGRESS_SERVER", server), ("LIVE_PROGRESS_TOKEN", token)]
    return "".join(f"export {name}={shlex.quote(value)}; " for name, value in settings if value)


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def join(words: list[Any]) -> str:
    return shlex.join(str(word) for word in words)


def main(shell: list[str]) -> None:
    scripts: dict[str, Script] = {}
    name = Path(shell[0]).name
    tell("ready", client=f"shell ({' '.join([name, *shell[1:]])})", can=["report", "environment", "ask"], transport=None, origins=[])
    for text_line in sys.stdin:
        command = json.loads(text_line)
        if command["do"] == "exit":
            break
        if command["do"] == "create":
            scripts[command["op"]] = Script(shell, command["op"])
        scripts[command["op"]].commands.put(command)
    for script in scripts.values():
        script.leave()
    for script in scripts.values():
        script.process.wait()


if __name__ == "__main__":
    main(sys.argv[1:] or ["sh"])
