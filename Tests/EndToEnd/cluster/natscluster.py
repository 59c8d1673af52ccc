# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Three real NATS servers in a cluster, their faults, and a link to them that can be cut."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from harness import Failure

STREAM = "live-progress"


def program() -> str | None:
    """Returns the newest nats-server, of LIVE_PROGRESS_NATS_SERVERS or of the path."""
    listed = [path for path in os.environ.get("LIVE_PROGRESS_NATS_SERVERS", "").split(":") if path]
    return listed[-1] if listed else shutil.which("nats-server")


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class NATSServer:
    """One server of a cluster, with a folder that survives its end."""

    def __init__(self, name: str, folder: Path, client: int, cluster: int, monitor: int, routes: str):
        self.name, self.port, self.monitor = name, client, monitor
        self.log = folder / f"{name}.log"
        configuration = folder / f"{name}.conf"
        configuration.write_text(f"""
            server_name: {name}
            listen: "127.0.0.1:{client}"
            http: "127.0.0.1:{monitor}"
            jetstream {{ store_dir: "{folder / name}" }}
            cluster {{ name: test, listen: "127.0.0.1:{cluster}", routes: [{routes}], no_advertise: true }}
        """)
        self.command = [program(), "-c", str(configuration), "-l", str(self.log)]
        self.start()

    def start(self) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command, **quiet)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Stops the process without ending it."""
        self.process.send_signal(signal.SIGSTOP)

    def proceed(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def ask(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/{path}", timeout=1) as answer:
            return json.load(answer)


class NATSCluster:
    def __init__(self, folder: Path):
        if not program():
            raise Failure("there is no nats-server; scripts/test.sh installs one")
        ports = free_ports(9)
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports[3:6])
        self.servers = [NATSServer(f"nats-{n}", folder, ports[n], ports[3 + n], ports[6 + n], routes) for n in range(3)]
        self.await_majority()

    @property
    def addresses(self) -> str:
        return ",".join(f"nats://127.0.0.1:{server.port}" for server in self.servers)

    def await_majority(self, seconds: float = 30) -> None:
        """Waits until the servers have elected a leader of JetStream."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for server in self.servers:
                try:
                    if server.ask("jsz").get("meta_cluster", {}).get("leader"):
                        return
                except OSError:
                    pass
            time.sleep(0.1)
        raise Failure(f"no leader of JetStream:\n{self.servers[0].log.read_text()[-2000:]}")

    def leader(self, seconds: float = 30) -> NATSServer:
        """Returns the server that leads the stream of the operations; during an election, waits for its end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if leader := self.known_leader():
                return leader
            time.sleep(0.1)
        raise Failure("no server knows the leader of the stream")

    def known_leader(self) -> NATSServer | None:
        for server in self.servers:
            try:
                accounts = server.ask("jsz?streams=true&accounts=true").get("account_details", [])
            except OSError:
                continue
            for stream in (stream for account in accounts for stream in account.get("stream_detail", [])):
                name = stream.get("cluster", {}).get("leader")
                for candidate in self.servers:
                    if stream["name"].lower() == STREAM and candidate.name == name:
                        return candidate
        return None

    def follower(self) -> NATSServer:
        leader = self.leader()
        return next(server for server in self.servers if server is not leader)

    def close(self) -> None:
        for server in self.servers:
            server.proceed()
            server.kill()


class Link:
    """Passes the connections of one node on to the NATS servers, until the link is cut."""

    def __init__(self, ports: list[int]):
        self.ports = ports
        self.whole = asyncio.Event()
        self.whole.set()
        self.listeners: list[asyncio.Server] = []
        self.passing: set[asyncio.Task] = set()

    async def open(self) -> str:
        """Returns the addresses to connect to."""
        addresses = []
        for port in self.ports:
            listener = await asyncio.start_server(lambda r, w, port=port: self.begin(r, w, port), "127.0.0.1", 0)
            self.listeners.append(listener)
            addresses.append(f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        return ",".join(addresses)

    def cut(self) -> None:
        """Stops passing bytes on, and keeps the connections open."""
        self.whole.clear()

    def heal(self) -> None:
        self.whole.set()

    def begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        task = asyncio.create_task(self.serve(reader, writer, port))
        self.passing.add(task)
        task.add_done_callback(self.passing.discard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        try:
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self.pass_on(reader, other_writer), self.pass_on(other_reader, writer))

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                await self.whole.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def close(self) -> None:
        for one in (*self.listeners, *self.passing):
            one.cancel() if isinstance(one, asyncio.Task) else one.close()
