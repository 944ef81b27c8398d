"""What mypy and ruff say of a tree: their errors are uses of something that is gone."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scaffold.errors import RefusedError
from scaffold.remove.syntax import Span

_ERROR = re.compile(
    r"^(?P<path>[^:]+):(?P<line>\d+):(?P<column>\d+):(?P<end>\d+):(?P<end_column>\d+): "
    r"error: (?P<text>.*?)(?:  \[(?P<code>[\w-]+)\])?$"
)
_UNUSED = ("ARG001", "ARG002", "ARG005")


class Problem(NamedTuple):
    path: Path
    span: Span
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.span.line}: {self.text} [{self.code}]"


def type_errors(root: Path) -> list[Problem]:
    """Run mypy, which remembers what it has checked before."""
    command = [sys.executable, "-m", "mypy", "--show-error-end", "--hide-error-context"]
    plain = ["--no-pretty", "--no-error-summary", "--show-column-numbers"]
    done = _run([*command, *plain], root)
    found = [_ERROR.match(line) for line in done.stdout.splitlines()]
    if done.returncode not in {0, 1} or (done.returncode and not any(found)):
        raise RefusedError(f"mypy could not check the tree:\n{done.stdout}{done.stderr}")
    return [_type_error(each) for each in found if each]


def _type_error(found: re.Match[str]) -> Problem:
    places = [int(found[name]) for name in ("line", "column", "end", "end_column")]
    span = Span(places[0], places[1] - 1, places[2], places[3])
    return Problem(Path(found["path"]), span, found["code"] or "", found["text"])


def lint_errors(root: Path, *codes: str) -> list[Problem]:
    """Return what ruff finds by some of its rules."""
    command = [sys.executable, "-m", "ruff", "check", "--output-format=json", "--quiet"]
    done = _run([*command, f"--select={','.join(codes)}", "."], root)
    return [_lint_error(each, root) for each in json.loads(done.stdout or "[]")]


def _lint_error(found: dict[str, object], root: Path) -> Problem:
    start, end = found["location"], found["end_location"]
    assert isinstance(start, dict)
    assert isinstance(end, dict)
    span = Span(start["row"], start["column"] - 1, end["row"], end["column"] - 1)
    path = Path(str(found["filename"])).relative_to(root)
    return Problem(path, span, str(found["code"]), str(found["message"]))


def unused_parameters(root: Path) -> list[Problem]:
    return lint_errors(root, *_UNUSED[:1])


def tidy(root: Path) -> None:
    """Remove imports and variables that nothing uses any more, and format."""
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--fix", "--exit-zero"]
    _run([*command, "--select=F401,F811,RUF022", "."], root)
    _run([*command, "--unsafe-fixes", "--select=RUF059", "."], root)


def formatted(root: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--fix-only", "--exit-zero"]
    _run([*command, "."], root)
    _run([sys.executable, "-m", "black", "--quiet", "."], root)


def _run(command: Sequence[str], root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
