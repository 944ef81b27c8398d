"""A process that is kept running beside another one."""

import sys
import time
from pathlib import Path

import pytest

from backend.cli import beside
from backend.cli.beside import Beside

NOTE = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n');"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
WAIT = "import time; time.sleep(60)"


def program(code: str, notes: Path) -> Beside:
    """One that notes each of its processes."""
    return Beside("a test", [sys.executable, "-c", code, str(notes)], {})


def begun(notes: Path, count: int) -> None:
    """Until so many processes have begun."""
    deadline = time.monotonic() + 20
    while not notes.exists() or len(notes.read_text().splitlines()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_FIRST_PAUSE_SECONDS", 0.05)


def test_it_is_begun_again_however_it_ends(tmp_path: Path) -> None:
    kept = program(f"{NOTE} sys.exit(3)", tmp_path / "notes")

    kept.start()
    begun(tmp_path / "notes", 3)

    kept.stop(10)


def test_it_is_begun_again_when_it_is_to_be_renewed(tmp_path: Path) -> None:
    kept = program(NOTE + WAIT, tmp_path / "notes")
    kept.start()
    begun(tmp_path / "notes", 1)

    kept.renew()
    begun(tmp_path / "notes", 2)

    kept.stop(10)


def test_at_a_stop_it_ends(tmp_path: Path) -> None:
    kept = program(NOTE + WAIT, tmp_path / "notes")
    kept.start()
    begun(tmp_path / "notes", 1)

    started = time.monotonic()
    kept.ask_to_stop()
    kept.stop(20)

    assert time.monotonic() - started < 10
    time.sleep(0.2)
    begun(tmp_path / "notes", 1)
    assert len((tmp_path / "notes").read_text().splitlines()) == 1


def test_what_does_not_end_is_killed(tmp_path: Path) -> None:
    kept = program(STUBBORN + NOTE + WAIT, tmp_path / "notes")
    kept.start()
    begun(tmp_path / "notes", 1)

    kept.stop(0.1)

    assert len((tmp_path / "notes").read_text().splitlines()) == 1


def test_it_may_be_stopped_before_it_has_begun(tmp_path: Path) -> None:
    kept = program(NOTE + WAIT, tmp_path / "notes")
    kept.start()

    kept.stop(20)
