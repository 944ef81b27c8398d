"""The command: `uv run python -m benchmarks.transfer`. See README.md."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.server import Server, running_server, signed_in

_MIB = 1024 * 1024
_MAX_MIB = 32
_BOUNDARY = "a-boundary-of-the-benchmark"


def main(
    mebibytes: Annotated[int, typer.Option(min=1, help="The size of the file.")] = 1024,
) -> None:
    """Upload and download a large file, and watch the memory of the server."""
    with tempfile.TemporaryDirectory(prefix="mvp-transfer-") as name:
        folder = Path(name)
        settings = {"FILES_MAX_BYTES": str(2 * mebibytes * _MIB)}
        with running_server(folder, settings) as server, signed_in(server.url) as client:
            _upload(client, 1)
            rows = [_watched(server, "upload", lambda: _upload(client, mebibytes))]
            path = client.get("/api/v1/files?sort=-size&limit=1").json()["items"][0]["id"]
            rows.append(_watched(server, "download", lambda: _download(client, path, mebibytes)))
    table = Table("case", "MiB", "seconds", "memory grew by MiB")
    for case, seconds, grown in rows:
        table.add_row(case, str(mebibytes), f"{seconds:.1f}", f"{grown:.1f}")
    Console().print(table)
    if any(grown >= _MAX_MIB for _, _, grown in rows):
        raise typer.Exit(1)


def _upload(client: httpx2.Client, mebibytes: int) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    body = _form(mebibytes)
    client.post("/api/v1/files", content=body, headers=headers).raise_for_status()


def _form(mebibytes: int) -> Iterator[bytes]:
    """A form with a file of text, made as it is sent."""
    name = 'Content-Disposition: form-data; name="file"; filename="large.txt"'
    yield f"--{_BOUNDARY}\r\n{name}\r\n\r\n".encode()
    for _ in range(mebibytes):
        yield b"All work and no play makes 32 B\n" * (_MIB // 32)
    yield f"\r\n--{_BOUNDARY}--\r\n".encode()


def _download(client: httpx2.Client, file_id: str, mebibytes: int) -> None:
    with client.stream("GET", f"/api/v1/files/{file_id}/content") as answer:
        received = sum(len(chunk) for chunk in answer.raise_for_status().iter_raw())
    if received != mebibytes * _MIB:
        raise RuntimeError(f"{received} bytes came back")


def _watched(server: Server, name: str, work: Callable[[], None]) -> tuple[str, float, float]:
    """The seconds that it takes, and by how many MiB the server's memory grows at most."""
    before = _resident_mib(server.pid)
    most, done = [before], Event()

    def watch() -> None:
        while not done.wait(0.02):
            most.append(_resident_mib(server.pid))

    watcher = Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    return name, seconds, max(most) - before


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the server is gone")


if __name__ == "__main__":
    typer.run(main)
