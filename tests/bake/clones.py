"""Clones of the project as it stands, to which commands are applied as a new user would."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.processes import ROOT, environment

_AUTHOR = ("-c", "user.name=Baker", "-c", "user.email=baker@example.com")


@dataclass(frozen=True)
class Clone:
    root: Path

    def run(self, *command: str, **variables: str) -> str:
        """Return what it prints. Fails with all that it said if it does not end well."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=environment(_for_uv() | variables),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)} in {self.root}:\n{done.stdout[-8_000:]}"
        return done.stdout

    def mvp(self, *arguments: str, **variables: str) -> str:
        return self.run(self.program("mvp"), *arguments, **variables)

    def pytest(self, *arguments: str) -> str:
        return self.run(self.program("pytest"), "--no-cov", "--quiet", *arguments)

    def lint(self) -> None:
        """As `make lint` does."""
        self.run(self.program("ruff"), "check", ".")
        self.run(self.program("black"), "--check", "--quiet", ".")
        self.run(self.program("mypy"))
        self.run(self.program("lint-imports"))
        self.mvp("migrate", "check", DATA_DIR=str(self.data))

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", *_AUTHOR, "commit", "--quiet", "--no-verify", "--message", message)

    def program(self, name: str) -> str:
        return str(self.root / ".venv/bin" / name)

    @property
    def data(self) -> Path:
        """A folder for a server of its own."""
        return self.root.parent / f"{self.root.name}-data"


def clone(folder: Path) -> Clone:
    """Clone the project as it stands, uncommitted changes included, and install what it needs."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    if (ROOT / ".mypy_cache").is_dir():
        # The first run of mypy takes longer than all that follow.
        shutil.copytree(ROOT / ".mypy_cache", folder / ".mypy_cache")
    cloned = Clone(folder)
    cloned.run("git", "init", "--quiet")
    cloned.commit("Begin")
    cloned.run(_uv(), "sync", "--locked", "--quiet")
    return cloned


def _for_uv() -> dict[str, str]:
    """What uv needs to be found, and to reach its registry as it does here."""
    found = {"PATH": f"{Path(_uv()).parent}:{os.environ['PATH']}"}
    kept = ("UV_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    return found | {name: os.environ[name] for name in os.environ if name.upper().startswith(kept)}


def _uv() -> str:
    """As the Makefile finds it."""
    return shutil.which("uv") or str(ROOT / ".uv/bin/uv")
