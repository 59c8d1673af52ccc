# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Servers that share their operations, and a place that is now one of them and now another."""

from __future__ import annotations

import random
import time
from pathlib import Path

from harness import Failure, Server, request
from keepalive import Place


class Node(Server):
    """A server on a backplane; `/readyz` tells how many nodes it knows."""

    def __init__(self, binary: Path, name: str, addresses: str, *options: str):
        serve = ("serve", "--host", "127.0.0.1", "--port", "0", "--backplane", addresses, "--node-name", name)
        super().__init__(binary, *options, serve=serve)
        self.name = name

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def metrics(self) -> dict[str, float]:
        lines = request("GET", self.url + "/metrics").body.decode().splitlines()
        return {line.split(" ")[0]: float(line.split(" ")[1]) for line in lines if not line.startswith("#")}

    def known_nodes(self) -> int:
        return int(self.metrics().get("live_progress_nodes", 0))


def await_nodes(nodes: list[Node], seconds: float = 30) -> None:
    """Waits until all nodes know each other."""
    deadline = time.monotonic() + seconds
    while any(node.known_nodes() != len(nodes) for node in nodes):
        if time.monotonic() > deadline:
            raise Failure(f"the nodes know {[node.known_nodes() for node in nodes]} nodes; the first one's log:\n{nodes[0].tail()}")
        time.sleep(0.05)


class Entrance(Place):
    """One of the open nodes, and after a few uses another one."""

    USES = 12

    def __init__(self, ports: list[int], seed: float):
        self.ports = ports
        self.random = random.Random(seed)
        self.current, self.uses = 0, 0
        super().__init__()
        self.opened.set()

    @property
    def port(self) -> int:
        self.uses += 1
        if self.current not in self.ports or self.uses > self.USES:
            self.current, self.uses = self.random.choice(self.ports) if self.ports else 0, 0
        return self.current

    @port.setter
    def port(self, _: int) -> None:
        """The base class sets it at first."""
