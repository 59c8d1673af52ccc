# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The published package: the examples of the README run, and an import is cheap."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from support import API, request, run_python

import live_progress

FOLDER = Path(__file__).resolve().parent.parent
README = (FOLDER / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

#: The names that the examples use.
GIVEN = """
import sys
rows, files, sha, url = range(30), ["a", "b"], "4f2a", sys.argv[1] if len(sys.argv) > 1 else "URL"
def insert(row): pass
upload = apply = insert
changes = [1, 2, 3]
"""


def test_the_readme_has_four_examples():
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("example", EXAMPLES, ids=["loop", "operation", "question", "watcher"])
def test_an_example_of_the_readme_runs(server, example):
    request("POST", server.url + API, {"id": "of-the-readme"})
    request("PATCH", f"{server.url}{API}/of-the-readme", {"state": "Done", "status": "succeeded"})
    before = {item["id"] for item in server.list()}
    given = GIVEN.replace("URL", f"{server.url}{API}/of-the-readme")
    example = example.replace('default="no", timeout=60', 'default="yes", timeout=0.5')  # nobody answers here
    process = run_python(given + example, LIVE_PROGRESS_SERVER=server.url)
    if "watch" in example:
        assert process.stdout == "succeeded Done None\n"
    made = [item for item in server.list() if item["id"] not in before]
    assert [item["status"] for item in made] == ([] if "watch" in example else ["succeeded"])
    assert all(item["progress"]["fractionCompleted"] == 1 for item in made)


def test_every_public_name_is_documented_and_the_functions_have_an_example():
    for name in live_progress.__all__:
        text = getattr(live_progress, name).__doc__
        assert text and len(text) > 40, name
    functions = ("track", "operation", "current", "watch", "awatch", "cancel", "configure", "flush", "patch_tqdm")
    for name in (*functions, "ask", "aask", "answer"):
        assert "```python" in getattr(live_progress, name).__doc__, name


def test_the_readme_names_every_argument_and_the_members_of_an_operation():
    for name in inspect.signature(live_progress.operation).parameters:
        assert name == "title" or f"{name}=" in README, name
    members = [name for name in dir(live_progress.Operation) if not name.startswith("_")]
    assert [name for name in members if f"op.{name}" not in README] == ["flush"]
    for name in inspect.signature(live_progress.configure).parameters:
        assert f"{name}=…" in README, name


def test_importing_brings_no_thread_and_nothing_from_elsewhere():
    code = """
        import sys, threading
        before = {name.partition(".")[0] for name in sys.modules}
        import live_progress
        new = {name.partition(".")[0] for name in sys.modules} - before - {"live_progress"}
        print(threading.active_count(), sorted(name for name in new if name not in sys.stdlib_module_names))
        """
    if not hasattr(__import__("sys"), "stdlib_module_names"):
        pytest.skip("this Python has no list of its standard modules")
    assert run_python(code, prelude="").stdout == "1 []\n"
