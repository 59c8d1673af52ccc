# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The example of the README, as a newcomer runs it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

from conftest import FOLDER, PATIENCE
from harness import plain_environment


def test_example(scripts):
    """The example runs in each shell, and counts the same files in each run."""
    example = re.search(r"^```sh\n(.*?)^```$", (FOLDER / "README.md").read_text(), re.M | re.S).group(1)
    name = f"Backup by {shlex.join(scripts.shell)}"
    (scripts.folder / "backup.sh").write_text(example.replace('"Backup"', f"'{name}'"))
    shutil.copy(FOLDER / "live-progress.sh", scripts.folder)
    (scripts.folder / "data").mkdir()
    for file in "abc":
        (scripts.folder / "data" / file).write_text(file)
    environment = plain_environment(LIVE_PROGRESS_SERVER=scripts.server.url, TMPDIR=str(scripts.temporary))
    for number in (1, 2):
        done = subprocess.run(
            [*scripts.shell, "backup.sh"], cwd=scripts.folder, env=environment, capture_output=True, text=True,
            timeout=30 * PATIENCE,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        scripts.wait(lambda _, number=number: sum(o["title"] == name for o in scripts.operations()) == number)
        end = scripts.ended(name)
        progress = end["progress"]
        assert (progress["completedCount"], progress["totalCount"], progress["unit"]) == (3, 3, "files"), number
        assert end["status"] == "succeeded" and end["result"] == {"ok": True}
    assert sorted(file.name for file in (scripts.folder / "backup").iterdir()) == ["a", "b", "c"]
