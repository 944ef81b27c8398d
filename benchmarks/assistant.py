"""The command: `uv run python -m benchmarks.assistant`. See README.md."""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.assistant_load import first_texts, reads, sign_up, waiting_chats
from benchmarks.server import running_server, signed_in
from tests.fixtures.openai_server import KEY, MODEL, OpenAiServer

_MAX_MS = 30
_MAX_SLOWDOWN = 1.2
_TASKS = 250
_WITHOUT_END = "1000000000"


def main(
    streams: Annotated[int, typer.Option(min=1, help="Answers that come at once.")] = 50,
    rounds: Annotated[int, typer.Option(min=1, help="Answers of each stream.")] = 5,
    waiting: Annotated[int, typer.Option(min=1, help="Chats that wait for the model.")] = 200,
    requests: Annotated[int, typer.Option(min=10, help="Reads, one after the other.")] = 1_000,
) -> None:
    """Measure how soon what a model says is handed on, and what waiting for it costs others."""
    provider = OpenAiServer()
    provider.start()
    try:
        with tempfile.TemporaryDirectory(prefix="mvp-assistant-") as name:
            settings = _settings(provider)
            with running_server(Path(name), settings) as server, signed_in(server.url) as client:
                _add_tasks(client)
                people = sign_up(client, streams)
                first = asyncio.run(first_texts(server.url, people, provider, rounds))
                work = _slowdown(server.url, people, provider, waiting, requests)
                alone, beside = asyncio.run(work)
    finally:
        provider.stop()
    good = _tell(first, alone, beside)
    raise typer.Exit(0 if good else 1)


async def _slowdown(
    url: str, people: list[str], provider: OpenAiServer, waiting: int, requests: int
) -> tuple[float, float]:
    """Median milliseconds of a read: alone, before and after, and beside those who wait."""
    before = await reads(url, people[0], requests // 2)
    async with waiting_chats(url, people, provider, waiting):
        beside = await reads(url, people[0], requests)
    after = await reads(url, people[0], requests // 2)
    return statistics.median(before + after), statistics.median(beside)


def _tell(first: list[float], alone: float, beside: float) -> bool:
    middle, late = statistics.median(first), statistics.quantiles(first, n=20)[-1]
    table = Table("measure", "found", "demanded")
    table.add_row("provider's first token to ours, median, ms", f"{middle:.1f}", f"< {_MAX_MS}")
    table.add_row("the same, 95 of 100, ms", f"{late:.1f}", "")
    table.add_row("GET /tasks alone, median, ms", f"{alone:.2f}", "")
    demanded = f"< {alone * _MAX_SLOWDOWN:.2f}"
    table.add_row("GET /tasks beside chats that wait, median, ms", f"{beside:.2f}", demanded)
    Console().print(table)
    return middle < _MAX_MS and beside < alone * _MAX_SLOWDOWN


def _settings(provider: OpenAiServer) -> dict[str, str]:
    return {
        "MODEL_PROVIDER": "openai",
        "MODEL_NAME": MODEL,
        "MODEL_TIMEOUT_SECONDS": "600",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{provider.url}/v1",
        "ASSISTANT_SECONDS": "600",
        "ASSISTANT_MODEL_CALLS_PER_DAY": _WITHOUT_END,
        "ASSISTANT_TOKENS_PER_DAY": _WITHOUT_END,
        "ASSISTANT_SECONDS_PER_DAY": _WITHOUT_END,
        "ASSISTANT_COST_PER_DAY": _WITHOUT_END,
    }


def _add_tasks(client: httpx2.Client) -> None:
    for number in range(_TASKS):
        client.post("/api/v1/tasks", json={"title": f"Task {number}"}).raise_for_status()


if __name__ == "__main__":
    typer.run(main)
