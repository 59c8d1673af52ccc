# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pages in a real browser: the cases of `page/`, which are a program of their own."""

from __future__ import annotations

import re
import subprocess
import sys

from harness import FOLDER, case, expect, plain_environment


@case("The page and the list in headless Chromium, with the pages that this server serves", seconds=600)
def browser(environment):
    command = [sys.executable, FOLDER / "page" / "test_page.py", "--binary", environment.binary]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, env=plain_environment())
    closing = re.search(r"(\d+) passed, (\d+) failed\s*$", done.stdout)
    expect(closing, f"no closing line: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    print(f"     page: {closing.group(0).strip()}", flush=True)
    expect(done.returncode == 0, done.stdout[-6000:])
