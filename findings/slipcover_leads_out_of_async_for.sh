#!/usr/bin/env bash
# SlipCover has the last `if` of an `async for` lead out of the loop, which goes on.
#
# It names a branch by the line that comes next. In a plain `for` that is the loop; in an `async for`
# it is what stands behind the loop, so that a branch to a line that never ran counts as executed.
# Whoever takes lines from branches counts that line as well; the lines themselves are right.
set -euo pipefail
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check slipcover==1.1.0

cat >loops.py <<'PY'
import asyncio


async def numbers():
    yield 0
    yield 1


def plain():
    for number in [0, 1]:
        if number:
            return number
    return None


async def asynchronous():
    async for number in numbers():
        if number:
            return number
    return None


plain()
asyncio.run(asynchronous())
PY
venv/bin/python -m slipcover --branch --json --out found.json loops.py

venv/bin/python - <<'PY'
import json
from importlib.metadata import version

(file,) = json.load(open("found.json"))["files"].values()
branches = [tuple(branch) for branch in file["executed_branches"]]
print("slipcover", version("slipcover"))
print("lines that never ran:", file["missing_lines"])
print("branches that are said to have been executed:", branches)
assert file["missing_lines"] == [13, 20]
assert (11, 10) in branches, "of the plain loop: back to it"
assert (18, 20) in branches, "of the other one: to a line that never ran"
assert (18, 17) not in branches
PY
