"""The command: `uv run python -m benchmarks.webhooks`. See README.md."""

import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Annotated

import httpx2
import typer
from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.server import MVP, running_server, signed_in

_MAX_LATENCY_MS = 50
_LEAST_PER_SECOND = 200
_MAX_DELAY_SECONDS = 1.0
_PATIENCE_SECONDS = 300
_DEAD = 10


def main(
    singles: Annotated[int, typer.Option(min=10, help="Events, one after the other.")] = 50,
    events: Annotated[int, typer.Option(min=10, help="Events to many webhooks at once.")] = 100,
    webhooks: Annotated[int, typer.Option(min=50, help="Webhooks, of which ten are dead.")] = 1_000,
) -> None:
    """Measure how soon, how quickly and how undisturbed webhooks are told of events."""
    with _scene() as (client, receiver):
        _add_webhooks(client, [receiver.url("alone")], "task.created")
        latency = _latency(client, receiver, singles)
        alone = _per_second(client, receiver, events, of_each=1)
        _add_webhooks(client, [receiver.url(f"one/{n}") for n in range(19)], "task.created")
        many = _per_second(client, receiver, events, of_each=20)
        kinds = ("dead" if number < _DEAD else "live" for number in range(webhooks))
        urls = [receiver.url(f"{kind}/{number}") for number, kind in enumerate(kinds)]
        _add_webhooks(client, urls, "product.created")
        well = _seconds_for_all(client, receiver, webhooks)
        receiver.dead = True
        disturbed = _seconds_for_all(client, receiver, webhooks - _DEAD)
    table = Table("measure", "found", "demanded")
    table.add_row("committed to received, median ms", f"{latency:.1f}", f"< {_MAX_LATENCY_MS}")
    table.add_row("a second, one webhook, one worker", f"{alone:,.0f}", "-")
    least = f">= {_LEAST_PER_SECOND}"
    table.add_row("a second, twenty webhooks, one worker", f"{many:,.0f}", least)
    table.add_row(f"an event to {webhooks:,} webhooks, s", f"{well:.1f}", "-")
    most = f"< {well + _MAX_DELAY_SECONDS:.1f}"
    table.add_row("the same, while ten hang, s", f"{disturbed:.1f}", most)
    Console().print(table)
    is_met = latency < _MAX_LATENCY_MS and many >= _LEAST_PER_SECOND
    raise typer.Exit(0 if is_met and disturbed < well + _MAX_DELAY_SECONDS else 1)


class _Receiver:
    """Takes everything at once, apart from what goes to the dead, and notes when.

    Attributes:
        arrived: the moment and the body of each request.
        dead: from then on requests to the dead are not answered.
    """

    def __init__(self) -> None:
        self.arrived: list[tuple[float, bytes]] = []
        self.dead = False
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._port}/{name}"

    @contextmanager
    def running(self) -> Iterator["_Receiver"]:
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(self.arrived) < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(self.arrived)} of {count} deliveries have arrived")
            time.sleep(0.001)

    async def _end(self) -> None:
        own = asyncio.current_task()
        others = [each for each in asyncio.all_tasks(self._loop) if each is not own]
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
                body = await reader.readexactly(int(length))
                if self.dead and head.startswith(b"POST /dead"):
                    await asyncio.Event().wait()
                self.arrived.append((time.time(), body))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")


@contextmanager
def _scene() -> Iterator[tuple[httpx2.Client, _Receiver]]:
    """A server without a worker, one worker, and a receiver."""
    with tempfile.TemporaryDirectory(prefix="mvp-webhooks-") as name:
        folder = Path(name)
        with embedded_postgres(folder / "database") as database_url, _Receiver().running() as hears:
            settings = {
                "DATABASE_URL": database_url,
                "WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8",
                "LOG_LEVEL": "WARNING",
            }
            without_worker = settings | {"WORKER_ENABLED": "false"}
            with (
                running_server(folder, without_worker) as server,
                _worker(settings),
                signed_in(server.url) as client,
            ):
                yield client, hears


@contextmanager
def _worker(settings: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        [str(MVP), "worker", "--queues", "events,webhooks,maintenance"], env=os.environ | settings
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _add_webhooks(client: httpx2.Client, urls: Sequence[str], event_type: str) -> None:
    def add(url: str) -> None:
        given = {"url": url, "event_types": [event_type]}
        client.post("/api/v1/webhooks", json=given).raise_for_status()

    with ThreadPoolExecutor(8) as several:
        list(several.map(add, urls))


def _add_task(client: httpx2.Client) -> None:
    client.post("/api/v1/tasks", json={"title": "Call"}).raise_for_status()


def _latency(client: httpx2.Client, receiver: _Receiver, count: int) -> float:
    """Median milliseconds from the event to the request, while nothing else runs."""
    _add_task(client)
    receiver.wait_for(1)
    begun = len(receiver.arrived)
    for number in range(1, count + 1):
        time.sleep(0.05)
        _add_task(client)
        receiver.wait_for(begun + number)
    return statistics.median(
        (moment - datetime.fromisoformat(from_json(body)["timestamp"]).timestamp()) * 1000
        for moment, body in receiver.arrived[begun:]
    )


def _per_second(client: httpx2.Client, receiver: _Receiver, events: int, *, of_each: int) -> float:
    """How many deliveries arrive in a second, from the first event to the last delivery."""
    begun, wanted = len(receiver.arrived), events * of_each
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda _: _add_task(client), range(events)))
        receiver.wait_for(begun + wanted)
    moments = [moment for moment, _ in receiver.arrived[begun:]]
    return wanted / (moments[-1] - moments[0])


def _seconds_for_all(client: httpx2.Client, receiver: _Receiver, count: int) -> float:
    """From one event to the last of its deliveries that can arrive."""
    begun = len(receiver.arrived)
    price = {"amount": "1", "currency": "EUR"}
    product = {"sku": f"S{begun}", "name": "Pen", "price": price}
    started = time.time()
    client.post("/api/v1/products", json=product).raise_for_status()
    receiver.wait_for(begun + count)
    return receiver.arrived[-1][0] - started


if __name__ == "__main__":
    typer.run(main)
