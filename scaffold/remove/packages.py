"""Takes dependencies out that only what is removed needed."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from scaffold.errors import RefusedError


def drop_packages(root: Path, names: Iterable[str]) -> None:
    path = root / "pyproject.toml"
    text = path.read_text()
    for name in names:
        text = re.sub(
            rf'^ *"{re.escape(name)}(?:\[[^\]]*\])?[^\w"-][^"]*",\n', "", text, flags=re.MULTILINE
        )
    path.write_text(text)


def uv_of(root: Path) -> str:
    """Return the path of uv. Raises RefusedError if it is not there."""
    private = root / ".uv/bin/uv"
    uv = shutil.which("uv") or (str(private) if private.exists() else None)
    if uv is None:
        raise RefusedError("uv is not on the PATH: run `make help` once, which fetches it.")
    return uv


def locked_anew(root: Path) -> None:
    """Have uv.lock agree with pyproject.toml, and the environment with it.

    Raises:
        RefusedError: uv is not there, or can't do so.
    """
    uv = uv_of(root)
    for command in (["lock", "--quiet"], ["sync", "--locked", "--quiet", "--inexact"]):
        done = subprocess.run([uv, *command], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RefusedError(f"uv {command[0]}: {done.stderr.strip()}")
