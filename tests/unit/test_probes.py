import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fixtures.processes import ROOT, environment

SAMPLE = """
import asyncio
from contextlib import contextmanager, suppress


def branches(value):
    if value:
        value += 1
    if value > 9:
        return "much"
    elif value < 0:
        return "less"
    else:
        value = (
            value + 1
        )
    with suppress(KeyError):
        if value == 2:
            {}[value]
    return value


def loops(values):
    for value in values:
        if value == 3:
            break
        if value == 4:
            continue
    else:
        values = [*values, 0]
    while values:
        values.pop()
    for value in values:
        print(value)


def cases(value):
    match value:
        case 1:
            found = "one"
        case [first, *_]:
            found = first
        case {"deep": deep} if deep:
            found = deep
        case str():
            found = "text"
    match value:
        case 1:
            return "one"
        case _:
            pass


def errors(error, other=False):
    try:
        if error:
            raise error
    except KeyError:
        found = "key"
    except (
        ValueError,
        TypeError,
    ):
        found = "value"
    except LookupError:
        found = "lookup"
    else:
        found = "none"
    finally:
        if other:
            error = None
    return found


@contextmanager
def managed():
    try:
        yield 1
    finally:
        done = True


async def waiting(count):
    async def numbers():
        for number in range(count):
            await asyncio.sleep(0)
            yield number

    async with asyncio.timeout(9):
        async for number in numbers():
            if number:
                return number
    return [number async for number in numbers() if number]


def unused(value):
    if value:
        return 1
    return 2


for value in (0, 1, 9):
    branches(value)
loops([1, 2])
loops([3])
cases(1)
cases([7])
cases({"deep": 1})
cases(5)
errors(None)
errors(KeyError())
errors(ValueError(), other=True)
with managed():
    asyncio.run(waiting(3))
"""


def test_probes_find_what_a_trace_function_finds(tmp_path: Path) -> None:
    source = tmp_path / "sample"
    source.mkdir()
    (source / "__init__.py").write_text(SAMPLE)

    by_probes = measured(tmp_path, 'plugins = ["tests.probes"]', "ProbeTracer")

    assert by_probes == measured(tmp_path, 'core = "ctrace"', "CTracer")
    assert by_probes["missing_lines"]
    assert len(by_probes["missing_branches"]) > 5


def test_probes_find_the_same_by_what_was_compiled_before(tmp_path: Path) -> None:
    source = tmp_path / "sample"
    source.mkdir()
    (source / "__init__.py").write_text(SAMPLE)
    first = measured(tmp_path, 'plugins = ["tests.probes"]', "ProbeTracer")
    assert len([*source.rglob("*.probes-*.pyc")]) == 1

    assert measured(tmp_path, 'plugins = ["tests.probes"]', "ProbeTracer") == first


def measured(folder: Path, how: str, tracer: str) -> dict[str, Any]:
    """What ran of the sample, and what did not."""
    source = json.dumps(str(folder / "sample"))
    (folder / "coverage.toml").write_text(
        f"[tool.coverage.run]\nbranch = true\nsource = [{source}]\n{how}\n"
        f"[tool.coverage.tests.probes]\nsource = {source}\n"
    )
    run = (
        "import coverage; measuring = coverage.Coverage(config_file='coverage.toml')\n"
        "with measuring.collect(): import sample\n"
        "print(measuring._collector.tracer_name())\n"
        "measuring.json_report(outfile='found.json')"
    )
    done = subprocess.run(
        [sys.executable, "-c", run],
        check=False,
        capture_output=True,
        cwd=folder,
        env=environment({"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}),
        text=True,
    )
    assert tracer in done.stdout, done.stderr
    (file,) = json.loads((folder / "found.json").read_text())["files"].values()
    names = ("executed_lines", "missing_lines", "executed_branches", "missing_branches")
    return {name: file[name] for name in names}
