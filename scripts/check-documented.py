# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Every public declaration in the symbol graphs of a folder has a doc comment of its own module."""

import collections
import json
import pathlib
import sys

counts = collections.Counter()
missing = []
for path in sorted(pathlib.Path(sys.argv[1]).glob("*/*.symbols.json")):
    module = path.parent.name
    for symbol in json.loads(path.read_text())["symbols"]:
        # The compiler makes the members of an enumeration's raw value, and extensions are documented by what they add.
        name = ".".join(symbol["pathComponents"])
        if symbol["kind"]["identifier"] == "swift.extension" or "location" not in symbol:
            continue
        counts[module] += 1
        if symbol.get("docComment", {}).get("module") != module:
            missing.append(f"{module}: {name}")
for module, count in counts.items():
    print(f"{module}: {count} public declarations")
print(f"{counts.total()} in all, {len(missing)} without a doc comment")
if not counts or missing:
    sys.exit("\n".join(missing) or "there are no symbol graphs")
