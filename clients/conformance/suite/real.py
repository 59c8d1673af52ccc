# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The real server, and the runner as a worker and observer over plain HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from .failure import BadCase, Failure, expect

BASE = "/api/v1/progress"


class RealServer:
    """A `live-progress serve` on a free loopback port, which can restart on the same port."""

    def __init__(self, binary: Path, options: dict[str, Any], keys: bool, origins: list[str]):
        self.binary, self.options, self.origins = binary, options, origins
        self.folder = tempfile.TemporaryDirectory()
        self.key_file = str(Path(self.folder.name) / "keys") if keys else None
        self.port = 0
        self.url = ""
        self.admin: str | None = None
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        variables = {k: v for k, v in os.environ.items() if not k.startswith("LIVE_PROGRESS")}
        for name, value in {**self.options, "origins": ",".join(self.origins)}.items():
            if value != "":
                variables["LIVE_PROGRESS_" + re.sub("([A-Z])", r"_\1", name).upper()] = str(value)
        command = ["serve", "--host", "127.0.0.1", "--port", str(self.port), "--store", "memory", "--log-level", "error"]
        if self.key_file:
            command += ["--secret-file", self.key_file]
        self.process = await asyncio.create_subprocess_exec(
            str(self.binary), *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=variables
        )
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 20)
        found = re.match(rb"listening on (http://127\.0\.0\.1:(\d+))", line)
        if not found:
            raise BadCase(f"the server did not start: {line!r}")
        self.url, self.port = found[1].decode(), int(found[2])
        if self.key_file and not self.admin:
            self.admin = await self.token({"can": "admin"})

    async def stop(self, kill: bool = False) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill() if kill else self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 15)
            except asyncio.TimeoutError:
                self.process.kill()
                await self.process.wait()

    async def token(self, wanted: dict[str, Any]) -> str:
        """Returns a token of the server's own keys, with the permissions `can` and the lifetime `for` in seconds."""
        command = ["token", "create", "--secret-file", str(self.key_file), "--can", wanted["can"]]
        command += ["--for", str(wanted.get("for", 3600))]
        process = await asyncio.create_subprocess_exec(str(self.binary), *command, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        return output.decode().strip()


class Hand:
    """The runner's own requests to a server, which has a `url` and the token `admin`."""

    def __init__(self, server: Any):
        self.server = server
        self.session = aiohttp.ClientSession()

    async def close(self) -> None:
        await self.session.close()

    async def request(self, method: str, path: str, body: Any = None, accepted: tuple[int, ...] = (200, 201, 202, 204)) -> Any:
        fields = {"Authorization": f"Bearer {self.server.admin}"} if self.server.admin else {}
        url = self.server.url + BASE + path
        async with self.session.request(method, url, json=body, headers=fields) as answer:
            text = await answer.text()
            expect(answer.status in accepted, f"{method} {path} was answered {answer.status}: {text[:300]}")
            return json.loads(text) if text else None

    async def operations(self) -> list[dict[str, Any]]:
        return (await self.request("GET", ""))["operations"]

    async def journal(self, name: str, seconds: float) -> list[dict[str, Any]]:
        """Returns all revisions of an operation up to its end."""
        now = await self.request("GET", f"/{name}")
        epoch = now["cursor"].rsplit("-", 1)[0]
        fields = {"Accept": "application/x-ndjson"}
        if self.server.admin:
            fields["Authorization"] = f"Bearer {self.server.admin}"
        url = f"{self.server.url}{BASE}/{name}?cursor={epoch}-0"
        revisions = []

        async def read() -> None:
            async with self.session.get(url, headers=fields, timeout=aiohttp.ClientTimeout(None)) as answer:
                async for line in answer.content:
                    if line.strip():
                        revisions.append(json.loads(line))

        try:
            await asyncio.wait_for(read(), seconds)
        except asyncio.TimeoutError:
            raise Failure(f"the operation had no end within {seconds:g} s; it is at {now['state']!r}") from None
        return revisions
