"""How much CPU time processes have used, as /proc tells it."""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_TICK = 1 / os.sysconf("SC_CLK_TCK")


class _Times(NamedTuple):
    parent: int
    own: float
    ended_children: float


def cpu_of(pid: int) -> float:
    """The CPU seconds of one process with all its threads, user and system together."""
    return _times(pid).own


def cpu_of_family(pid: int) -> float:
    """The CPU seconds of a process and its children, those that have ended included."""
    return sum(cpu_by_process(pid).values()) + _times(pid).ended_children


def cpu_by_process(pid: int) -> dict[int, float]:
    """The CPU seconds of a process and of each of its children, by their ids."""
    found = {pid: _times(pid).own}
    for folder in Path("/proc").glob("[0-9]*"):
        # Some end while we look.
        with suppress(FileNotFoundError, ProcessLookupError):
            child = _times(int(folder.name))
            if child.parent == pid:
                found[int(folder.name)] = child.own
    return found


def _times(pid: int) -> _Times:
    # The name before the last bracket may hold anything, blanks too.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = [int(value) for value in fields[11:15]]
    return _Times(int(fields[1]), sum(ticks[:2]) * _TICK, sum(ticks[2:]) * _TICK)
