# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Each block of Swift in the given documents stands, line for line and however indented, in one of the examples."""

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
        sys.exit(f"{document} shows no Swift")
    for block in blocks:
        if not any(holds(source, lines(block)) for source in examples):
            print(f"{document} shows what is in no example:\n{block}", file=sys.stderr)
            failures += 1
sys.exit(1 if failures else 0)
