"""The command: `uv run --with py-spy python -m benchmarks.flame`. See README.md."""

import subprocess
import tempfile
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from backend.core.embedded import embedded_postgres
from benchmarks.cases import prepare
from benchmarks.server import running_server
from benchmarks.wrk import put_load

_CONNECTIONS = 8
_SAMPLES_PER_SECOND = 500
_ROOT = Path(__file__).parents[1]
PICTURE = _ROOT / "docs" / "images" / "read-one.svg"


def main(
    case: Annotated[
        str, typer.Option(help="Which request, by its name in `cases.py`.")
    ] = "read one",
    seconds: Annotated[int, typer.Option(min=1, help="How long it is looked at.")] = 20,
    output: Annotated[Path, typer.Option(help="Where the picture goes.")] = PICTURE,
) -> None:
    """Draw where a server spends its time while it answers one kind of request."""
    with (
        tempfile.TemporaryDirectory(prefix="mvp-flame-") as name,
        embedded_postgres(Path(name) / "database") as url,
        running_server(Path(name), {"DATABASE_URL": url, "WORKER_ENABLED": "false"}) as server,
    ):
        [wanted] = [each for each in prepare(server.url) if each.name == case]
        run = (wanted, server.url, _CONNECTIONS, seconds + 5, Path(name))
        load = Thread(target=put_load, args=run)
        load.start()
        _record(server.pid, seconds, output)
        load.join()


def _record(pid: int, seconds: int, output: Path) -> None:
    command = ["py-spy", "record", "--format", "flamegraph"]
    options = ["--rate", str(_SAMPLES_PER_SECOND), "--duration", str(seconds), "--pid", str(pid)]
    subprocess.run([*command, *options, "--output", str(output)], check=True)
    # Where it was drawn is nobody's business.
    output.write_text(output.read_text().replace(f"{_ROOT}/", ""))


if __name__ == "__main__":
    typer.run(main)
