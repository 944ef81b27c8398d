"""Puts load on the server with one case, and reads its CPU time before and after."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import Case
from benchmarks.cpu import cpu_of, cpu_of_family
from benchmarks.server import Server
from benchmarks.wrk import Load, put_load

_WARM_UP_SECONDS = 2
_SETTLE_SECONDS = 0.5


@dataclass(frozen=True)
class Result:
    """One row of the table. `postgres_ms` is None where the database is not the server's own."""

    case: str
    connections: int
    load: Load
    failed: int
    cpu_ms: float
    postgres_ms: float | None

    @property
    def per_second(self) -> float:
        return self.load.requests / self.load.seconds

    def as_json(self) -> dict[str, Any]:
        own = {name: value for name, value in asdict(self).items() if name != "load"}
        return asdict(self.load) | own | {"per_second": self.per_second}


def measure(server: Server, case: Case, connections: int, seconds: int, folder: Path) -> Result:
    """Warm up and measure.

    Raises:
        RuntimeError: not one request was answered.
    """
    used = min(connections, case.max_connections or connections)
    warm_up = put_load(case, server.url, used, _WARM_UP_SECONDS, folder)
    # The server still works for the clients of the warm-up, which have left.
    time.sleep(_SETTLE_SECONDS)
    before, postgres_before = _cpu_ms(server)
    load = put_load(case, server.url, used, seconds, folder)
    after, postgres_after = _cpu_ms(server)
    if not load.requests:
        raise RuntimeError(f"{case.name}: not one answer in {seconds} s")
    postgres_ms = (postgres_after - postgres_before) / load.requests
    return Result(
        case.name,
        used,
        load,
        failed=warm_up.failed + load.failed,
        cpu_ms=(after - before) / load.requests,
        postgres_ms=None if server.postgres_pid is None else postgres_ms,
    )


def _cpu_ms(server: Server) -> tuple[float, float]:
    postgres = 0.0 if server.postgres_pid is None else cpu_of_family(server.postgres_pid)
    return 1000 * cpu_of(server.pid), 1000 * postgres
