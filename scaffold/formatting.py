"""Formats Python as `make format` does, and drops imports that a template did not need."""

import subprocess
import sys
from pathlib import Path

from scaffold.errors import RefusedError

_RULES = "I,F401"
_FIRST_PARTY = 'lint.isort.known-first-party=["backend", "tests", "scaffold"]'
"""Ruff takes modules that are not written yet for those of others."""


def formatted(root: Path, path: str, text: str) -> str:
    """Return the text as it should stand at the path. Raises RefusedError for a syntax error."""
    sorted_ = _run(
        root,
        [
            "ruff", "check", "--fix-only", "--quiet", f"--select={_RULES}",
            "--config", _FIRST_PARTY,
        ],
        path,
        text,
    )  # fmt: skip
    return _run(root, ["black", "--quiet"], path, sorted_)


def _run(root: Path, command: list[str], path: str, text: str) -> str:
    file = ["--stdin-filename", str(root / path), "-"]
    done = subprocess.run(
        [sys.executable, "-m", *command, *file],
        input=text,
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    if done.returncode != 0:
        raise RefusedError(f"{path} can't be formatted: {done.stderr.strip()}")
    return done.stdout
