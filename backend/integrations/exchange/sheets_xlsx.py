"""Reads XLSX in a separate, untrusted process.

A few kilobytes can unpack to gigabytes, and libraries keep what they read. So the process has
limits of memory and time, and its output is bounded too: see `sheets_process.py`. It is a new
interpreter, as a fork of a program with threads may hang, and ends with this process.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from backend.core.logging import get_logger
from backend.integrations.exchange.sheets_messages import BROKEN, END, NO_ROOM, TOO_LARGE, batch_in
from backend.services.exchange.protocols import SheetError, SheetRow

_COMMAND = (sys.executable, "-m", "backend.integrations.exchange.sheets_process")
_ROOT = Path(__file__).parents[3]
_PATIENCE_SECONDS = 0.5
"""Seconds without a row after which an empty batch is yielded."""

_MAX_SILENT_SECONDS = 300
_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_INHERITED = ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONHOME", "COVERAGE_")
"""The child needs none of our secrets."""

_log = get_logger(__name__)


@contextmanager
def xlsx_rows(path: Path, max_columns: int) -> Iterator[Iterator[Sequence[SheetRow]]]:
    with subprocess.Popen(
        [*_COMMAND, str(path), str(max_columns)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    ) as process:
        assert process.stdout is not None  # noqa: S101  # as asked for
        try:
            with closing(Connection(os.dup(process.stdout.fileno()), writable=False)) as rows:
                yield _batches(process, rows)
        finally:
            process.kill()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(_INHERITED)}
    return kept | {"PYTHONPATH": str(_ROOT)}


def _batches(process: "subprocess.Popen[bytes]", rows: Connection) -> Iterator[Sequence[SheetRow]]:
    silent = 0.0
    while True:
        if not rows.poll(_PATIENCE_SECONDS):
            silent += _PATIENCE_SECONDS
            if silent > _MAX_SILENT_SECONDS:
                raise SheetError(TOO_LARGE)
            yield ()
            continue
        silent = 0.0
        try:
            message = rows.recv_bytes(_MAX_MESSAGE_BYTES)
        except EOFError:
            raise _end(process.wait(_MAX_SILENT_SECONDS)) from None
        if message == END:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_SECONDS)
            return
        yield batch_in(message)


def _end(code: int) -> Exception:
    """Return why the process ended before its work was done."""
    _log.warning("sheet_process_ended", code=code)
    if code == NO_ROOM:
        return OSError("The temporary folder is full.")
    # A negative code is the signal that ended it, such as that of a limit.
    return SheetError(TOO_LARGE if code < 0 else BROKEN)
