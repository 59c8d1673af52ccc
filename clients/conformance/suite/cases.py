# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The cases in YAML files, each with a list; a case with `with` stands for several cases."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .failure import BadCase

SERVERS = {"scripted", "model", "real", "relayed", "dead", "silent", "blackhole"}
OPERATION = "conf-1"


@dataclass
class Case:
    """A case, which is a row of the table."""

    name: str
    file: str
    needs: list[str]
    server: str = "scripted"
    transport: str | None = None
    keys: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    connections: list[list[Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    steps: list[Any] = field(default_factory=list)
    expect: list[dict[str, Any]] = field(default_factory=list)
    limit: float = 30
    leave: bool = True

    def __post_init__(self) -> None:
        if self.server not in SERVERS:
            raise BadCase(f"{self.file}: {self.name}: no server {self.server!r}")
        if isinstance(self.expect, dict):
            self.expect = [self.expect]
        if not self.steps:
            self.steps = [{"do": {"watch": OPERATION}}, {"await": {"event": "done"}}]

    def missing(self, ready: dict[str, Any]) -> str | None:
        """Returns why the case does not apply to this client, or None."""
        for need in self.needs:
            if need not in ready.get("can", []):
                return need
        if self.transport and ready.get("transport") != self.transport:
            return self.transport
        return None


def load(folder: Path, pattern: str = "") -> list[Case]:
    """Returns all cases whose name contains one of the texts in the pattern, which `|` separates."""
    cases = [case for file in sorted(folder.glob("*.yaml")) for case in read(file)]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise BadCase(f"two cases have the name {name!r}")
    parts = [part for part in pattern.split("|") if part]
    return [case for case in cases if not parts or any(part in case.name for part in parts)]


def read(file: Path) -> list[Case]:
    cases = []
    for entry in yaml.safe_load(file.read_text()):
        variants = entry.pop("with", [{}])
        for values in variants:
            try:
                cases.append(Case(file=file.name, **fill(entry, values)))
            except TypeError as error:
                raise BadCase(f"{file.name}: {entry.get('name')}: {error}") from None
    return cases


def fill(value: Any, values: dict[str, Any]) -> Any:
    """Replaces `$(name)` by values; a value that is the whole text keeps its type."""
    if isinstance(value, dict):
        return {key: fill(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\((\w+)\)", value)
    if whole and whole[1] in values:
        return values[whole[1]]
    return re.sub(r"\$\((\w+)\)", lambda m: str(values.get(m[1], m[0])), value)
