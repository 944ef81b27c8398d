"""The command: `uv run python -m benchmarks.scale`. See README.md."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import httpx2
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.cpu import cpu_of, cpu_of_family
from benchmarks.plans import plan_of
from benchmarks.server import postgres_pid_in, running_server, signed_in

SMALL = 1_000
PAGE = 50
_MAX_RATIO = 1.5
# Half have the common word, one in fifty the seldom one, one in 1,000 the rare one.
_FILL = """
    INSERT INTO tasks (id, title, description, status, priority, due_at, assignee_id, created_at,
        updated_at, version, checklist)
    SELECT gen_random_uuid(),
        'Task ' || n || CASE WHEN n %% 2 = 0 THEN ' common' ELSE '' END
            || CASE WHEN n %% 50 = 0 THEN ' seldom' ELSE '' END
            || CASE WHEN n %% 1000 = 0 THEN ' rare' ELSE '' END,
        'What there is to do, in a few words: ' || md5(n::text),
        (ARRAY['open', 'in_progress', 'done', 'cancelled'])[1 + n %% 4],
        (ARRAY['low', 'normal', 'high', 'urgent'])[1 + n %% 4],
        CASE WHEN n %% 3 = 0 THEN NULL ELSE now() + n * interval '1 minute' END,
        (SELECT id FROM users ORDER BY email OFFSET n %% 4 LIMIT 1),
        now() - n * interval '1 second', now() - n * interval '1 second', 1, '[]'
    FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""
_QUERIES = {
    "first page": "",
    "filtered page": "status=open&priority=low",
    "page of one person": "assignee_id={admin}",
    "sorted by due date": "sort=due_at",
    "search, common word": "q=common",
    "search, seldom word": "q=seldom",
    "search, rare word": "q=rare",
    "search, word of nobody": "q=nobody",
    "search, sorted by title": "q=rare&sort=title",
    "search, beginning of a word": "q=commo",
    "counted page": "total=true",
    "counted page, filtered": "status=open&priority=low&total=true",
    "counted search, common word": "q=common&total=true",
    "counted search, seldom word": "q=seldom&total=true",
}
_LISTS = {"status", "priority"}
_WARM_UP = 3
_console = Console(stderr=True)


class _Cost(NamedTuple):
    """Of one request, in milliseconds: of CPU, PostgreSQL included, and the median until it is
    answered."""

    cpu: float
    wall: float


class _Scene(NamedTuple):
    url: str
    database_url: str
    server: int
    postgres: int

    def cpu(self) -> float:
        """The seconds that both have used."""
        return cpu_of(self.server) + cpu_of_family(self.postgres)


def main(
    tasks: Annotated[int, typer.Option(min=SMALL, help="How many in the large table.")] = 1_000_000,
    requests: Annotated[int, typer.Option(min=10, help="How often each case is asked.")] = 100,
    plans: Annotated[bool, typer.Option(help="Print the plan of each query.")] = True,
) -> None:
    """Hold the cost of lists and searches in a large table against that in a small one."""
    with _server() as scene, signed_in(scene.url) as client:
        small = _measure(client, scene, SMALL, requests)
        _console.print(f"Adding tasks until there are {tasks:,} ...")
        large = _measure(client, scene, tasks, requests)
        Console().print(_table(small, large, tasks))
        if plans:
            _print_plans(client, scene.database_url)
    if any(large[name].cpu > _MAX_RATIO * before.cpu for name, before in small.items()):
        raise typer.Exit(1)


def _table(small: Mapping[str, _Cost], large: Mapping[str, _Cost], tasks: int) -> Table:
    table = Table("case")
    for name in (f"{SMALL:,} tasks, CPU ms", f"{tasks:,}, CPU ms", "ratio", "ms", "ms"):
        table.add_column(name, justify="right")
    for name, few in small.items():
        many = large[name]
        ratio = f"{many.cpu / few.cpu:.2f}"
        took = (f"{each.wall:.1f}" for each in (few, many))
        table.add_row(name, f"{few.cpu:.2f}", f"{many.cpu:.2f}", ratio, *took)
    return table


@contextmanager
def _server() -> Iterator[_Scene]:
    """A server and a database of their own."""
    with tempfile.TemporaryDirectory(prefix="mvp-scale-") as name:
        folder = Path(name)
        with (
            embedded_postgres(folder / "database") as database_url,
            running_server(folder, {"DATABASE_URL": database_url}) as server,
        ):
            postgres = postgres_pid_in(folder / "database")
            if postgres is None:
                raise RuntimeError("PostgreSQL has left no pid behind")
            yield _Scene(server.url, database_url, server.pid, postgres)


def _measure(client: httpx2.Client, scene: _Scene, tasks: int, requests: int) -> dict[str, _Cost]:
    """By case: what its requests cost, sent one after the other."""
    _fill(scene.database_url, tasks)
    paths = {name: _path(client, query) for name, query in _QUERIES.items()}
    paths["page 10,000, or the last"] = _deep_path(client)
    return {name: _cost(client, scene, path, requests) for name, path in paths.items()}


def _fill(database_url: str, tasks: int) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        [(there,)] = connection.execute("SELECT count(*) FROM tasks").fetchall()
        connection.execute(_FILL, {"first": there + 1, "last": tasks})
        connection.execute("VACUUM ANALYZE tasks")


def _path(client: httpx2.Client, query: str) -> str:
    admin = client.get("/api/v1/users/me").json()["id"]
    return f"/api/v1/tasks?limit={PAGE}&{query.format(admin=admin)}"


def _deep_path(client: httpx2.Client) -> str:
    """The ten-thousandth page, reached as a client would."""
    path = cursor = f"/api/v1/tasks?limit={PAGE}"
    for _ in range(9_999):
        following = client.get(cursor).json()["next_cursor"]
        if following is None:
            break
        path, cursor = cursor, f"/api/v1/tasks?limit={PAGE}&cursor={following}"
    return path


def _cost(client: httpx2.Client, scene: _Scene, path: str, requests: int) -> _Cost:
    for _ in range(_WARM_UP):
        client.get(path).raise_for_status()
    times = []
    before = scene.cpu()
    for _ in range(requests):
        started = time.perf_counter()
        client.get(path).raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
    return _Cost((scene.cpu() - before) * 1000 / requests, statistics.median(times))


def _print_plans(client: httpx2.Client, database_url: str) -> None:
    for name, query in _QUERIES.items():
        _console.rule(name)
        params = httpx2.URL(_path(client, query)).params
        parameters = {
            name: params.get_list(name) if name in _LISTS else params[name] for name in params
        }
        plan = asyncio.run(plan_of(database_url, parameters))
        _console.print(plan, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
