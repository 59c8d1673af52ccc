# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""`run` with real tools on a terminal: the fraction rises to 1 with the tool's unit, or is unknown where the tool tells none."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pexpect
import pytest
from harness import BASE, expect, expect_equal, plain_environment, request

SIZE = 3_000_000
#: The folders of programs, with those that the test packages bring.
PATH = f"{Path(sys.executable).parent}:{plain_environment()['PATH']}"


class SlowFile(http.server.BaseHTTPRequestHandler):
    """Serves a file in about two seconds."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()
        for _ in range(20):
            self.wfile.write(b"x" * (SIZE // 20))
            time.sleep(0.1)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowFile) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{files.server_port}/file"
        files.shutdown()


def bar(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def configure(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=plain_environment(PATH=PATH))


def ninja(folder: Path) -> list[str]:
    edges = "".join(f"build out{n}: slow\n" for n in range(30))
    (folder / "build.ninja").write_text(f"rule slow\n  command = sleep 0.1; touch $out\n{edges}")
    return ["ninja", "-C", str(folder), "-j1"]


def cmake(folder: Path) -> list[str]:
    targets = "".join(
        f"add_custom_target(t{n} ALL COMMAND ${{CMAKE_COMMAND}} -E sleep 0.2 COMMENT Step{n})\n" for n in range(12)
    )
    (folder / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.10)\nproject(p NONE)\n{targets}")
    configure("cmake", "-G", "Unix Makefiles", "-S", str(folder), "-B", str(folder / "b"))
    return ["cmake", "--build", str(folder / "b")]


def ctest(folder: Path) -> list[str]:
    tests = "".join(f"add_test(NAME t{n} COMMAND ${{CMAKE_COMMAND}} -E sleep 0.15)\n" for n in range(12))
    text = f"cmake_minimum_required(VERSION 3.10)\nproject(p NONE)\nenable_testing()\n{tests}"
    (folder / "CMakeLists.txt").write_text(text)
    configure("cmake", "-S", str(folder), "-B", str(folder / "b"))
    return ["sh", "-c", f"cd '{folder}/b' && exec ctest"]


def pytest_(folder: Path) -> list[str]:
    for file in range(6):
        tests = "".join(f"def test_{n}(): time.sleep(0.06)\n" for n in range(5))
        (folder / f"test_part{file}.py").write_text(f"import time\n{tests}")
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]


def rebase(folder: Path) -> list[str]:
    def git(*words: str) -> None:
        user = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(folder), *user, *words], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for number in range(9):
        git("commit", "-q", "--allow-empty", "-m", f"commit {number}")
    step = f"git -C '{folder}' -c user.name=a -c user.email=a@example.org rebase -f --root -x 'sleep 0.2'"
    return ["sh", "-c", step]


def file_of(folder: Path, size: int) -> Path:
    path = folder / "data.bin"
    path.write_bytes(bytes(range(256)) * (size // 256))
    return path


#: For each tool: the program it needs, its command, and the unit in which it ends at its total; None if the total is unknown.
TOOLS = {
    "curl": ("curl", lambda _, url: ["curl", "-o", "/dev/null", url], "bytes"),
    "curl -#": ("curl", lambda _, url: ["curl", "-#", "-o", "/dev/null", url], "%"),
    "wget": ("wget", lambda _, url: ["wget", "-O", "/dev/null", url], "%"),
    "dd": ("dd", lambda _, url: ["sh", "-c", f"curl -s {url} | dd of=/dev/null bs=64k status=progress"], None),
    "ninja": ("ninja", lambda folder, _: ninja(folder), "steps"),
    "cmake and make": ("cmake", lambda folder, _: cmake(folder), "%"),
    "ctest": ("cmake", lambda folder, _: ctest(folder), "tests"),
    "pytest": ("python3", lambda folder, _: pytest_(folder), "%"),
    "git rebase": ("git", lambda folder, _: rebase(folder), "steps"),
    "rsync": (
        "rsync",
        lambda folder, _: ["rsync", "--info=progress2", "--bwlimit=1500", str(file_of(folder, SIZE)), f"{folder}/copy"],
        "%",
    ),
    "pv": ("pv", lambda folder, _: ["sh", "-c", f"pv -L 1500k '{file_of(folder, SIZE)}' >/dev/null"], "%"),
    "tqdm": (
        "python3",
        lambda *_: bar("import time\nfrom tqdm import tqdm\nfor _ in tqdm(range(100)): time.sleep(0.015)"),
        "%",
    ),
    "rich": (
        "python3",
        lambda *_: bar("import time\nfrom rich.progress import track\nfor _ in track(range(100)): time.sleep(0.015)"),
        "%",
    ),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_tool(binary, server, tmp_path, url, tool):
    program, command, unit = TOOLS[tool]
    if not shutil.which(program, path=PATH):
        pytest.skip(f"{program} is not installed")
    name = tool.replace(" ", "-").replace("#", "bar")
    words = ["run", "--quiet", "--server", server.url, "--id", f"tool-{name}", "--", *command(tmp_path, url)]
    environment = plain_environment(TERM="xterm-256color", PATH=PATH)
    process = pexpect.spawn(str(binary), words, env=environment, dimensions=(24, 80), timeout=60)
    output = process.read()
    process.close()
    expect_equal(process.exitstatus, 0, f"the exit status; the output: {output[-2000:]!r}")
    ended = request("GET", f"{server.url}{BASE}/tool-{name}").json
    expect_equal(ended["status"], "succeeded", "the end")
    progress = ended["progress"]
    expect(progress is not None, f"no progress was read from {output[-2000:]!r}")
    expect_equal(progress["unit"], unit or "bytes", "the unit")
    expect_equal(progress["fractionCompleted"], 1 if unit else None, "the fraction at the end")
