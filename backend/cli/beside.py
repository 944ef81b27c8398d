"""Runs executions in a separate process beside the server, which survives their crashes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from backend.cli.runtime import handed_on
from backend.core.config import Settings
from backend.core.logging import get_logger
from backend.models.platform.job_requests import Queue

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_ENDING_SECONDS = 2.0
_log = get_logger(__name__)


class Beside:
    """Runs a command until it is stopped, and restarts it whenever it ends earlier."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """`name` is for the log."""
        self._name = name
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="beside", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def ask_to_stop(self) -> None:
        """Returns immediately; may be called by a signal handler, and more than once."""
        self._stopping.set()
        self.renew()

    def renew(self) -> None:
        """Let the process finish its work, and start a new one."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self, seconds: float) -> None:
        """Wait until it has ended, and kill it after a timeout."""
        self.ask_to_stop()
        if self._keeper.is_alive():
            self._keeper.join(seconds)
        if self._keeper.is_alive() and self._process is not None:
            self._process.kill()
            self._keeper.join()

    def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            begun = time.monotonic()
            code = self._run()
            if time.monotonic() - begun > _LONGEST_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            if not self._stopping.is_set():
                _log.warning("process_ended", of=self._name, code=code, again_in=pause)
                self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _run(self) -> int:
        self._process = subprocess.Popen(  # our own program
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            # Ctrl-C goes to the server, which stops this one.
            start_new_session=True,
        )
        _log.info("process_started", of=self._name, pid=self._process.pid)
        if self._stopping.is_set():
            # The stop was requested while no process was running.
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait()


@contextmanager
def executions_beside(settings: Settings) -> Iterator[Beside]:
    """Run executions beside the block once it starts them, as the settings say for all processes
    of the server."""
    at_once = settings.worker.executions_concurrency * settings.server.workers
    command = [sys.executable, "-m", "backend", "worker", f"--concurrency={at_once}"]
    command += [f"--queues={Queue.EXECUTIONS}"]
    beside = Beside("executions", command, os.environ | handed_on(settings))
    try:
        yield beside
    finally:
        beside.stop(settings.worker.shutdown_seconds + _ENDING_SECONDS)
