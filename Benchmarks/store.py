# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Measures what a store costs: durable and not durable reports over HTTP, interleaved, and the start with many operations.

    scripts/build.sh && python3 Benchmarks/store.py [--rounds 5] [--seconds 3] [--kept 100000] [--folder DIR]

64 connections report on 64 operations with wrk (apt install wrk). The folder must be on the disk to measure; a folder in memory
has no fsync. The figures of the disk come first: how many commits of one page a second it does.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / "bin" / "live-progress"
WORKERS = 64
LUA = """
local number = 0
local fields = {["Content-Type"] = "application/json", ["Prefer"] = "return=minimal%s"}
function request()
    number = number + 1
    local body = '{"state":"Copying","details":{"file":"part-' .. number .. '.csv"},"advance":1,"unit":"files"}'
    return wrk.format("PATCH", "/api/v1/progress/job-" .. (number %% %d), fields, body)
end
"""


class Server:
    """A server on a file, with its URL and its processor time."""

    def __init__(self, path: Path):
        begin = time.monotonic()
        command = [BINARY, "serve", "--port", "0", "--store", path, "--log-level", "error"]
        environment = os.environ | {"LIVE_PROGRESS_MAXIMUM_OPERATIONS": "300000", "LIVE_PROGRESS_REPORTS_PER_SECOND": "1000000"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        self.url = self.process.stdout.readline().split()[-1]
        self.get("/healthz")
        self.seconds_to_start = time.monotonic() - begin

    def get(self, path: str) -> str:
        return urllib.request.urlopen(self.url + path, timeout=60).read().decode()

    def post(self, body: dict) -> None:
        fields = {"Content-Type": "application/json"}
        data = json.dumps(body).encode()
        urllib.request.urlopen(urllib.request.Request(self.url + "/api/v1/progress", data, fields), timeout=60).read()

    def metric(self, name: str) -> int:
        return int(re.search(rf"^live_progress_{name} (\d+)$", self.get("/metrics"), re.M)[1])

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def fsyncs_a_second(folder: Path) -> float:
    with open(folder / "probe", "wb") as file:
        begin, count = time.monotonic(), 0
        while time.monotonic() - begin < 1:
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
            count += 1
    return count / (time.monotonic() - begin)


def load(server: Server, script: Path, seconds: int) -> dict:
    before = (server.cpu(), server.metric("store_commits_total"), time.monotonic())
    command = ["wrk", "-t1", f"-c{WORKERS}", f"-d{seconds}s", "-s", script, server.url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        sys.exit(f"the server refused reports:\n{output}")
    count = int(re.search(r"(\d+) requests in", output)[1])
    passed = time.monotonic() - before[2]
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
        "cpu": (server.cpu() - before[0]) / count * 1e6,
        "commits": (server.metric("store_commits_total") - before[1]) / passed,
    }


def reports(folder: Path, rounds: int, seconds: int) -> None:
    print(f"the disk: {fsyncs_a_second(folder):,.0f} fdatasync a second, one after the other")
    server = Server(folder / "reports.sqlite")
    results = {"not durable": [], "durable": []}
    try:
        for number in range(WORKERS):
            server.post({"id": f"job-{number}"})
        for kind, preference in (("not durable", ""), ("durable", ", durable")):
            (folder / f"{kind}.lua").write_text(LUA % (preference, WORKERS))
        for _ in range(rounds):
            for kind, runs in results.items():
                runs.append(load(server, folder / f"{kind}.lua", seconds))
    finally:
        server.stop()
    for kind, runs in results.items():
        rate, cpu, commits = (statistics.median(run[key] for run in runs) for key in ("rate", "cpu", "commits"))
        print(f"{kind:12}: {rate:8,.0f} reports a second, {cpu:5.1f} us CPU of the server each, {commits:6,.0f} commits a second")
    pairs = zip(results["durable"], results["not durable"])
    ratios = [one["rate"] / other["rate"] for one, other in pairs]
    print(f"durable to not durable: {statistics.median(ratios):.2f}  ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")


def start(folder: Path, kept: int) -> None:
    path = folder / "kept.sqlite"
    server = Server(path)
    empty = server.memory()
    lines = 0
    try:
        for number in range(kept):
            body = {"id": f"kept-{number}", "title": f"Import {number}", "state": "Done", "completedCount": 10, "status": "succeeded"}
            server.post(body)
            lines += 1
    finally:
        server.stop()
    server = Server(path)
    try:
        each = (server.memory() - empty) / kept
        print(f"start with {kept:,} kept operations: {server.seconds_to_start:.2f} s, {each:,.0f} bytes of memory each")
        print(f"the file: {path.stat().st_size / kept:,.0f} bytes each")
        if server.metric("operations") != kept:
            sys.exit("the server lost operations")
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--kept", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure; by default a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        reports(Path(folder), options.rounds, options.seconds)
        start(Path(folder), options.kept)


if __name__ == "__main__":
    main()
