"""Formats Python as `make format` does, and drops imports that a template did not need."""

import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from scaffold.errors import RefusedError
from scaffold.folding import folded

_RUFF = (
    "ruff", "check", "--fix-only", "--quiet", "--no-cache", "--select=I,F401",
    # It takes modules that are not written yet for those of others.
    "--config", 'lint.isort.known-first-party=["backend", "tests", "scaffold"]',
)  # fmt: skip
_JOINED = ("--config", "lint.isort.split-on-trailing-comma=false")


def formatted(root: Path, texts: Mapping[str, str], new: Collection[str]) -> dict[str, str]:
    """Return the texts by path as they should stand there.

    Args:
        new: those without an author, whose imports are joined in one line where they fit, and
            whose texts are folded where they do not.

    Raises:
        RefusedError: a text is not Python.
    """
    with tempfile.TemporaryDirectory(prefix="mvp-format-") as folder:
        paths = {path: Path(folder, path) for path in texts}
        for path, file in paths.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(texts[path], encoding="utf-8")
        settings = ("--config", str(root / "pyproject.toml"))
        joined = [str(file) for path, file in paths.items() if path in new]
        others = [str(file) for path, file in paths.items() if path not in new]
        if joined:
            _run([*_RUFF, *_JOINED, *settings, *joined])
        if others:
            _run([*_RUFF, *settings, *others])
        if paths:
            _run(["black", "--quiet", *settings, folder])
        read = {path: file.read_text(encoding="utf-8") for path, file in paths.items()}
    return read | {path: folded(read[path]) for path in texts if path in new}


def _run(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RefusedError(f"A template makes no Python: {done.stderr.strip()}")
