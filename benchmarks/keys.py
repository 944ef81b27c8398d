"""The command: `uv run python -m benchmarks.keys`. See README.md."""

import statistics
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.cases import Case, prepare
from benchmarks.measure import measure
from benchmarks.server import running_server, signed_in

_MAX_RATIO = 1.05


def main(
    seconds: Annotated[int, typer.Option(min=1, help="How long each case is measured.")] = 5,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured in turn.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="Clients that ask at once.")] = 8,
) -> None:
    """Compare the CPU time of requests by API key with that of the same by access token."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="mvp-benchmark-") as name:
        folder = Path(name)
        with running_server(folder) as server:
            _, *cases = prepare(server.url)
            key = _new_key(server.url)
            for _ in range(rounds):
                for case in cases:
                    token, by_key = (
                        measure(server, each, connections, seconds, folder)
                        for each in (case, _with(key, case))
                    )
                    if token.failed or by_key.failed:
                        raise RuntimeError(f"{case.name}: requests failed")
                    found[case.name].append((token.cpu_ms, by_key.cpu_ms))
    table = Table("case", "by token, CPU ms", "by key, CPU ms", "ratio")
    is_slow = False
    for name, pairs in found.items():
        by_token, by_key = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratio = statistics.median(of_key / of_token for of_token, of_key in pairs)
        is_slow |= ratio > _MAX_RATIO
        table.add_row(name, f"{by_token:.3f}", f"{by_key:.3f}", f"{ratio:.3f}")
    Console().print(table)
    raise typer.Exit(int(is_slow))


def _new_key(url: str) -> str:
    with signed_in(url) as client:
        made = client.post("/api/v1/api-keys", json={"name": "benchmark"}).raise_for_status()
        key: str = made.json()["key"]
        return key


def _with(key: str, case: Case) -> Case:
    headers = dict(case.headers) | {"Authorization": f"Bearer {key}"}
    return replace(case, name=f"{case.name}, by key", headers=headers)


if __name__ == "__main__":
    typer.run(main)
