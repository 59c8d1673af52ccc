# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Faults of a disk: builds the library `faultfs`, steers it while a process runs, and puts the image of a power loss in place."""

from __future__ import annotations

import functools
import mmap
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from harness import Failure, expect

FOLDER = Path(__file__).resolve().parent
SOURCES = ("faultfs.c", "faultfs_names.c", "image.c")
FLAGS = ("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC")
CONTROL = struct.Struct("=IIQQ")
"""The mode, the delay of `slow`, and the numbers of syncs and of failed calls; as in faultfs.c."""
MODES = ("ok", "full", "readonly", "slow", "eio")
STORE = "store.sqlite"


@functools.cache
def library() -> Path:
    """Builds the library once for each process."""
    folder = tempfile.TemporaryDirectory(prefix="faultfs-")
    library.folder = folder  # removed at the end of the process
    path = Path(folder.name) / "faultfs.so"
    command = [shutil.which("cc") or "clang", *FLAGS, "-o", str(path), *(str(FOLDER / name) for name in SOURCES), "-ldl", "-lpthread"]
    built = subprocess.run(command, capture_output=True, text=True)
    expect(built.returncode == 0, f"{' '.join(command)}:\n{built.stderr}")
    return path


class Faults:
    """The disk of one store: a folder with its files, the image of a power loss, and the control of the faults."""

    def __init__(self, folder: Path):
        folder = folder.resolve()
        self.folder, self.image = folder / "disk", folder / "image"
        self.folder.mkdir(parents=True)
        self.image.mkdir()
        self.store = self.folder / STORE
        self.control_path = folder / "control"
        self.control_path.write_bytes(bytes(CONTROL.size))
        with self.control_path.open("r+b") as file:
            self.control = mmap.mmap(file.fileno(), CONTROL.size)

    def environment(self, keeps_image: bool = True, early: int | None = None) -> dict[str, str]:
        """Returns the variables of a process on this disk. With a seed `early`, some pages reach the image before a sync."""
        variables = {
            "LD_PRELOAD": str(library()),
            "FAULT_DIR": str(self.folder),
            "FAULT_CONTROL": str(self.control_path),
        }
        if keeps_image:
            variables["FAULT_SHADOW"] = str(self.image)
        if early is not None:
            variables["FAULT_EARLY"] = str(early)
        return variables

    def set(self, mode: str, milliseconds: int = 0) -> None:
        # The mode is the last byte to change, so that the process never sees a mode without its delay.
        self.control[4:8] = struct.pack("=I", milliseconds)
        self.control[0:4] = struct.pack("=I", MODES.index(mode))

    @property
    def syncs(self) -> int:
        return CONTROL.unpack(self.control[:])[2]

    @property
    def failures(self) -> int:
        return CONTROL.unpack(self.control[:])[3]

    def lose_power(self) -> int:
        """Replaces the files of a killed process by the image; returns the number of bytes that were lost."""
        if not any(self.image.iterdir()):
            raise Failure("there is no image: the library was not loaded, or the process wrote nothing")
        lost = 0
        for path in self.folder.iterdir():
            kept = self.image / path.name
            after = kept.read_bytes() if kept.exists() else b""
            if not path.name.endswith("-shm"):
                lost += differing(path.read_bytes(), after)
            path.unlink()
        for path in self.image.iterdir():
            shutil.copyfile(path, self.folder / path.name)
        return lost


def differing(before: bytes, after: bytes) -> int:
    """Returns the number of bytes in the pages that differ."""
    size = max(len(before), len(after))
    return sum(4096 for at in range(0, size, 4096) if before[at : at + 4096] != after[at : at + 4096])
