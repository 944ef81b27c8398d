"""The command: `uv run python -m benchmarks.scale`. See README.md."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx2
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.plans import plan_of
from benchmarks.server import running_server, signed_in

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
_console = Console(stderr=True)


def main(
    tasks: Annotated[int, typer.Option(min=SMALL, help="How many in the large table.")] = 1_000_000,
    requests: Annotated[int, typer.Option(min=10, help="How often each case is asked.")] = 100,
    plans: Annotated[bool, typer.Option(help="Print the plan of each query.")] = True,
) -> None:
    """Hold the cost of lists and searches in a large table against that in a small one."""
    with _server() as (url, database_url), signed_in(url) as client:
        small = _measure(client, database_url, SMALL, requests)
        _console.print(f"Adding tasks until there are {tasks:,} ...")
        large = _measure(client, database_url, tasks, requests)
        table = Table("case", f"{SMALL:,} tasks, ms", f"{tasks:,} tasks, ms", "ratio")
        for name, ms in small.items():
            table.add_row(name, f"{ms:.2f}", f"{large[name]:.2f}", f"{large[name] / ms:.2f}")
        Console().print(table)
        if plans:
            _print_plans(client, database_url)
    if any(large[name] > _MAX_RATIO * before for name, before in small.items()):
        raise typer.Exit(1)


@contextmanager
def _server() -> Iterator[tuple[str, str]]:
    """The URLs of a server and of its database, both of their own."""
    with tempfile.TemporaryDirectory(prefix="mvp-scale-") as name:
        folder = Path(name)
        with (
            embedded_postgres(folder / "database") as database_url,
            running_server(folder, {"DATABASE_URL": database_url}) as server,
        ):
            yield server.url, database_url


def _measure(
    client: httpx2.Client, database_url: str, tasks: int, requests: int
) -> dict[str, float]:
    """By case: the median of its requests, one after the other, in milliseconds."""
    _fill(database_url, tasks)
    paths = {name: _path(client, query) for name, query in _QUERIES.items()}
    found = {name: _median(client, path, requests) for name, path in paths.items()}
    return found | {"page 10,000, or the last": _median(client, _deep_path(client), requests)}


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


def _median(client: httpx2.Client, path: str, requests: int) -> float:
    times = []
    for _ in range(requests):
        started = time.perf_counter()
        client.get(path).raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


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
