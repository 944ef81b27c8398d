"""What `make test-mutants` does: changes one thing in a critical file, and sees if a test notices.

Cosmic Ray makes the changes, each in a copy of the project. Of a file those tests are run that
import it, and those of its area. What survives is printed as a diff, to be killed by a test or
understood. Results are kept in `.mutants/`: a run that was stopped goes on where it was.

    make test-mutants FILES=backend/core/preconditions.py
"""

import os
import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from shlex import join
from typing import NamedTuple

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome

ROOT = Path(__file__).parents[1]
WORK = ROOT / ".mutants"
COPIES = 2
TIMEOUT_SECONDS = 300
# Others make what no program survives, or say the same again.
OPERATORS = (
    "AddNot|Break|Continue|ExceptionReplacer|NumberReplacer|RemoveDecorator|Replace(And|Or)With.*|"
    "ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceUnaryOperator_Delete_Not|ZeroIteration.*|"
    "ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|BitAnd_BitOr)|"
    "ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Is_IsNot|IsNot_Is)"
)
# What belongs to all areas is tested where all resources are.
OF_ALL = (
    "tests/integration/platform",
    "tests/integration/api/test_etags.py",
    "tests/integration/api/test_idempotency.py",
    "tests/integration/api/test_access.py",
    "tests/integration/tasks",
)


class Result(NamedTuple):
    file: str
    made: int
    survivors: list[str]


def tests_of(file: str) -> list[str]:
    """The tests that import a file, and those of its area."""
    module = file.removesuffix(".py").replace("/", ".")
    imported = re.compile(rf"\b(from|import) {re.escape(module)}\b", re.MULTILINE)
    tests = [*ROOT.glob("tests/unit/**/test_*.py"), *ROOT.glob("tests/integration/**/test_*.py")]
    importing = [
        str(test.relative_to(ROOT)) for test in tests if imported.search(test.read_text("utf-8"))
    ]
    area = Path(file).parent.name
    folders = [f"tests/{kind}/{area}" for kind in ("unit", "integration")]
    own = [folder for folder in folders if (ROOT / folder).is_dir()]
    shared = OF_ALL if area in {"core", "api", "platform", "sql", "jobs"} else ()
    return [*sorted(importing), *dict.fromkeys((*own, *shared))]


def tried(file: str, copy: Path) -> Result:
    """Make every mutant of a file in the copy, and run its tests on each."""
    name = file.replace("/", ".").removesuffix(".py")
    session, config = WORK / f"{name}.sqlite", WORK / f"{name}.toml"
    options = ("-n0", "--no-cov", "-x", "-q", "-pno:randomly")
    command = [sys.executable, "-m", "pytest", *options, *tests_of(file)]
    config.write_text(
        "[cosmic-ray]\n"
        f'module-path = "{file}"\ntimeout = {TIMEOUT_SECONDS}.0\nexcluded-modules = []\n'
        f"test-command = '{join(command)}'\n"
        '[cosmic-ray.distributor]\nname = "local"\n'
        "[cosmic-ray.filters.operators-filter]\n"
        f"exclude-operators = ['^core/(?!({OPERATORS})$)']\n"
    )
    if not session.exists():
        _run("cosmic-ray", "init", str(config), str(session), cwd=copy)
        _run("cr-filter-operators", str(session), str(config), cwd=copy)
    _run("cosmic-ray", "exec", str(config), str(session), cwd=copy)
    with use_db(session, WorkDB.Mode.open) as found:
        outcomes = [result for _, result in found.results if result.test_outcome is not None]
    counted = [each for each in outcomes if not _is_of_a_dataclass(each.diff)]
    survivors = [each.diff for each in counted if each.test_outcome is TestOutcome.SURVIVED]
    return Result(file, len(counted), survivors)


def _is_of_a_dataclass(diff: str) -> bool:
    """Whether it changes `frozen` or `slots`, for which mypy and memory are, not a test."""
    return any(line.startswith("-@dataclass(") for line in diff.splitlines())


def _run(*command: str, cwd: Path) -> None:
    program = str(Path(sys.executable).with_name(command[0]))
    environment = os.environ | {"PYTHONPATH": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([program, *command[1:]], cwd=cwd, env=environment, check=True)


def copies() -> Iterator[Path]:
    """Copies of the project as it is, without what Git ignores."""
    git = shutil.which("git") or "git"
    listed = subprocess.run(
        [git, "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for number in range(COPIES):
        copy = WORK / f"copy-{number}"
        shutil.rmtree(copy, ignore_errors=True)
        for name in listed.stdout.splitlines():
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, copy / name)
        yield copy


def run(files: Sequence[str]) -> list[Result]:
    WORK.mkdir(exist_ok=True)
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies():
        free.put(copy)

    def in_a_copy(file: str) -> Result:
        copy = free.get()
        try:
            return tried(file, copy)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(COPIES) as threads:
        return list(threads.map(in_a_copy, files))


def report(results: Sequence[Result]) -> Iterator[str]:
    for file, made, survivors in results:
        yield f"{file}: {made - len(survivors)} of {made} killed"
        for diff in survivors:
            yield "\n".join(line for line in diff.splitlines() if line[:1] in "+-@")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="Files of backend/, separated by commas.")
    given = parser.parse_args().files
    files = [file.strip() for each in given for file in each.split(",") if file.strip()]
    sys.stdout.writelines(f"{line}\n" for line in report(run(files)))


if __name__ == "__main__":
    main()
