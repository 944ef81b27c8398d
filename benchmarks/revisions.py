"""A checkout of another revision of this project, with the packages that it locks."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """Yield the path of its `mvp`.

    Raises:
        subprocess.CalledProcessError: git does not know the revision, or uv can't install it.
    """
    checkout = folder / "revision"
    _run("git", "worktree", "add", "--quiet", "--detach", str(checkout), revision, at=ROOT)
    try:
        _run(_uv(), "sync", "--quiet", "--locked", at=checkout)
        yield checkout / ".venv" / "bin" / "mvp"
    finally:
        _run("git", "worktree", "remove", "--force", str(checkout), at=ROOT)


def _uv() -> str:
    return shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")


def _run(*command: str, at: Path) -> None:
    subprocess.run(command, cwd=at, check=True)
