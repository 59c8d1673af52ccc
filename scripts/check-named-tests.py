# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Fails if the last column of SECURITY.md's table names a test that does not exist.

import pathlib
import re
import sys

tests = [path for folder in ("Tests", "Server/Tests") for path in pathlib.Path(folder).rglob("*") if path.suffix in (".swift", ".py")]
text = re.sub(r"\s+", " ", "\n".join(path.read_text() for path in tests))
rows = [line for line in pathlib.Path("SECURITY.md").read_text().splitlines() if line.startswith("| ")]
names = [name for row in rows for name in re.findall(r'"([^"…]{6,})"', row.rsplit("|", 2)[1])]
missing = [name for name in names if name not in text]
for name in missing:
    print(f'SECURITY.md names the test "{name}", which is in neither Tests nor Server/Tests: correct the name', file=sys.stderr)
sys.exit(1 if missing or not names else 0)
