# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Checks that each Swift block of the given documents is part of an example, line by line, without regard to indentation."""

import pathlib
import re
import sys


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]


def holds(source, block):
    return any(source[at : at + len(block)] == block for at in range(len(source) - len(block) + 1))


examples = [lines(path.read_text()) for path in pathlib.Path("Examples").glob("**/Sources/**/*.swift") if ".build" not in path.parts]
failures = 0
for document in sys.argv[1:]:
    blocks = re.findall(r"^```swift\n(.*?)^```$", pathlib.Path(document).read_text(), re.M | re.S)
    if not blocks:
        sys.exit(f"{document} has no Swift block")
    for block in blocks:
        if not any(holds(source, lines(block)) for source in examples):
            print(f"{document} has a Swift block that is in no example of Examples/:\n{block}", file=sys.stderr)
            failures += 1
sys.exit(1 if failures else 0)
