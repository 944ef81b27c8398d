import os
from pathlib import Path

import pytest

from backend.api.metrics import _forget_dead_workers


@pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])
def test_the_connections_of_a_dead_worker_are_forgotten(
    error: type[OSError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if somebody else's process has its id by now."""
    own, dead = (tmp_path / f"gauge_livesum_{pid}.db" for pid in (os.getpid(), 4_000_000))
    own.touch()
    dead.touch()

    def kill(pid: int, _signal: int) -> None:
        if pid != os.getpid():
            raise error

    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    _forget_dead_workers(tmp_path)

    assert [*tmp_path.iterdir()] == [own]
