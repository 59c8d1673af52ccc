# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Creates docs/images/operation.png, a picture of the page during a real job.

    python3 Tests/EndToEnd/page/screenshot.py --binary bin/live-progress
    python3 Tests/EndToEnd/page/screenshot.py --server http://127.0.0.1:8080

The job compresses the sources of this repository, and reports each file over HTTP.
"""

import argparse
import asyncio
import contextlib
import lzma
import subprocess
import sys
import uuid
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser import Browser  # noqa: E402
from harness import ROOT, Server  # noqa: E402

PICTURE = ROOT / "docs/images/operation.png"
LARGEST = 200_000


def sources():
    """Returns the files under version control."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name for name in names.decode().split("\0") if name and (ROOT / name).is_file()]


async def work(http, link):
    """Compresses each file and reports it."""
    files = sources()
    total = sum(file.stat().st_size for file in files)
    body = {
        "title": "Pack the sources of Live Progress", "state": "Looking for files", "cancellable": True,
        "completedCount": 0, "totalCount": total, "unit": "bytes", "labels": {"branch": "main"},
    }
    async with http.patch(link, json=body):
        pass
    done = packed = 0
    for number, file in enumerate(files, 1):
        data = file.read_bytes()
        packed += len(await asyncio.to_thread(lzma.compress, data, preset=9 | lzma.PRESET_EXTREME))
        done += len(data)
        report = {
            "state": "Packing", "completedCount": done,
            "details": {
                "file": str(file.relative_to(ROOT)), "number": f"{number} of {len(files)}",
                "packedTo": f"{100 * packed / max(1, done):.0f}% of the size",
            },
        }
        async with http.patch(link, json=report):
            pass
    async with http.patch(link, json={"status": "succeeded", "state": "Packed", "result": {"bytes": packed}}):
        pass


async def take(server, path, width, height, scheme):
    link = f"{server.rstrip('/')}/api/v1/progress/{uuid.uuid4()}"
    async with aiohttp.ClientSession(raise_for_status=True) as http, Browser() as browser:
        async with await browser.tab(width, height, scheme, scale=2) as tab:
            async with http.put(link, json={}):
                pass
            job = asyncio.create_task(work(http, link))
            await tab.go(link)
            await tab.wait("parseInt(document.querySelector('#figure').textContent) >= 57 && "
                           "document.querySelector('#rate').textContent !== ''", seconds=60)
            path.parent.mkdir(parents=True, exist_ok=True)
            await tab.picture(path)
            assert await tab.text("#status") == "Running", "the job ended before the picture was taken"
            await job
    size = path.stat().st_size
    assert size < LARGEST, f"{path} has {size} bytes; it must stay under {LARGEST}"
    print(f"{path}: {size} bytes")


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="the URL of a running server")
    parser.add_argument("--binary", default=str(ROOT / "bin/live-progress"), help="the program to start if there is no --server")
    parser.add_argument("--to", type=Path, default=PICTURE)
    parser.add_argument("--size", default="960x790", help="width and height in CSS pixels")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with contextlib.ExitStack() as stack:
        server = options.server or stack.enter_context(Server(options.binary)).url
        await take(server, options.to, width, height, options.scheme)


if __name__ == "__main__":
    asyncio.run(main())
